"""What GXO answers to orders and ships of them: 997, 824 and 945."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.x12 import read_interchange
from fleet_tests.places import SAMPLES
from mappings.canonical import PickLine
from mappings.canonical.advices import AdviceReason, LineOutcome, Outcome, SetReceipt, ShipmentAdvice
from mappings.errors import Unmappable
from mappings.gxo import read_824, read_945, read_997, with_absent

OURS = SAMPLES / "gxo"
DRESS, BELT = "DRS-1042-NVY-10", "BLT-0007-TAN-M"
Told = list[tuple[str, ...]]


def sample(name: str) -> Told:
    return list(read_interchange((OURS / f"gxo_x12_{name}.edi").read_bytes(), name).sets[0].segments)


def shipment(*cartons: tuple[str, list[tuple[str, str, int, int, str]]], **heads: str) -> Told:
    """A 945 of cartons: (tracking, [(status, sku, ordered, shipped, line)])."""
    told: Told = [("W06", "F", "SO1", "20261121", "SHP1"), ("N1", "WH", "GXO", "ZZ", "GBNH01")]
    told += [("N9", "CN", heads["cn"])] if "cn" in heads else []
    shipped = 0
    for number, (tracking, rows) in enumerate(cartons, 1):
        told += [("LX", str(number)), ("MAN", "GM", f"0050500000000001234{number}", "", "CP", tracking)]
        for status, sku, ordered, left, line in rows:
            shipped += left
            told.append(("W12", status, str(ordered), str(left), str(ordered - left), "EA", "", "SK", sku))
            told.append(("N9", "LI", line))
    return [*told, ("W03", heads.get("total", str(shipped)))]


def lines(advice: ShipmentAdvice) -> list[tuple[str, str, int, int, str]]:
    return [(one.line_id, one.sku, one.ordered, one.shipped, one.outcome.value) for one in advice.lines]


def test_a_full_shipment_is_read_with_its_parcel_and_what_lies_in_it() -> None:
    read = read_945(sample("945_full"))
    assert (read.their_id, read.reference, read.facility) == ("SHP000987", "SO1000123", "GBNH01")
    assert (read.shipped_on, read.carrier, read.service) == (date(2026, 11, 21), "DPDU", "DPD-ND")
    assert lines(read) == [("1", DRESS, 2, 2, "filled"), ("2", BELT, 1, 1, "filled")]
    assert [(one.tracking, one.sscc) for one in read.cartons] == [("15501234567890", "505000000000012348")]
    assert {line.sku: line.quantity for line in read.cartons[0].content} == {DRESS: 2, BELT: 1} == read.shipped
    assert (read.closes_order, read.cancelled, read.substituted) == (True, False, False)


def test_a_short_shipment_and_a_cancellation_close_their_orders() -> None:
    short, gone = read_945(sample("945_short")), read_945(sample("945_cancelled"))
    assert lines(short) == [("1", DRESS, 2, 1, "short"), ("2", BELT, 1, 0, "short")]
    assert (short.closes_order, short.cancelled, short.shipped) == (True, False, {DRESS: 1})
    assert (gone.closes_order, gone.cancelled, gone.their_id, gone.cartons) == (True, True, "", ())
    assert [one.status_word for one in gone.lines] == ["DE"]


@pytest.mark.parametrize(
    ("word", "shipped", "outcome", "closed"),
    [
        ("CC", 2, "filled", True),
        ("cp", 1, "short", True),
        ("BP", 1, "to_follow", False),
        ("BO", 0, "to_follow", False),
        ("PH", 0, "to_follow", False),
        ("DS", 0, "short", True),
        ("IC", 0, "cancelled", True),
        ("DE", 0, "cancelled", True),
        ("CS", 2, "substituted", True),
    ],
)
def test_every_line_status_has_its_meaning(word: str, shipped: int, outcome: str, closed: bool) -> None:
    read = read_945(shipment(("T1", [(word, "MUG", 2, shipped, "1")])))
    assert (read.lines[0].outcome.value, read.closes_order) == (outcome, closed)
    assert (read.substituted, read.cancelled) == (word == "CS", word in {"IC", "DE"})


def test_units_that_left_beat_a_cancellation() -> None:
    read = read_945(shipment(("T1", [("DE", "MUG", 2, 1, "1"), ("DE", "TRAY", 1, 0, "2")])))
    assert (read.cancelled, read.shipped) == (False, {"MUG": 1})


def test_a_line_in_two_cartons_is_one_line_and_each_carton_keeps_its_own() -> None:
    shares = shipment(("T1", [("CC", "MUG", 1, 1, "1")]), ("T2", [("CC", "MUG", 1, 1, "1"), ("CC", "TRAY", 1, 1, "2")]))
    whole = shipment(("T1", [("BP", "MUG", 2, 1, "1")]), ("T2", [("BP", "MUG", 2, 1, "1"), ("CC", "TRAY", 1, 1, "2")]))
    for told in (shares, whole):
        read = read_945(told)
        assert lines(read) == [("1", "MUG", 2, 2, "filled"), ("2", "TRAY", 1, 1, "filled")]
        assert [(one.tracking, len(one.content)) for one in read.cartons] == [("T1", 1), ("T2", 2)]


def test_a_carton_without_tracking_has_that_of_the_shipment_if_it_is_alone() -> None:
    rows = [("CC", "MUG", 1, 1, "1")]
    assert read_945(shipment(("", rows), cn="T9")).cartons[0].tracking == "T9"
    two = read_945(shipment(("", rows), ("", [("CC", "TRAY", 1, 1, "2")]), cn="T9"))
    assert [one.tracking for one in two.cartons] == ["", "", "T9"]  # nobody knows whose it is, and it is not dropped
    loose = [segment for segment in shipment(("", rows), cn="T9") if segment[0] not in {"LX", "MAN"}]
    assert [(one.tracking, one.content[0].quantity) for one in read_945(loose).cartons] == [("T9", 1)]


def test_absent_lines_are_short_or_to_follow_as_the_facility_has_it() -> None:
    read = read_945(shipment(("T1", [("CC", "MUG", 1, 1, "1")])))
    ordered = [PickLine(sku="MUG", quantity=1), PickLine(sku="TRAY", quantity=3)]
    first, every = with_absent(read, ordered, "first"), with_absent(read, ordered)
    assert [(one.sku, one.ordered, one.outcome) for one in first.lines][1:] == [("TRAY", 3, LineOutcome.SHORT)]
    assert (first.closes_order, every.closes_order, with_absent(read, ordered[:1]).closes_order) == (True, False, True)


@pytest.mark.parametrize(
    ("told", "kind", "field"),
    [
        (shipment(("T1", [("ZZ", "MUG", 1, 1, "1")])), "unknown_status", "W1201"),
        ([("W06", "A", "SO1", "20261121", "SHP1"), *shipment()[1:]], "unknown_status", "W0601"),
        (shipment(("T1", [("CC", "MUG", 1, 1, "1")]), total="2"), "unmappable", "W0301"),
        (shipment(("T1", [("CC", "MUG", 1, -1, "1")])), "unmappable", "W1203"),
        (shipment(), "unmappable", "W12"),
        ([("W06", "F", "SO1", "20261121"), *shipment(("T1", [("CC", "MUG", 1, 1, "1")]))[1:]], "unmappable", "W0604"),
        (shipment()[1:], "unmappable", "W06"),
        ([one for one in shipment(("T1", [("CC", "MUG", 1, 1, "1")])) if one[0] != "N1"], "unmappable", "N104"),
    ],
)
def test_what_cannot_be_believed_is_refused_by_field(told: Told, kind: str, field: str) -> None:
    with pytest.raises(Unmappable) as refused:
        read_945(told)
    assert (refused.value.kind, refused.value.field) == (kind, field)


def test_a_part_of_a_unit_and_a_case_are_no_eaches() -> None:
    good = shipment(("T1", [("CC", "MUG", 1, 1, "1")]))
    half = [(*one[:3], "0.5", *one[4:]) if one[0] == "W12" else one for one in good]
    case = [(*one[:5], "CA", *one[6:]) if one[0] == "W12" else one for one in good]
    for told, kind in ((half, "fractional_quantity"), (case, "unmappable")):
        with pytest.raises(Unmappable) as refused:
            read_945(told)
        assert refused.value.kind == kind


def test_a_merchants_row_for_a_status_wins_and_a_wrong_meaning_is_refused() -> None:
    told = shipment(("T1", [("ZZ", "MUG", 1, 0, "1")]))
    assert read_945(told, own={"zz": "cancelled"}).cancelled
    with pytest.raises(Unmappable, match=r"\[tables\.line_statuses\.gxo\]"):
        read_945(told, own={"ZZ": "eaten"})


ROWS = st.tuples(
    st.sampled_from(["CC", "CP", "BP", "DS"]), st.sampled_from("ABC"), st.integers(0, 5), st.integers(0, 5)
)


@given(st.lists(st.lists(ROWS, min_size=1, max_size=4), min_size=1, max_size=4))
def test_lines_and_cartons_add_up_to_what_was_told(cartons: list[list[tuple[str, str, int, int]]]) -> None:
    told = shipment(*((f"T{n}", [(*row, row[1]) for row in rows]) for n, rows in enumerate(cartons)))
    shipped: dict[str, int] = {}
    for _, sku, _, units in (row for rows in cartons for row in rows):
        shipped[sku] = shipped.get(sku, 0) + units
    left = {sku: units for sku, units in shipped.items() if units}
    read = read_945(told)
    packed: dict[str, int] = {}
    for line in (line for carton in read.cartons for line in carton.content):
        packed[line.sku] = packed.get(line.sku, 0) + line.quantity
    assert read.shipped == packed == left


def test_an_824_says_which_order_and_how_it_ended() -> None:
    (good,), (bad,), (late,) = (read_824(sample(f"824_{name}")) for name in ("accept", "reject", "cancel_refused"))
    assert (good.their_id, good.reference, good.facility, good.outcome) == (
        "824000045", "SO1000123", "GBNH01", Outcome.ACCEPTED,
    )  # fmt: skip
    assert (good.group_control, good.set_control, good.answers_set, good.code, good.text) == (
        "101", "0001", "940", "", "",
    )  # fmt: skip
    assert (bad.outcome, bad.code, bad.text) == (Outcome.REFUSED, "INVALID_SKU", "SKU NOPE-1 NOT SET UP")
    assert (late.outcome, late.code, late.group_control) == (Outcome.REFUSED, "TOO_LATE", "103")


def test_an_824_may_answer_several_orders_and_an_outcome_outside_of_the_profile_is_not_guessed() -> None:
    told = sample("824_reject")
    second = [*told, ("OTI", "TE", "OQ", "SO2"), ("TED", "ZZZ", "NO CODE HERE"), ("TED", "ZZZ", "AND MORE")]
    assert [(one.reference, one.outcome.value, one.code, one.text) for one in read_824(second)] == [
        ("SO1000124", "refused", "INVALID_SKU", "SKU NOPE-1 NOT SET UP"),
        ("SO2", "accepted_with_error", "", "NO CODE HERE; AND MORE"),
    ]
    with pytest.raises(Unmappable) as refused:
        read_824([*told, ("OTI", "TC", "OQ", "SO3")])
    assert (refused.value.kind, refused.value.field) == ("unknown_status", "OTI01")


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ("DUPLICATE_ORDER: SO1", AdviceReason.ALREADY_THERE),
        ("unknown_order : SO1", AdviceReason.NOT_THERE),
        ("TOO_LATE: PICKED", AdviceReason.OTHER),
        ("DUPLICATE_ORDER", AdviceReason.OTHER),  # without a colon it is a text, not a code
    ],
)
def test_the_code_of_a_refusal_says_what_became_of_an_earlier_sending(told: str, reason: AdviceReason) -> None:
    *rest, _ = sample("824_reject")
    (read,) = read_824([*rest, ("TED", "ZZZ", told)])
    assert (read.outcome, read.reason) == (Outcome.REFUSED, reason)


@pytest.mark.parametrize(
    ("told", "code", "text"),
    [
        ("TOO_LATE: PICKED", "TOO_LATE", "PICKED"),
        ("Ada Example, 1 Secret Street: no", "", "Ada Example, 1 Secret Street: no"),
        ("no", "", "no"),
    ],
)
def test_only_one_word_before_a_colon_is_a_code_and_all_else_is_their_text(told: str, code: str, text: str) -> None:
    *rest, _ = sample("824_reject")
    (read,) = read_824([*rest, ("TED", "ZZZ", told)])
    assert (read.code, read.text) == (code, text)


def test_a_997_says_what_could_be_read_and_what_was_wrong_without_the_value() -> None:
    good, bad = read_997(sample("997_accept")), read_997(sample("997_reject"))
    assert (good.group_id, good.group_control, good.accepted) == ("OW", "101", True)
    assert good.sets == (SetReceipt(set_id="940", set_control="0001", accepted=True),)
    assert (bad.group_control, bad.accepted, bad.sets[0].accepted) == ("104", False, False)
    assert bad.sets[0].errors == ("segment W01 at 12: error 8", "segment W01 at 12, element 1: error 6")


def test_a_group_that_was_taken_in_part_tells_each_set() -> None:
    told = [
        ("AK1", "OW", "7"), ("AK2", "940", "0001"), ("AK5", "A"), ("AK2", "940", "0002"), ("AK5", "R", "5"),
        ("AK9", "P", "2", "2", "1"),
    ]  # fmt: skip
    read = read_997(told)
    assert (read.accepted, [one.accepted for one in read.sets]) == (False, [True, False])
    with pytest.raises(Unmappable) as refused:
        read_997([*told[:-1], ("AK9", "Q")])
    assert (refused.value.kind, refused.value.field) == ("unknown_status", "AK901")
