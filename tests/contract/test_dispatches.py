"""What left any warehouse: each part once, with its tracking, and nothing that was not asked for."""

from __future__ import annotations

from typing import Any

from fleet_tests.stage import Stage


def told(stage: Stage, order: str) -> list[tuple[str, dict[str, int]]]:
    return [(s["reference"], s["lines"]) for s in stage.world.shipments(order)]


def test_each_part_is_a_shipment_of_its_own_with_its_own_tracking(stage: Stage) -> None:
    world = stage.world
    order = stage.order(("MUG", 6))
    stage.settle()
    stage.work_in_parts(order)
    stage.hear()
    assert world.fulfilments(order) == [(f"{order}-1", "part_dispatched")]
    world.poll()
    stage.work()
    stage.hear()
    world.poll()
    stage.hear()
    assert told(stage, order) == [(f"{order}-1/S1", {"MUG": 3}), (f"{order}-1/S2", {"MUG": 3})]
    rows = world.store.rows(
        "select number, lines, parcels from shipment where fulfilment = %s order by 1", f"{order}-1"
    )
    tracking = [[p["tracking"] for p in row["parcels"]] for row in rows]
    assert [row["lines"] for row in rows] == [{"MUG": 3}, {"MUG": 3}]
    assert all(tracking)
    assert not set(tracking[0]) & set(tracking[1])
    assert world.fulfilments(order) == [(f"{order}-1", "dispatched")]
    assert stage.there(order) == [{"MUG": 6}]
    assert (world.live_messages(), world.exceptions()) == ([], [])


def test_less_than_was_asked_for_closes_short(stage: Stage) -> None:
    world = stage.world
    order = stage.order(("MUG", 5), ("BOWL", 1))
    stage.settle()
    stage.work(short={"MUG": 2})
    stage.hear()
    assert world.fulfilments(order) == [(f"{order}-1", "closed_short")]
    assert "MUG: 2 missing" in world.exception("short_pick")["reason"]
    assert [lines for _, lines in told(stage, order)] == [{"MUG": 3, "BOWL": 1}]


def test_more_than_was_asked_for_is_an_exception_and_khaos_is_not_told(stage: Stage) -> None:
    order = stage.order(("MUG", 2))
    stage.settle()
    stage.work(over={order: 3})
    stage.hear()
    found = stage.world.exception("over_shipped")
    assert (found["owner"], found["story"]) == ("operations", order)
    assert "MUG: 5 left, 2 ordered" in found["reason"]
    assert told(stage, order) == []


def test_an_order_that_nobody_sent_is_an_exception(stage: Stage) -> None:
    stage.stranger_ships()
    stage.hear()
    found = stage.world.exception("dispatch_unknown_order")
    assert (found["owner"], "STRANGER-1" in found["reason"]) == ("operations", True)
    assert stage.world.store.row("select count(*) as n from shipment where fulfilment = 'STRANGER-1'")["n"] == 0


def test_whatever_was_said_and_is_said_again_changes_nothing(stage: Stage) -> None:
    world = stage.world
    orders = [stage.order(("MUG", 4)), stage.order(("MUG", 2), ("BOWL", 3)), stage.order(("BOWL", 1))]
    stage.settle()
    world.khaos.post("cancel", order=orders[2])
    world.poll()
    stage.settle()
    stage.work_in_parts(orders[0])
    stage.hear()
    world.poll()
    stage.work()
    stage.adjust("MUG", -1)
    stage.hold("BOWL", 2)
    stage.supply("PO-1", "MUG", 5)
    stage.back("BOWL", 1, order=orders[1])
    stage.hear()
    world.poll()
    stage.hear()
    before = _books(stage)
    for _ in range(2):
        stage.say_again()
    after = _books(stage)
    assert {name: told for name, told in after.items() if told != before[name]} == {}


def _books(stage: Stage) -> dict[str, Any]:
    store, khaos = stage.world.store, stage.world.khaos.books()
    asked = {
        "fulfilments": "select reference, state, shipped, shipments, confirmed from fulfilment order by 1",
        "positions": "select home, sku, good, other from position order by 1, 2",
        "movements": "select movement_id, sku, cause, units from movement order by 1",
        "receipts": "select their_id, line_id, sku, received, booked from received_line order by 1, 2",
        "returns": "select reference, sku, units, condition, state from return_line order by 1",
        "terms": "select kind, sku, condition, sum(units)::integer as n from term where cleared_at is null"
        " group by 1, 2, 3 order by 1, 2, 3",
        "messages": "select kind, reference, state from message order by id",
        "exceptions": "select kind, subject from exception where state = 'open' order by 1, 2",
    }
    return {
        **{name: store.rows(sql) for name, sql in asked.items()},
        "levels": khaos["levels"],
        "shipments": [(i["invoice"], i["shipments"]) for i in khaos["invoices"]],
    }
