"""What a building holds, read from Clarus's stock records."""

from __future__ import annotations

import json
import math
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_tests.places import SAMPLES
from mappings.canonical import Condition, StockLine
from mappings.clarus import read_stock
from mappings.clarus.conditions import LESS_SELLABLE
from mappings.errors import Unmappable

OURS = SAMPLES / "clarus"


def nodes(root: str, name: str) -> list[Any]:
    told = json.loads((OURS / f"list{name}.response.json").read_text(encoding="utf-8"))
    return [edge["node"] for edge in told["data"][root]["all"]["edges"]]


def record(status: str, quantity: Any = 1.0, sku: str = "MUG", reason: str = "", **more: Any) -> dict[str, Any]:
    told = {"id": "7", "status": status, "quantity": quantity, "product": {"id": "1", "code": sku}, **more}
    return {**told, "reason_code": {"code": reason}} if reason else told


def test_the_vendors_own_stock_is_read() -> None:
    assert read_stock(nodes("stocks", "Stocks")) == (
        [StockLine(sku="WIDGET-RED-500", condition=Condition.GOOD, units=240)],
        [],
    )


@pytest.mark.parametrize(
    ("status", "reason", "condition"),
    [
        ("available", "", "good"),
        ("Allocated", "", "good"),
        ("PICKED", "", "good"),
        ("received", "", "goods_in"),
        ("held", "", "quarantine"),
        ("held", "DMG", "damaged"),
        ("held", "qc", "inspection"),
        ("available", "DMG", "good"),
    ],
)
def test_a_status_and_the_reason_of_a_hold_give_the_condition(status: str, reason: str, condition: str) -> None:
    assert read_stock([record(status, reason=reason)]) == (
        [StockLine(sku="MUG", condition=Condition(condition), units=1)],
        [],
    )


def test_what_has_left_is_in_no_line_and_records_of_one_condition_are_added_up() -> None:
    lines, bad = read_stock([record("available", 3.0), record("allocated", 2), record("dispatched", 9)])
    assert (lines, bad) == ([StockLine(sku="MUG", condition=Condition.GOOD, units=5)], [])


def test_a_status_without_a_row_counts_as_unknown_and_is_reported_once_with_its_row() -> None:
    lines, bad = read_stock([record("frozen", 2), record("frozen", 3, sku="TRAY")])
    assert {(line.sku, line.condition, line.units) for line in lines} == {("MUG", "unknown", 2), ("TRAY", "unknown", 3)}
    assert [(one.subject, one.error.kind) for one in bad] == [("frozen", "unknown_condition")]
    assert "[statuses] in mappings/clarus/tables/stock.toml" in str(bad[0].error)
    assert "[tables.stock_conditions.clarus]" in str(bad[0].error)


def test_a_hold_reason_without_a_row_stays_unsellable_and_is_reported() -> None:
    lines, bad = read_stock([record("held", 2, reason="SMELLS")])
    assert lines == [StockLine(sku="MUG", condition=Condition.QUARANTINE, units=2)]
    assert [(one.subject, one.error.kind) for one in bad] == [("SMELLS", "unknown_condition")]
    assert "[hold_reasons]" in bad[0].error.why


def test_a_merchants_rows_win_and_a_row_that_means_nothing_is_refused() -> None:
    own = {"frozen": "good", "dmg": "refurbishment", "Picked": "gone"}
    lines, bad = read_stock([record("FROZEN"), record("held", reason="DMG"), record("picked")], own)
    assert bad == []
    assert {(line.condition, line.units) for line in lines} == {("good", 1), ("refurbishment", 1)}
    with pytest.raises(Unmappable, match="goood") as told:
        read_stock([], {"held": "goood"})
    assert told.value.kind == "unknown_condition"


def test_a_part_of_a_unit_is_never_sellable_and_never_lost() -> None:
    lines, bad = read_stock([record("available", 2.5), record("held", 1.25)])
    assert {(line.condition, line.units) for line in lines} == {("good", 2), ("quarantine", 2)}
    assert [(one.subject, one.error.kind) for one in bad] == [("MUG", "fractional_quantity")]


@pytest.mark.parametrize("quantity", [-1.0, "many", None, True, math.nan, math.inf])
def test_a_record_that_cannot_be_counted_is_reported_and_its_neighbours_are_read(quantity: Any) -> None:
    lines, bad = read_stock([record("available", quantity, sku="TRAY"), record("available", 4)])
    assert lines == [StockLine(sku="MUG", condition=Condition.GOOD, units=4)]
    assert [(one.subject, one.error.kind) for one in bad] == [("TRAY", "unmappable")]


@pytest.mark.parametrize(("below", "good"), [(-1.0, 3), (-2.5, 1), (-9.0, 0)])
def test_a_record_below_zero_makes_fewer_units_sellable_and_is_reported(below: float, good: int) -> None:
    """Other records show units that are not there: the less sellable reading counts."""
    lines, bad = read_stock([record("available", 4), record("available", below), record("held", 2, reason="DMG")])
    there = {one.condition: one.units for one in lines}
    assert (there.get(Condition.GOOD, 0), there[Condition.DAMAGED]) == (good, 2)
    assert [(one.subject, one.error.kind) for one in bad] == [("MUG", "unmappable")]


def test_a_record_without_a_product_code_is_reported_by_its_id() -> None:
    lines, bad = read_stock([record("available", product=None)])
    assert lines == []
    assert [one.subject for one in bad] == ["7"]


RECORDS = st.lists(
    st.builds(
        record,
        status=st.sampled_from(["available", "held", "received", "allocated", "picked", "dispatched", "odd"]),
        quantity=st.integers(0, 10**6).map(float),
        sku=st.sampled_from(["MUG", "TRAY"]),
        reason=st.sampled_from(["", "DMG", "QC", "ODD"]),
    )
)


@given(records=RECORDS, shuffle=st.randoms())
def test_every_unit_that_has_not_left_is_counted_once_in_whatever_order(records: Any, shuffle: Any) -> None:
    there: Counter[str] = Counter()
    for one in records:
        there[one["product"]["code"]] += 0 if one["status"] == "dispatched" else int(one["quantity"])
    lines, _ = read_stock(records)
    counted: Counter[str] = Counter()
    for line in lines:
        counted[line.sku] += line.units
    assert +counted == +there
    good = sum(int(one["quantity"]) for one in records if one["status"] in {"available", "allocated", "picked"})
    assert sum(line.units for line in lines if line.condition is Condition.GOOD) == good
    again = list(records)
    shuffle.shuffle(again)
    assert {(one.sku, one.condition, one.units) for one in read_stock(again)[0]} == {
        (one.sku, one.condition, one.units) for one in lines
    }


def test_every_condition_has_its_place_from_sellable_to_unknown() -> None:
    assert set(LESS_SELLABLE) == set(Condition)
    assert (LESS_SELLABLE[0], LESS_SELLABLE[-1]) == (Condition.GOOD, Condition.UNKNOWN)
