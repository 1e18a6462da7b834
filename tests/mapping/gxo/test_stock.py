"""Stock at GXO: movements that add up to what was told, and snapshots that keep their own sum."""

from __future__ import annotations

import sys
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.x12 import read_interchange
from fleet_tests.places import SAMPLES
from mappings.adjustments import REASONS, read_adjustment
from mappings.canonical import Cause, Condition, StockMovement
from mappings.errors import Unmappable
from mappings.gxo import open_846, read_846, read_947

OURS = SAMPLES / "gxo"
TOLD_AT = datetime(2026, 11, 22, 22, 40, tzinfo=UTC)
LETTERS = {
    "N": Condition.GOOD, "D": Condition.DAMAGED, "H": Condition.QUARANTINE, "W": Condition.REFURBISHMENT,
    "B": Condition.QUARANTINE, "Q": Condition.UNKNOWN,
}  # fmt: skip
Told = list[tuple[str, ...]]


def sample(name: str) -> Told:
    return list(read_interchange((OURS / f"gxo_x12_{name}.edi").read_bytes(), name).sets[0].segments)


def adjustment(*rows: tuple[str, int, str]) -> Told:
    """A 947 of (reason, units, type) for one SKU."""
    told: Told = [("W15", "20261122", "ADJ1"), ("N1", "WH", "GXO", "ZZ", "GBNH01")]
    for reason, units, letter in rows:
        told += [("W19", reason, str(units), "EA", "", "SK", "MUG"), ("N9", "ZZ", "INVTYPE", letter)]
    return told


def moves(told: Told) -> list[tuple[str, int, str, str]]:
    read, _ = read_947(told, told_at=TOLD_AT)
    return [(one.cause.value, one.units, one.to_condition or "", one.reason) for one in read]


def net(movements: list[StockMovement]) -> Counter[Condition]:
    """Units by condition that the movements come to."""
    units: Counter[Condition] = Counter()
    for one in movements:
        if one.cause in {Cause.ADJUSTED_UP, Cause.RELEASED}:
            units[Condition.GOOD] += one.units
        elif one.cause in {Cause.ADJUSTED_DOWN, Cause.HELD}:
            units[Condition.GOOD] -= one.units
        if one.to_condition is not None and one.cause is not Cause.INSIDE:
            units[one.to_condition] += one.units if one.cause is Cause.HELD else -one.units
    return Counter({condition: n for condition, n in units.items() if n})


def test_the_samples_are_one_unit_less_and_one_that_was_damaged() -> None:
    (down,), bad = read_947(sample("947_adjust"), told_at=TOLD_AT)
    assert (down.movement_id, down.facility, down.sku) == ("ADJ0004711/1/adjusted_down", "GBNH01", "DRS-1042-NVY-10")
    assert (down.cause, down.units, down.reason, down.moved_at, bad) == (Cause.ADJUSTED_DOWN, 1, "AA", TOLD_AT, [])
    (held,), bad = read_947(sample("947_status_change"), told_at=TOLD_AT)
    assert (held.movement_id, held.cause_word) == ("ADJ0004712/1-2/held", "AU N>D")
    assert (held.cause, held.units, held.to_condition, bad) == (Cause.HELD, 1, Condition.DAMAGED, [])


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([("56", 3, "N")], [("adjusted_up", 3, "", "56")]),
        ([("05", -2, "N"), ("05", 2, "H")], [("held", 2, "quarantine", "05")]),
        ([("55", 2, "N"), ("55", -2, "H")], [("released", 2, "quarantine", "55")]),
        ([("AC", -2, "D"), ("AC", 2, "W")], [("released", 2, "damaged", "AC"), ("held", 2, "refurbishment", "AC")]),
        ([("AC", -2, "H"), ("AC", 2, "B")], [("inside", 2, "quarantine", "AC")]),
        (
            [("BR", -3, "N"), ("BR", 1, "D"), ("BR", 2, "H")],
            [("held", 1, "damaged", "BR"), ("held", 2, "quarantine", "BR")],
        ),
        ([("07", -1, "D")], [("released", 1, "damaged", "AU"), ("adjusted_down", 1, "", "07")]),
        ([("AA", 1, "W")], [("held", 1, "refurbishment", "05"), ("adjusted_up", 1, "", "AA")]),
        ([("AV", -1, "N"), ("AV", 1, "D")], [("held", 1, "damaged", "AV")]),
        ([("AV", -2, "N")], [("adjusted_down", 2, "", "AV")]),
        ([("AA", -1, "N"), ("AA", 2, "N")], [("adjusted_down", 1, "", "AA"), ("adjusted_up", 2, "", "AA")]),
        ([("AH", -1, "N")], [("adjusted_down", 1, "", "AH")]),
        ([("AA", 0, "N")], []),
    ],
)  # fmt: skip
def test_every_change_is_a_movement_of_good_units_or_two_that_add_up_to_it(
    rows: list[tuple[str, int, str]], expected: list[tuple[str, int, str, str]]
) -> None:
    assert moves(adjustment(*rows)) == expected


