"""Goods in at GXO: what a 944 says of grades, dispositions, types and exceptions, and who then decides."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from adapters.x12 import read_interchange
from fleet_tests.places import SAMPLES
from mappings.canonical import Condition, ReceiptStatus
from mappings.dispositions import read_disposition
from mappings.errors import Unmappable
from mappings.gxo import is_return, read_944

SAMPLE = SAMPLES / "gxo" / "gxo_x12_944_return_receipt.edi"
TOLD_AT = datetime(2026, 11, 28, 22, 40, tzinfo=UTC)
OWN = {"good": {"*": {"reason": "1"}}, "quarantine": {"*": {"reason": "3"}}, "damaged": {"*": {"reason": "4"}}}
Told = list[tuple[str, ...]]


def row(units: int = 1, sku: str = "MUG", li: str = "1", damaged: int = 0, **words: str) -> Told:
    told: Told = [("W07", str(units), "EA", "", "SK", sku)]
    told += [("N9", "LI", li)] if li else []
    told += [("N9", "ZZ", name.upper(), word) for name, word in words.items()]
    return [*told, ("W13", str(damaged), "EA", "01")] if damaged else told


def receipt(*rows: Told, kind: str = "C", reference: str = "RMA1", total: int | None = None) -> Told:
    units = sum(int(one[0][1]) for one in rows)
    return [
        ("W17", kind, "20261128", "RCP1", reference),
        ("N1", "WH", "GXO", "ZZ", "GBNH01"),
        ("N9", "CO", "SO1"),
        *(segment for one in rows for segment in one),
        ("W14", str(units if total is None else total)),
    ]


def judged(told: Told, **more: Any) -> list[tuple[str, str, str]]:
    read, bad = read_944(receipt(told, **more), told_at=TOLD_AT)
    return [(line.condition.value, line.hold_reason, bad[0].error.kind if bad else "") for line in read.lines]


def test_the_sample_is_a_return_with_one_line_for_each_grade() -> None:
    segments = read_interchange(SAMPLE.read_bytes(), SAMPLE.name).sets[0].segments
    read, bad = read_944(segments, told_at=TOLD_AT)
    assert (read.their_id, read.reference, read.return_reference) == ("RCP0004512", "RMA0007781", "RMA0007781")
    assert (read.facility, read.order_reference, read.kind_word) == ("GBNH01", "SO1000123", "C")
    assert (read.status, is_return(read), bad) == (ReceiptStatus.COMPLETED, True, [])
    assert [(one.line_id, one.received, one.put_away, one.condition, one.hold_reason) for one in read.lines] == [
        ("1", 1, 1, Condition.GOOD, "A RESTOCK"),
        ("1", 1, 1, Condition.DAMAGED, "D DESTROY"),
    ]
    assert read.lines[1].note == "grade D, disposition DESTROY, type D"


def test_a_receipt_without_a_line_is_no_receipt_of_nothing() -> None:
    with pytest.raises(Unmappable, match="no line"):
        read_944(receipt(total=0), told_at=TOLD_AT)


def test_each_count_of_damaged_units_of_a_line_is_used() -> None:
    none_then_one = [*row(units=2, grade="A", disposition="RESTOCK", invtype="N"), ("W13", "0", "EA", "02")]
    assert judged([*none_then_one, ("W13", "1", "EA", "01")]) == [("damaged", "A RESTOCK", "unknown_grade")]


@pytest.mark.parametrize(
    ("letter", "condition"),
    [
        ("N", "good"), ("D", "damaged"), ("H", "quarantine"), ("V", "quarantine"), ("R", "inspection"),
        ("W", "refurbishment"), ("B", "quarantine"), ("Z", "quarantine"), ("K", "quarantine"), ("O", "quarantine"),
        ("S", "quarantine"),
    ],
)  # fmt: skip
def test_every_inventory_type_has_its_condition_and_only_one_may_be_sold(letter: str, condition: str) -> None:
    assert judged(row(grade="A", disposition="RESTOCK", invtype=letter)) == [(condition, "A RESTOCK", "")]


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (row(grade="D", disposition="DESTROY", invtype="N"), ("damaged", "D DESTROY", "unknown_grade")),
        (row(grade="A", disposition="OUTLET", invtype="N"), ("quarantine", "A OUTLET", "unknown_grade")),
        (row(grade="B", disposition="REFURBISH", invtype="N"), ("refurbishment", "B REFURBISH", "unknown_grade")),
        (row(grade="A", disposition="RESTOCK", invtype="N", damaged=1), ("damaged", "A RESTOCK", "unknown_grade")),
        (row(grade="E", disposition="RESTOCK", invtype="N"), ("unknown", "E RESTOCK", "unknown_grade")),
        (row(grade="A", disposition="EAT", invtype="N"), ("unknown", "A EAT", "unknown_grade")),
        (row(grade="B", disposition="REPACK", invtype="N"), ("good", "B REPACK", "")),
        (row(invtype="N"), ("inspection", "", "")),
        (row(), ("inspection", "", "")),
        (row(grade="A"), ("unknown", "A", "unknown_condition")),
        (row(grade="A", invtype="Q"), ("unknown", "A", "unknown_condition")),
        (row(grade="A", invtype="H"), ("quarantine", "A", "")),
    ],
)
def test_of_two_words_the_less_sellable_counts_and_an_unknown_one_is_unknown(
    told: Told, expected: tuple[str, str, str]
) -> None:
    assert judged(told) == [expected]


@pytest.mark.parametrize(
    ("word", "units", "condition", "trouble"),
    [
        ("EMPTY_BOX", 0, "unknown", ""),
        ("WRONG_ITEM", 1, "unknown", ""),
        ("COUNTERFEIT", 1, "quarantine", ""),
        ("HAUNTED", 1, "unknown", "unknown_grade"),
    ],
)
def test_an_exception_goes_before_grade_and_type_and_is_never_credited_by_a_general_row(
    word: str, units: int, condition: str, trouble: str
) -> None:
    told = row(units, grade="A", disposition="RESTOCK", invtype="N", exception=word)
    assert judged(told) == [(condition, word, trouble)]
    with pytest.raises(Unmappable) as held:
        read_disposition(condition, word, OWN)
    assert held.value.kind == "unknown_grade"


def test_a_graded_line_is_decided_by_its_grade_and_disposition_where_the_merchant_has_such_a_row() -> None:
    own = {**OWN, "damaged": {"*": {"reason": "4"}, "D DESTROY": {"reason": "5"}}}
    assert read_disposition("damaged", "D DESTROY", own).reason_id == "5"
    assert read_disposition("damaged", "X RECYCLE", own).reason_id == "4"
    assert read_disposition("good", "A RESTOCK", own).process


def test_a_wrong_item_is_a_line_of_its_own_and_keeps_the_announced_one_apart() -> None:
    told = receipt(row(grade="A", invtype="N"), row(sku="HAT", invtype="H", exception="WRONG_ITEM"))
    read, _ = read_944(told, told_at=TOLD_AT)
    assert [(one.line_id, one.sku, one.hold_reason) for one in read.lines] == [
        ("1/MUG", "MUG", "A"),
        ("1/HAT", "HAT", "WRONG_ITEM"),
    ]


def test_an_empty_box_is_a_line_without_units() -> None:
    read, _ = read_944(receipt(row(0, exception="EMPTY_BOX")), told_at=TOLD_AT)
    assert [(one.sku, one.received, one.put_away) for one in read.lines] == [("MUG", 0, 0)]


def test_a_blind_return_has_no_reference_and_its_order_only() -> None:
    read, _ = read_944(receipt(row(li="", grade="A", invtype="N", blind="1"), reference=""), told_at=TOLD_AT)
    assert (read.reference, read.return_reference, read.kind_word, is_return(read)) == ("", "", "C BLIND", True)
    assert (read.order_reference, read.lines[0].line_id) == ("SO1", "/MUG")


@pytest.mark.parametrize("nothing", ["NULL", "nan", "#N/A"])
def test_a_return_of_no_number_is_a_blind_one(nothing: str) -> None:
    read, _ = read_944(receipt(row(grade="A", invtype="N"), reference=nothing), told_at=TOLD_AT)
    assert (read.reference, read.kind_word) == ("", "C BLIND")


def test_a_suppliers_receipt_is_no_return_and_needs_no_grade() -> None:
    read, bad = read_944(receipt(row(24, invtype="N"), kind="F", reference="PO7"), told_at=TOLD_AT)
    assert (read.reference, read.return_reference, is_return(read), bad) == ("PO7", "", False, [])
    assert [(one.condition, one.received, one.hold_reason) for one in read.lines] == [(Condition.GOOD, 24, "")]


def test_goods_came_at_the_last_moment_of_their_day_that_was_over_when_it_was_told() -> None:
    told = receipt(row(invtype="N"))
    west = timezone(timedelta(hours=-5))
    assert read_944(told, told_at=TOLD_AT)[0].received_at == TOLD_AT
    late = read_944(told, told_at=TOLD_AT + timedelta(days=3), zone=west)[0].received_at
    assert late == datetime(2026, 11, 29, 4, 59, 59, 999999, tzinfo=UTC)


@pytest.mark.parametrize(
    ("told", "kind", "field"),
    [
        (receipt(row(), kind="Q"), "unknown_status", "W1701"),
        (receipt(row(), total=2), "unmappable", "W1401"),
        ([("W17", "C", "20261128"), *receipt(row())[1:]], "unmappable", "W1703"),
        ([("W17", "C", "28112026", "RCP1"), *receipt(row())[1:]], "unmappable", "W1702"),
        ([("W17", "C", "20261128", "NULL"), *receipt(row())[1:]], "unmappable", "W1703"),
        (receipt(row(sku="nan")), "unmappable", "W0705"),
        (receipt(row())[1:], "unmappable", "W17"),
    ],
)
def test_what_cannot_be_believed_is_refused_by_field(told: Told, kind: str, field: str) -> None:
    with pytest.raises(Unmappable) as refused:
        read_944(told, told_at=TOLD_AT)
    assert (refused.value.kind, refused.value.field) == (kind, field)


def test_a_merchants_rows_win_for_types_grades_and_exceptions() -> None:
    own = {"k": "good", "grade  c": "good", "HAUNTED": "quarantine"}
    told = receipt(row(grade="C", invtype="K"), row(exception="HAUNTED"))
    read, bad = read_944(told, told_at=TOLD_AT, own=own)
    assert ([one.condition.value for one in read.lines], bad) == (["good", "quarantine"], [])
    with pytest.raises(Unmappable, match=r"\[tables\.stock_conditions\.gxo\]"):
        read_944(told, told_at=TOLD_AT, own={"K": "tasty"})
