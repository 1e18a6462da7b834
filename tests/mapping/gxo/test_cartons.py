"""Every tracking number of a 945, in each place where warehouses write one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.canonical.advices import ShipmentAdvice
from mappings.gxo import read_945

Told = list[tuple[str, ...]]
SSCC = [f"0035012345000000001{n}" for n in range(3)]


def w12(units: int, sku: str = "MUG") -> tuple[str, ...]:
    return ("W12", "CC" if units else "DS", str(units), str(units), "0", "EA", "", "SK", sku)


def shipped(*rest: tuple[str, ...], head: Told | None = None) -> ShipmentAdvice:
    units = sum(int(one[3]) for one in rest if one[0] == "W12")
    return read_945([
        ("W06", "F", "SO1", "20261121", "SHP1"), ("N1", "WH", "GXO", "ZZ", "GBNH01"), *(head or []), *rest,
        ("W03", str(units)),
    ])  # fmt: skip


PLACES: dict[str, tuple[Told, Told]] = {
    "three MAN in one LX": ([], [
        ("LX", "1"), *(("MAN", "GM", code, "", "CP", f"T{n}") for n, code in enumerate(SSCC)), w12(3)]),
    "MAN behind the line": ([], [("LX", "1"), w12(3), *(("MAN", "CP", f"T{n}") for n in range(3))]),
    "two numbers in one MAN": ([], [("LX", "1"), ("MAN", "CP", "T0", "", "CN", "T1"), w12(3), ("N9", "CN", "T2")]),
    "N9 in each LX": ([], [
        part for n, code in enumerate(SSCC)
        for part in [("LX", str(n)), ("MAN", "GM", code), w12(1, f"S{n}"), ("N9", "CN", f"T{n}")]]),
    "REF in each LX": ([], [
        part for n in range(3) for part in [("LX", str(n)), w12(1, f"S{n}"), ("REF", "2I", f"T{n}")]]),
    "N9 in the head": ([("N9", "CN", f"T{n}") for n in range(3)], [("LX", "1"), w12(3)]),
    "N9 in the head, no LX": ([("N9", "CN", f"T{n}") for n in range(3)], [w12(3)]),
    "MAN without LX": ([], [w12(3), *(("MAN", "CP", f"T{n}") for n in range(3))]),
    "words in N9*ZZ": ([("N9", "ZZ", "TRACKING", f"T{n}") for n in range(3)], [("LX", "1"), w12(3)]),
    "N903": ([("N9", "CN", "", f"T{n}") for n in range(3)], [("LX", "1"), w12(3)]),
    "head and cartons": ([("N9", "CN", "T0")], [
        ("LX", "1"), ("MAN", "GM", SSCC[0], "", "CP", "T1"), w12(2), ("LX", "2"), ("MAN", "CP", "T2"), w12(1, "TRAY")]),
    "several in one element": ([], [("LX", "1"), ("MAN", "CP", "T0, T1"), w12(3), ("N9", "CN", "T2;T1")]),
    "small letters": ([("N9", "cn", "T0")], [("LX", "1"), ("MAN", "cp", "T1", "", "cn", "T2"), w12(3)]),
}  # fmt: skip


@pytest.mark.parametrize("place", sorted(PLACES))
def test_every_number_is_a_parcels_once_and_the_goods_stand_once(place: str) -> None:
    head, rest = PLACES[place]
    read = shipped(*rest, head=head)
    assert sorted(one.tracking for one in read.cartons if one.tracking) == ["T0", "T1", "T2"]
    assert read.not_used == ()
    packed: dict[str, int] = {}
    for line in (line for one in read.cartons for line in one.content):
        packed[line.sku] = packed.get(line.sku, 0) + line.quantity
    assert packed == read.shipped


def test_one_consignment_over_several_lines_is_one_parcel_with_all_of_it() -> None:
    read = shipped(("LX", "1"), w12(2), ("LX", "2"), w12(1, "TRAY"), head=[("N9", "CN", "T9")])
    assert [(one.tracking, {line.sku: line.quantity for line in one.content}) for one in read.cartons] == [
        ("T9", {"MUG": 2, "TRAY": 1})
    ]


@pytest.mark.parametrize(
    ("segment", "named"),
    [
        (("MAN", "ZZ", "X77"), "MAN02 ZZ X77"),
        (("MAN", "GM", "NOT-AN-SSCC"), "MAN02 GM NOT-AN-SSCC"),
        (("MAN", "CP", "T1", "T9"), "MAN03 CP up to T9"),
        (("N9", "BM", "B5"), "N902 BM B5"),
        (("REF", "CR", "R5"), "REF02 CR R5"),
    ],
)
def test_a_number_that_nobody_understands_is_named_with_its_place(segment: tuple[str, ...], named: str) -> None:
    assert named in shipped(("LX", "1"), segment, w12(3)).not_used


def test_a_number_of_what_did_not_leave_is_no_parcel_and_is_named() -> None:
    read = shipped(("LX", "1"), ("MAN", "CP", "T1"), w12(0))
    assert (read.cartons, read.not_used) == ((), ("T1",))


@pytest.mark.parametrize("nothing", ["NULL", "nan", "N/A", "None", "-", " "])
def test_a_marker_of_no_value_is_no_tracking_number(nothing: str) -> None:
    read = shipped(("LX", "1"), ("MAN", "GM", SSCC[0], "", "CP", nothing), w12(3), head=[("N9", "CN", nothing)])
    assert [(one.tracking, one.sscc) for one in read.cartons] == [("", SSCC[0][2:])]


MARKS = st.tuples(st.just("MAN"), st.sampled_from(["CP", "CN", "GM", "ZZ", "2"]), st.sampled_from(["T1", "T2", *SSCC]))
NOTES = st.tuples(st.sampled_from(["N9", "REF"]), st.sampled_from(["CN", "2I", "BM"]), st.sampled_from(["T1", "T3"]))


@given(
    st.lists(st.one_of(MARKS, NOTES, st.just(("LX", "1")), st.just(w12(1))), max_size=12), st.lists(NOTES, max_size=3)
)
def test_whatever_stands_where_no_number_is_lost_and_no_goods_are_counted_twice(rest: Told, head: Told) -> None:
    read = shipped(*rest, w12(1), head=head)
    somewhere = " ".join([*(f"{one.tracking} {one.sscc} 00{one.sscc}" for one in read.cartons), *read.not_used])
    assert [one[2] for one in [*rest, *head] if one[0] in {"MAN", "N9", "REF"} and one[2] not in somewhere] == []
    packed = sum(line.quantity for one in read.cartons for line in one.content)
    assert packed <= sum(read.shipped.values())
