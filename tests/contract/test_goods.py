"""Goods that come to any warehouse: a supplier's are received and not booked, a customer's credited once or not."""

from __future__ import annotations

import pytest

from fleet_tests.stage import Stage
from workers.returns_in import rma
from workers.returns_in.rma import Said


def sold(stage: Stage, *lines: tuple[str, int]) -> str:
    order = str(stage.order(*lines))
    stage.settle()
    stage.work()
    stage.hear()
    return order


def returns(stage: Stage) -> list[tuple[str, str, int, str, str]]:
    rows = stage.world.store.rows("select * from return_line order by reference")
    return [(row["order_code"], row["sku"], row["units"], row["condition"], row["state"]) for row in rows]


def held(stage: Stage, sku: str) -> int:
    row = stage.world.store.row("select good from position where home = 'Main Site' and sku = %s", sku)
    return int(row["good"])


@pytest.mark.needs("supplier's receipts")
def test_a_suppliers_goods_are_received_and_not_booked(stage: Stage) -> None:
    world = stage.world
    stage.supply("PO-77", "MUG", 5)
    stage.hear()
    rows = world.store.rows("select purchase_order, sku, received, booked from received_line")
    assert [tuple(row.values()) for row in rows] == [("PO-77", "MUG", 5, 0)]
    assert held(stage, "MUG") == 25
    assert world.levels("MUG")["Main Site"] == (20, 20), "Khaos Control's own delivery note will add them"
    assert world.store.row("select count(*) as n from return_line")["n"] == 0
    assert world.exceptions() == []


@pytest.mark.needs("announced returns")
def test_an_announced_return_is_graded_and_offered_once(stage: Stage) -> None:
    world = stage.world
    order = sold(stage, ("MUG", 3))
    line = {"rma": "RMA-9", "order": order, "sku": "MUG", "quantity": "2"}
    taken = rma.take(world.store, [Said(1, {**dict.fromkeys(rma.COLUMNS, ""), **line})], "Mo")
    assert taken.refused == ()
    world.go()
    stage.settle()
    stage.back("MUG", 2, order=order, rma="RMA-9")
    stage.hear()
    assert returns(stage) == [(order, "MUG", 2, "good", "offered")]
    assert world.store.row("select state from return_advice")["state"] == "received"
    stage.say_again()
    assert returns(stage) == [(order, "MUG", 2, "good", "offered")]
    assert world.exceptions() == []


@pytest.mark.needs("returns in units")
def test_a_blind_return_is_matched_by_its_order_number(stage: Stage) -> None:
    order = sold(stage, ("MUG", 2))
    stage.back("MUG", 1, order=order)
    stage.hear()
    assert returns(stage) == [(order, "MUG", 1, "good", "offered")]


@pytest.mark.needs("returns in units")
def test_a_blind_return_that_names_no_order_waits_for_a_person(stage: Stage) -> None:
    sold(stage, ("MUG", 2))
    stage.back("MUG", 1)
    stage.hear()
    assert [row[-1] for row in returns(stage)] == ["received"]
    assert stage.world.exceptions() == ["return_unknown_order"]


@pytest.mark.needs("returns in units")
def test_goods_in_a_condition_without_a_row_credit_nobody(stage: Stage) -> None:
    order = sold(stage, ("MUG", 2))
    stage.back("MUG", 1, order=order, good=False)
    stage.hear()
    assert [row[3:] for row in returns(stage)] == [("damaged", "received")]
    assert stage.world.exceptions() == ["unknown_grade"]


@pytest.mark.needs("returns in units")
def test_more_than_an_order_got_is_credited_to_nobody(stage: Stage) -> None:
    order = sold(stage, ("MUG", 1))
    stage.back("MUG", 3, order=order)
    stage.hear()
    assert sorted((row[2], row[4]) for row in returns(stage)) == [(1, "offered"), (2, "received")]
    assert stage.world.exceptions() == ["returned_more_than_shipped"]


@pytest.mark.needs("returns in units")
def test_returned_goods_wait_for_their_credit_note_before_they_are_sold(stage: Stage) -> None:
    order = sold(stage, ("MUG", 2))
    before = stage.world.levels("MUG")["Main Site"]
    stage.back("MUG", 2, order=order)
    stage.hear()
    assert held(stage, "MUG") == 20
    assert stage.world.levels("MUG")["Main Site"] == before
