"""Goods in: what a supplier delivered is received once, and stands until Khaos Control has booked it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from fleet_tests.world import World
from workers.returns_in import goods_in
from workers.views import returns, worklists

PO = "PO-1001"


def deliver(world: World, reference: str = PO, *, heard: bool = True, **said: Any) -> None:
    """A lorry at the door: what comes is put away at once, and the fleet hears of it."""
    lines = said.pop("lines", [{"product": "MUG", "quantity": 10}])
    world.clarus.post("floor", receive={"reference": reference, "lines": lines, "at_once": True, **said})
    if heard:
        hear(world)


def hear(world: World) -> None:
    world.until(lambda: (c := world.clarus.books()["webhooks"])["delivered"] >= c["fired"] - c["lost"] + c["repeated"])
    world.go()


def lines(world: World) -> list[tuple[str, str, int, int]]:
    rows = world.store.rows("select * from received_line order by purchase_order, id")
    return [(row["purchase_order"], row["sku"], row["received"], row["booked"]) for row in rows]


def terms(world: World) -> list[tuple[str, str, int]]:
    rows = world.store.rows(
        "select kind, condition, sum(units)::integer as units from term where cleared_at is null group by 1, 2"
        " order by 1, 2"
    )
    return [(row["kind"], row["condition"], row["units"]) for row in rows]


@pytest.fixture
def stocked(world: World) -> World:
    world.poll()
    return world


def test_a_suppliers_delivery_is_received_by_purchase_order_and_not_booked(stocked: World) -> None:
    deliver(stocked, lines=[{"product": "MUG", "quantity": 10}, {"product": "BOWL", "quantity": 4}])
    assert lines(stocked) == [(PO, "MUG", 10, 0), (PO, "BOWL", 4, 0)]
    assert terms(stocked) == [("pending_goods_in", "goods_in", 14)]
    assert stocked.store.row("select kind, status from goods_in") == {"kind": "supplier", "status": "completed"}
    assert stocked.live_messages() == []
    assert stocked.exceptions() == []
    listed = worklists.entries(stocked.engine, worklists.WORKLISTS["received"])
    assert [(row["purchase_order"], row["sku"]) for row in listed] == [(PO, "MUG"), (PO, "BOWL")]


def test_the_same_again_late_and_out_of_order_changes_nothing(stocked: World) -> None:
    stocked.clarus.switch(webhook_repeat_rate=1.0, webhook_delay=(0.0, 0.1), webhook_shuffle=True)
    deliver(stocked)
    stocked.store.run(
        "insert into record_unread (record_id, received_at, connection, source)"
        " select id, received_at, connection, source from record where source = 'receipt'"
    )
    stocked.go()
    goods_in.sweep(stocked.runtime, "Main Site")
    stocked.go()
    assert lines(stocked) == [(PO, "MUG", 10, 0)]
    assert terms(stocked) == [("pending_goods_in", "goods_in", 10)]


def test_a_delivery_in_parts_grows(stocked: World) -> None:
    deliver(stocked, lines=[{"product": "MUG", "quantity": 10, "good": 4}])
    assert lines(stocked) == [(PO, "MUG", 4, 0)]
    assert stocked.store.row("select status from goods_in") == {"status": "receiving"}
    deliver(stocked, lines=[{"product": "MUG", "quantity": 6}])
    assert lines(stocked) == [(PO, "MUG", 10, 0)]
    assert terms(stocked) == [("pending_goods_in", "goods_in", 10)]
    assert stocked.store.row("select status from goods_in") == {"status": "completed"}


def test_goods_in_the_bay_are_received_and_not_good_yet(stocked: World) -> None:
    stocked.clarus.switch(floor=True, receive_seconds=0.0, putaway_seconds=3600.0)
    deliver(stocked, at_once=False, heard=False)
    stocked.until(lambda: stocked.clarus.books()["receipts"][0]["status"] != "PENDING")
    stocked.until(lambda: goods_in.sweep(stocked.runtime, "Main Site"))
    stocked.go()
    assert lines(stocked) == [(PO, "MUG", 10, 0)]
    assert terms(stocked) == [("pending_goods_in", "goods_in", 10)]
    stocked.clarus.switch(floor=True, putaway_seconds=0.0)
    stocked.until(lambda: stocked.clarus.books()["receipts"][0]["status"] == "COMPLETED")
    hear(stocked)
    assert lines(stocked) == [(PO, "MUG", 10, 0)]
    assert terms(stocked) == [("pending_goods_in", "goods_in", 10)]


def test_a_delivery_whose_webhooks_were_lost_is_found_by_the_sweep(stocked: World) -> None:
    stocked.clarus.switch(webhook_loss_rate=1.0)
    deliver(stocked)
    assert lines(stocked) == []
    assert goods_in.sweep(stocked.runtime, "Main Site") == 1
    stocked.go()
    assert lines(stocked) == [(PO, "MUG", 10, 0)]


def test_a_tenant_that_shows_no_lines_tells_them_by_webhook_and_else_a_person_is_told(stocked: World) -> None:
    stocked.clarus.switch(extra_fields=False)
    clarus: Any = stocked.runtime.account("leeds")
    clarus.client._extra._selections = None  # a schema is asked once by each process
    deliver(stocked)
    assert lines(stocked) == [(PO, "MUG", 10, 0)]
    stocked.clarus.switch(webhook_loss_rate=1.0)
    deliver(stocked, "PO-1002")
    goods_in.sweep(stocked.runtime, "Main Site")
    stocked.go()
    assert [row[0] for row in lines(stocked)] == [PO]
    assert stocked.exceptions() == ["receipt_without_lines"]
    assert "PO-1002" in stocked.exception("receipt_without_lines")["reason"]
    before = stocked.clarus.books()["calls"]
    assert goods_in.sweep(stocked.runtime, "Main Site") == 0
    after = stocked.clarus.books()["calls"]
    assert sum(after.values()) - sum(before.values()) <= 2  # what is over is not read again and again


def test_a_receipt_that_shows_none_of_its_lines_is_an_exception_until_they_are_known(stocked: World) -> None:
    deliver(stocked)
    row = stocked.store.row("select body from record where source = 'receipt' order by id desc limit 1")
    seen = json.loads(bytes(row["body"]))
    bare = {"goods_in_receipt": {**seen["goods_in_receipt"], "id": "777"}, "lines": [], "stocks": []}
    stocked.store.receive("leeds", "receipt", "bare", json.dumps(bare).encode())
    stocked.go()
    assert stocked.exceptions() == ["receipt_without_lines"]
    assert stocked.exception("receipt_without_lines")["subject"] == "receipt:leeds:777"
    seen["goods_in_receipt"]["id"] = "777"
    stocked.store.receive("leeds", "receipt", "whole", json.dumps(seen).encode())
    stocked.go()
    assert stocked.exceptions() == []


def test_what_the_floor_took_out_of_goods_in_again_is_not_received(stocked: World) -> None:
    deliver(stocked, lines=[{"product": "MUG", "quantity": 10, "good": 4}])
    assert lines(stocked) == [(PO, "MUG", 4, 0)]
    row = stocked.store.row("select body from record where source = 'receipt' order by id desc limit 1")
    less = json.loads(bytes(row["body"]))
    for line in less["lines"]:
        for task in line["tasks"]:
            task["confirmed_quantity"] = 3 if task["status"] == "COMPLETED" else task["confirmed_quantity"]
    stocked.store.receive("leeds", "receipt", "less", json.dumps(less).encode())
    stocked.go()
    assert lines(stocked) == [(PO, "MUG", 3, 0)]


def test_what_khaos_shows_books_the_oldest_purchase_order_first(stocked: World) -> None:
    deliver(stocked)
    deliver(stocked, "PO-1002", lines=[{"product": "MUG", "quantity": 5}])
    booked = stocked.store.row("select book_received('Main Site', 'MUG', 12, 'fleet', 'it shows') as n")
    assert booked == {"n": 12}
    assert lines(stocked) == [(PO, "MUG", 10, 10), ("PO-1002", "MUG", 5, 2)]
    assert terms(stocked) == [("pending_goods_in", "goods_in", 3)]
    assert stocked.store.row("select book_received('Main Site', 'MUG', 12, 'fleet', 'it shows') as n") == {"n": 3}
    assert stocked.store.row("select book_received('Main Site', 'MUG', 1, 'fleet', 'it shows') as n") == {"n": 0}
    assert terms(stocked) == []
    assert returns.received(stocked.store) == []
    assert [row["purchase_order"] for row in returns.received(stocked.store, PO)] == [PO]


def test_a_person_books_a_line_in_parts_and_never_more_than_came(stocked: World) -> None:
    deliver(stocked)
    number = returns.received(stocked.store)[0]["id"]
    assert stocked.store.row("select book_line(%s, 4, 'Anna B', 'by hand') as n", number) == {"n": 4}
    assert stocked.store.row("select book_line(%s, 100, 'Anna B', 'by hand') as n", number) == {"n": 6}
    assert stocked.store.row("select book_line(%s, 1, 'Anna B', 'by hand') as n", number) == {"n": 0}
    assert lines(stocked) == [(PO, "MUG", 10, 10)]
    row = stocked.store.row("select booked_by, booked_at is not null as dated from received_line")
    assert row == {"booked_by": "Anna B", "dated": True}
    assert terms(stocked) == []


def test_goods_that_nobody_books_are_finances_until_somebody_does(stocked: World) -> None:
    """A delivery note that was overwritten in the very moment of its booking is found so as well."""
    deliver(stocked, lines=[{"product": "MUG", "quantity": 10, "good": 4}])
    assert stocked.check() == 0
    late = "update expectation set due_at = now() where kind = 'goods_not_booked'"
    assert stocked.store.run(late) == 1
    stocked.check()
    told = stocked.exception("goods_not_booked")
    assert (told["owner"], told["story"]) == ("finance", "MUG")
    assert PO in told["reason"]
    number = returns.received(stocked.store)[0]["id"]
    stocked.store.run("select book_line(%s, 3, 'Anna B', 'by hand')", number)
    assert stocked.exceptions() == ["goods_not_booked"]
    stocked.store.run("select book_line(%s, 1, 'Anna B', 'by hand')", number)
    assert stocked.exceptions() == []
    assert stocked.store.run(late) == 0


def test_goods_that_were_counted_as_a_suppliers_stay_a_suppliers(stocked: World) -> None:
    order = stocked.order(("MUG", 1))
    deliver(stocked, order)  # before anybody knows the order: a purchase order of the same name
    assert stocked.store.row("select kind from goods_in") == {"kind": "supplier"}
    stocked.poll()
    stocked.round_trip()
    deliver(stocked, order, lines=[{"product": "MUG", "quantity": 1}])
    kinds = [row["kind"] for row in stocked.store.rows("select kind from goods_in order by their_id")]
    assert kinds == ["supplier", "return"]  # the second is another receipt, and the order is known by then
    assert [row[2] for row in lines(stocked)] == [10]


def test_goods_that_were_read_and_not_counted_yet_are_not_taken_for_booked(build: Callable[..., World]) -> None:
    world = build(stock="[stock]\nflush = 0.001\n")
    world.opening(MUG=5)
    deliver(world)
    assert lines(world) == [(PO, "MUG", 10, 0)]
    world.store.run("update recount set home = 'elsewhere'")  # the count is late
    world.store.run("select touch_levels('Main Site', array['MUG'])")
    world.flush()
    assert lines(world) == [(PO, "MUG", 10, 0)]
    assert world.levels("MUG") == {"Main Site": (5, 5)}
    world.store.run("update recount set home = 'Main Site'")
    world.hear()
    assert world.levels("MUG") == {"Main Site": (5, 5)}
    assert lines(world) == [(PO, "MUG", 10, 0)]


def test_a_delivery_is_not_for_sale_before_khaos_books_it_and_is_afterwards(build: Callable[..., World]) -> None:
    world = build(stock="[stock]\nflush = 0.001\n")
    world.opening(MUG=5)
    assert world.levels("MUG") == {"Main Site": (5, 5)}
    world.hear()  # where the movements begin
    deliver(world)
    world.hear()
    assert world.levels("MUG") == {"Main Site": (5, 5)}
    world.khaos.post("deliver", po=PO, site="Main Site", lines={"MUG": 10})
    world.store.run("select touch_levels('Main Site', array['MUG'])")
    world.flush()
    assert world.levels("MUG") == {"Main Site": (15, 15)}
    assert lines(world) == [(PO, "MUG", 10, 10)]
    assert terms(world) == []