@given(
    st.lists(
        st.tuples(st.sampled_from(["AA", "AU", "07", "??"]), st.integers(-9, 9), st.sampled_from(sorted(LETTERS))),
        min_size=1,
    )
)
def test_movements_come_to_the_net_of_the_rows_in_every_condition(rows: list[tuple[str, int, str]]) -> None:
    told, damaged = Counter[Condition](), sum(units for reason, units, _ in rows if reason == "AU")
    for _, units, letter in rows:
        told[LETTERS[letter]] += units
    if damaged:
        with pytest.raises(Unmappable) as refused:
            read_947(adjustment(*rows), told_at=TOLD_AT)
        assert refused.value.kind == "unbalanced_status_change"
        return
    read, bad = read_947(adjustment(*rows), told_at=TOLD_AT)
    assert net(read) == Counter({condition: units for condition, units in told.items() if units})
    assert len({one.movement_id for one in read}) == len(read)
    assert len(bad) == sum(letter == "Q" for _, _, letter in rows)


def test_a_status_that_changes_by_half_is_refused_with_the_sku() -> None:
    with pytest.raises(Unmappable, match="MUG: AU changes a status only") as refused:
        moves(adjustment(("AU", -2, "N"), ("AU", 1, "D")))
    assert (refused.value.kind, refused.value.value) == ("unbalanced_status_change", "net -1")


def test_a_type_without_a_row_may_not_be_sold_and_is_reported_with_the_row_to_add() -> None:
    read, bad = read_947(adjustment(("05", -1, "N"), ("05", 1, "Q")), told_at=TOLD_AT)
    assert [(one.cause, one.to_condition) for one in read] == [(Cause.HELD, Condition.UNKNOWN)]
    assert [(entry.subject, entry.error.kind) for entry in bad] == [("MUG", "unknown_condition")]
    assert '"Q" = ' in bad[0].error.why
    read, bad = read_947(
        adjustment(("05", -1, "N"), ("05", 1, "Q")), told_at=TOLD_AT, own_conditions={"q": "refurbishment"}
    )
    assert ([one.to_condition for one in read], bad) == ([Condition.REFURBISHMENT], [])


def test_a_merchants_reason_may_be_one_that_changes_the_status_only() -> None:
    rows = adjustment(("ZX", -1, "N"))
    assert len(read_947(rows, told_at=TOLD_AT)[0]) == 1
    with pytest.raises(Unmappable) as refused:
        read_947(rows, told_at=TOLD_AT, own_effects={"zx": "status"})
    assert refused.value.kind == "unbalanced_status_change"
    with pytest.raises(Unmappable, match=r"\[tables\.movement_causes\.gxo\]"):
        read_947(rows, told_at=TOLD_AT, own_effects={"ZX": "held"})


def test_every_reason_of_the_profile_but_other_has_khaos_word() -> None:
    profile = {
        "AA",
        "AU",
        "AV",
        "AC",
        "BR",
        "BS",
        "05",
        "55",
        "07",
        "51",
        "52",
        "53",
        "56",
        "AR",
        "AY",
        "AW",
        "AX",
        "AS",
    }
    assert set(REASONS["gxo"]) == {*profile, "CD", "COUNT"}  # COUNT: a person adopted a count
    assert all(read_adjustment("gxo", reason).khaos for reason in (*profile, "COUNT"))
    for nobody_decided in ("AH", "ZZ", ""):
        with pytest.raises(Unmappable) as told:
            read_adjustment("gxo", nobody_decided)
        assert told.value.kind == "reason_unmapped"


def counted(*skus: tuple[str, dict[str, int]], lines: int | None = None, time: str = "") -> Told:
    told: Told = [
        ("BIA", "00", "SI", "SNAP1", "20261122", *([time] if time else [])),
        ("N1", "WH", "GXO", "ZZ", "GBNH01"),
    ]
    for number, (sku, quantities) in enumerate(skus, 1):
        told.append(("LIN", str(number), "SK", sku))
        told += [("QTY", qualifier, str(units), "EA") for qualifier, units in quantities.items()]
    return [*told, ("CTT", str(len(skus) if lines is None else lines))]


def test_the_sample_is_counted_with_a_row_of_good_units_for_every_sku() -> None:
    read, bad = read_846(sample("846_snapshot"), told_at=TOLD_AT)
    assert (read.number, read.facility, read.at, bad) == ("SNAP20261122GBNH01", "GBNH01", TOLD_AT, [])
    assert [(one.sku, one.condition.value, one.units) for one in read.lines] == [
        ("DRS-1042-NVY-10", "good", 14),
        ("DRS-1042-NVY-10", "damaged", 2),
        ("BLT-0007-TAN-M", "good", 1),
    ]


