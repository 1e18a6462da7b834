"""Goods in: receipts read from headers, tasks of lines, and stock records."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fleet_tests.places import SAMPLES
from mappings.canonical import Condition, ReceiptStatus
from mappings.clarus import read_receipt, receipt_words
from mappings.errors import Unmappable

NOW = datetime(2026, 11, 21, tzinfo=UTC)
OURS = SAMPLES / "clarus"


def sample(name: str) -> Any:
    return json.loads((OURS / name).read_text(encoding="utf-8"))


def header(**changes: Any) -> dict[str, Any]:
    return {
        "id": "77",
        "reference": "PO1",
        "status": "RCV",
        "receipt_type": "standard",
        "account": {"id": "1", "code": "ACME"},
        "warehouse": {"id": "11", "code": "LDS1"},
        **changes,
    }


def task(kind: str, units: Any, place: str = "", **changes: Any) -> dict[str, Any]:
    return {
        "task_type": {"code": kind},
        "status": "COMPLETED" if place else "AVAILABLE",
        "start_quantity": units,
        "confirmed_quantity": units if place else None,
        "product": {"id": "1001", "code": "MUG"},
        "location_to": {"id": place or "9", "code": place},
        **changes,
    }


def lying(place: str, status: str, units: float = 1.0, reason: str = "", batch: str | None = None) -> dict[str, Any]:
    told = {"product": {"id": "1001"}, "location": {"id": place}, "status": status, "quantity": units}
    return {**told, "string1": batch, "reason_code": {"code": reason} if reason else None}


def detail(tasks: list[Any], stocks: list[Any] | None = None, **changes: Any) -> dict[str, Any]:
    return {
        "goods_in_receipt": header(**changes),
        "lines": [{"id": "501", "tasks": tasks}],
        "stocks": stocks or [],
    }


def told(of: dict[str, Any], **more: Any) -> list[tuple[int, int, int, str, str]]:
    lines = read_receipt(of, NOW, **more).lines
    assert {line.line_id for line in lines} <= {"501"}
    return [(one.expected, one.received, one.put_away, one.condition.value, one.hold_reason) for one in lines]


def test_the_vendors_own_receipt_is_read() -> None:
    node = sample("listGoodsInReceipts.response.json")["data"]["goods_in_receipts"]["all"]["edges"][0]["node"]
    read = read_receipt({"goods_in_receipt": node, "lines": [], "stocks": []}, NOW)
    assert (read.their_id, read.reference, read.facility) == ("1", "GIR-001", "WH1")
    assert (read.status, read.status_word, read.kind_word) == (ReceiptStatus.RECEIVING, "receiving", "standard")
    assert (read.return_reference, read.order_reference, read.received_at, read.lines) == ("", "", None, ())


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("draft", "expected"),
        ("Pending", "expected"),
        ("RCV", "receiving"),
        ("received", "receiving"),
        ("PART", "receiving"),
        ("completed", "completed"),
        ("CANCELLED", "cancelled"),
    ],
)
def test_every_status_word_has_its_meaning_in_any_case(word: str, status: str) -> None:
    assert read_receipt(detail([], status=word), NOW).status == status


def test_a_status_without_a_row_is_refused_and_a_filter_gets_every_word_in_both_cases() -> None:
    with pytest.raises(Unmappable, match=r"\[goods_in\] in mappings/clarus/tables/statuses\.toml") as refused:
        read_receipt(detail([], status="LOST"), NOW)
    assert refused.value.kind == "unknown_status"
    assert set(receipt_words(ReceiptStatus.EXPECTED)) == {"DRAFT", "draft", "PENDING", "pending"}


def test_a_return_is_known_by_its_kind_and_carries_its_order() -> None:
    read = read_receipt(detail([], receipt_type="Return", reference="RMA1", external_system_reference2="SO1"), NOW)
    assert (read.return_reference, read.order_reference, read.kind_word) == ("RMA1", "SO1", "Return")
    assert read_receipt(detail([], receipt_type="RMA"), NOW, ["rma"]).return_reference == "PO1"


@pytest.mark.parametrize("nothing", ["None", "nan", "#N/A", "NULL"])
def test_a_marker_of_no_value_is_no_reference_and_no_code(nothing: str) -> None:
    of = detail([task("RCV", 1.0, "A1")], reference=nothing, receipt_type="return", external_system_reference2=nothing)
    read = read_receipt(of, NOW)
    assert (read.reference, read.return_reference, read.order_reference) == ("", "", "")
    with pytest.raises(Unmappable, match="stands for no value"):
        read_receipt(detail([task("RCV", 1.0, "A1", product={"id": "1", "code": nothing})]), NOW)


@pytest.mark.parametrize("spelling", ["actual_date_of_receipt", "actual_date_of_arrival"])
def test_the_day_of_arrival_is_read_in_both_spellings(spelling: str) -> None:
    arrived = detail([])
    arrived["goods_in_receipt"][spelling] = "2026-03-10"
    assert read_receipt(arrived, NOW).received_at == datetime(2026, 3, 10, tzinfo=UTC)
    arrived["goods_in_receipt"][spelling] = "yesterday"
    assert read_receipt(arrived, NOW).received_at is None


def test_goods_are_expected_then_in_the_bay_then_on_their_shelf() -> None:
    assert told(detail([])) == []
    assert told(detail([task("RCV", 5.0)])) == [(5, 0, 0, "goods_in", "")]
    taken = [task("RCV", 5.0, "bay"), task("PWAY", 5.0)]
    assert told(detail(taken, [lying("bay", "received", 5)])) == [(5, 5, 0, "goods_in", "")]
    away = [task("RCV", 5.0, "bay"), task("PWAY", 5.0, "shelf")]
    assert told(detail(away, [lying("shelf", "available", 5)])) == [(5, 5, 5, "good", "")]


def test_a_line_put_away_in_parts_stands_once_for_each_condition_and_adds_up() -> None:
    tasks = [task("RCV", 10.0, "bay"), task("PWAY", 4.0, "A"), task("PWAY", 3.0, "B"), task("PWAY", 3.0)]
    stocks = [lying("A", "available", 4), lying("B", "held", 3, "DMG"), lying("bay", "received", 3)]
    assert told(detail(tasks, stocks)) == [
        (4, 4, 4, "good", ""),
        (3, 3, 3, "damaged", "DMG"),
        (3, 3, 0, "goods_in", ""),
    ]


def test_where_records_at_a_place_disagree_the_less_sellable_counts() -> None:
    tasks = [task("RCV", 2.0, "bay"), task("PWAY", 2.0, "A")]
    stocks = [lying("A", "available", 90), lying("A", "held", 1, "QC"), lying("A", "held", 1, "DMG")]
    assert told(detail(tasks, stocks)) == [(2, 2, 2, "damaged", "DMG")]


def test_records_of_the_receipts_own_batch_tell_how_many_lie_in_which_condition() -> None:
    tasks = [task("RCV", 4.0, "bay"), task("PWAY", 3.0, "A"), task("PWAY", 1.0, "A")]
    stocks = [
        lying("A", "held", 50, "QC"),
        lying("A", "allocated", 3, batch="RMA1"),
        lying("A", "held", 1, "DMG", batch="RMA1"),
    ]
    entries = told(detail(tasks, stocks, reference="RMA1"))
    assert sorted(entries) == [(1, 1, 1, "damaged", "DMG"), (3, 3, 3, "good", "")]


def test_units_that_are_not_where_they_were_put_are_unknown() -> None:
    tasks = [task("RCV", 4.0, "bay"), task("PWAY", 4.0, "A")]
    assert told(detail(tasks)) == [(4, 4, 4, "unknown", "")]
    stocks = [lying("A", "available", 3, batch="PO1")]
    assert sorted(told(detail(tasks, stocks))) == [(1, 1, 1, "unknown", ""), (3, 3, 3, "good", "")]


def test_goods_received_straight_to_their_shelf_are_put_away() -> None:
    assert told(detail([task("RCV", 4.0, "A")], [lying("A", "available", 4)])) == [(4, 4, 4, "good", "")]
    assert told(detail([task("RCV", 4.0, "A")], status="COMPLETED")) == [(4, 4, 4, "unknown", "")]


def test_more_and_fewer_than_expected_are_counted_as_they_came() -> None:
    tasks = [task("RCV", 5.0, "bay", confirmed_quantity=7.0), task("PWAY", 7.0, "A")]
    assert told(detail(tasks, [lying("A", "available", 7)])) == [(5, 7, 7, "good", "")]
    tasks = [task("RCV", 5.0, "bay", confirmed_quantity=3.0), task("PWAY", 3.0, "A")]
    assert told(detail(tasks, [lying("A", "available", 3)])) == [(3, 3, 3, "good", ""), (2, 0, 0, "goods_in", "")]


def test_what_was_received_and_taken_back_is_expected_again() -> None:
    assert told(detail([task("RCV", 5.0, "bay"), task("RCV", 5.0)])) == [(5, 0, 0, "goods_in", "")]
    two_pallets = [task("RCV", 5.0, "bay"), task("PWAY", 5.0), task("RCV", 5.0)]
    assert told(detail(two_pallets, [lying("bay", "received", 5)])) == [(10, 5, 0, "goods_in", "")]


def test_a_merchants_conditions_hold_for_receipts_too() -> None:
    tasks = [task("RCV", 1.0, "bay"), task("PWAY", 1.0, "A")]
    assert told(detail(tasks, [lying("A", "wet")])) == [(1, 1, 1, "unknown", "")]
    assert told(detail(tasks, [lying("A", "wet")]), own={"wet": "refurbishment"}) == [(1, 1, 1, "refurbishment", "")]


@given(
    parts=st.lists(st.tuples(st.integers(1, 50), st.sampled_from("ABC")), max_size=6),
    stocks=st.lists(
        st.builds(
            lying,
            st.sampled_from("ABC"),
            st.sampled_from(["available", "held", "picked", "odd"]),
            st.integers(0, 60).map(float),
            batch=st.sampled_from(["PO1", None]),
        )
    ),
    waiting=st.integers(0, 9),
)
@example(parts=[(1, "A")], stocks=[lying("A", "available", 0.0)], waiting=0)  # a record without units is no goods
def test_the_entries_of_a_line_always_add_up_to_the_line(parts: Any, stocks: Any, waiting: int) -> None:
    put = sum(units for units, _ in parts)
    if not parts:
        return
    tasks = [task("RCV", float(put + waiting), "bay"), *(task("PWAY", float(n), place) for n, place in parts)]
    lines = read_receipt(detail(tasks, stocks), NOW).lines
    assert sum(line.put_away for line in lines) == put
    assert sum(line.received for line in lines) == put + waiting
    assert sum(line.expected for line in lines) == put + waiting
    there = sum(int(one["quantity"]) for one in stocks if one["status"] in {"available", "picked"})
    assert sum(line.put_away for line in lines if line.condition is Condition.GOOD) <= (put if there else 0)