def test_a_snapshot_has_its_own_time_where_it_tells_one() -> None:
    told = counted(("MUG", {"17": 0}), time="0500")
    assert read_846(told, told_at=TOLD_AT)[0].at == datetime(2026, 11, 22, 5, tzinfo=UTC)
    before = TOLD_AT - timedelta(days=1)
    assert read_846(told, told_at=before)[0].at == before
    with pytest.raises(Unmappable, match="HHMM"):
        read_846(counted(("MUG", {"17": 0}), time="5 am"), told_at=TOLD_AT)


@given(st.integers(0, 99), st.integers(0, 99), st.integers(0, 99), st.integers(0, 99), st.integers(-2, 2))
def test_a_snapshot_whose_sum_does_not_hold_is_refused_whole(a: int, b: int, c: int, held: int, off: int) -> None:
    told = counted(
        ("TRAY", {"17": 1, "33": 1}), ("MUG", {"17": max(a + b + c + off, 0), "33": a, "27": b, "20": c, "28": held})
    )
    if max(a + b + c + off, 0) != a + b + c:
        with pytest.raises(Unmappable, match="MUG") as refused:
            read_846(told, told_at=TOLD_AT)
        assert refused.value.kind == "snapshot_unbalanced"
        return
    lines = {(one.sku, one.condition.value): one.units for one in read_846(told, told_at=TOLD_AT)[0].lines}
    elsewhere = {("MUG", "damaged"): c, ("MUG", "quarantine"): held}
    expected = {("MUG", "good"): a + b, **{place: n for place, n in elsewhere.items() if n}}
    assert lines == {("TRAY", "good"): 1, **expected}


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        (counted(("MUG", {"33": 1})), "snapshot_unbalanced"),
        (counted(("MUG", {"17": 0}), lines=2), "snapshot_unbalanced"),
        (counted(), "snapshot_unbalanced"),
        ([("BIA", "04", "SI", "SNAP1", "20261122"), *counted(("MUG", {"17": 0}))[1:]], "unknown_status"),
        (counted(("MUG", {"17": -1, "33": -1})), "unmappable"),
        (counted(("", {"17": 0})), "unmappable"),
    ],
)
def test_a_snapshot_that_is_not_whole_is_no_count(told: Told, kind: str) -> None:
    with pytest.raises(Unmappable) as refused:
        read_846(told, told_at=TOLD_AT)
    assert refused.value.kind == kind


def test_a_quantity_without_a_row_is_unknown_and_told_once() -> None:
    told = counted(("MUG", {"17": 1, "33": 1, "QH": 5}), ("TRAY", {"17": 0, "QH": 2}))
    read, bad = read_846(told, told_at=TOLD_AT)
    assert {one.sku: one.units for one in read.lines if one.condition is Condition.UNKNOWN} == {"MUG": 5, "TRAY": 2}
    assert [(entry.subject, entry.error.kind) for entry in bad] == [("QH", "unknown_condition")]


def wire(told: Told, *, blanks: bool = False) -> bytes:
    """A set as it stands in its record; with blanks behind each segment no line has the form that is read at once."""
    pad = " " if blanks else ""
    return "\x1e".join("\x1f".join(segment) + pad for segment in told).encode()


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["MUG", "a cup", "T-9\\", "n/a", "TÈ", ""]),
            st.dictionaries(st.sampled_from(["17", "33", "27", "20", "28", "QH"]), st.integers(0, 3), max_size=5),
            st.booleans(),
        ),
        max_size=4,
    ),
    st.sampled_from([(), ("DTM", "036"), ("LIN",), ("QTY", "33"), ("CTT",), ("N1", "WH", "GXO", "ZZ", "OTHER")]),
)
def test_lines_of_the_usual_form_are_read_as_any_others(
    skus: list[tuple[str, dict[str, int], bool]], odd: tuple[str, ...]
) -> None:
    told = counted(*[(sku, {**units, "17": sum(units.get(one, 0) for one in ("33", "27", "20"))} if fits else units)
                     for sku, units, fits in skus])  # fmt: skip
    if odd:
        told.insert(len(told) // 2 + 1, odd)

    def read(blanks: bool) -> object:
        try:
            snapshot, bad = open_846(b"head\n" + wire(told, blanks=blanks), 5, told_at=TOLD_AT)
            return snapshot.number, snapshot.facility, list(snapshot.lines), [one.subject for one in bad]
        except Unmappable as error:
            return error.kind, error.field, error.value

    assert read(False) == read(True)


def test_a_line_of_the_usual_form_costs_few_calls() -> None:
    told = counted(*[(f"SKU{n}", {"17": 6, "33": 3, "27": 2, "20": 1}) for n in range(500)])
    snapshot, _ = open_846(wire(told), told_at=TOLD_AT)
    calls = 0

    def look(_frame: object, event: str, _arg: object) -> None:
        nonlocal calls
        calls += event == "call"

    sys.setprofile(look)
    try:
        found = sum(1 for _ in snapshot.lines)
    finally:
        sys.setprofile(None)
    assert found == 1000
    assert calls <= 11 * 500  # of functions in Python
