"""An order's obligations: what Khaos Control takes back, changes, hides or holds after release stays somebody's."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fleet_tests.world import sales_order
from workers.orders_out import polls
from workers.spine import reading
from workers.wiring.readers import reader_for


def read(world: Any) -> None:
    reading.read_inbox(world.runtime, lambda c, s: reader_for(world.runtime, c, s))


def poll_and_read(world: Any) -> None:
    """A poll, read before a worker comes to what it brings."""
    polls.poll_orders(world.runtime)
    read(world)


@pytest.fixture
def replacing(build_gxo: Callable[..., Any]) -> Any:
    gxo = build_gxo('changes = "replace"', switches={"steps": {"N": 100_000.0}})
    gxo.stock(MUG=20, BOWL=5)
    return gxo


def old_order(world: Any, *lines: tuple[str, int], days: int) -> str:
    when = (datetime.now(UTC) - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%S")
    text = sales_order(f"OLD{days}", list(lines))
    text = text.replace("</ASSOCIATED_REF>", f"</ASSOCIATED_REF><ORDER_DATE>{when}</ORDER_DATE>")
    return str(world.shop.import_orders(text).imported[0].order_code)


# a cancellation that waits


def test_a_cancellation_that_waits_for_a_shut_warehouse_is_carried_out_when_it_opens(world: Any) -> None:
    order = world.order(("MUG", 1))
    world.poll()
    world.store.run("update connection set shut_kind = 'suspect_release', shut_since = now() where name = 'leeds'")
    world.khaos.post("cancel", order=order)
    for _ in range(3):
        world.poll()
    assert [m["kind"] for m in world.live_messages()] == ["cancel"]
    world.store.run("update connection set shut_kind = null, shut_since = null where name = 'leeds'")
    world.poll()
    assert (world.live(), world.fulfilments(order)) == ([], [(f"{order}-1", "cancelled")])


def test_a_cancellation_that_no_worker_has_come_to_yet_outlives_the_next_poll(world: Any) -> None:
    order = world.order(("MUG", 1))
    world.poll()
    world.khaos.post("cancel", order=order)
    poll_and_read(world)
    poll_and_read(world)
    world.go()
    assert (world.live(), world.fulfilments(order)) == ([], [(f"{order}-1", "cancelled")])


def test_a_hold_that_follows_a_change_does_not_stop_the_cancellation(world: Any) -> None:
    order = world.order(("MUG", 3))
    world.poll()
    world.khaos.post("edit", invoice=world.invoice(order), lines={"MUG": 2})
    poll_and_read(world)
    world.khaos.post("stage", invoice=world.invoice(order), stage=17)
    poll_and_read(world)
    world.go()
    world.poll()
    assert (world.live(), world.fulfilments(order)) == ([], [(f"{order}-1", "cancelled")])


# what Khaos changes after release


def test_a_changed_order_that_never_ships_is_overdue(replacing: Any) -> None:
    world = replacing.world
    order = replacing.order(("MUG", 3))
    replacing.round(1)
    world.khaos.post("edit", invoice=world.invoice(order), lines={"MUG": 2})
    world.poll()
    replacing.round(3)
    assert [e["what"] for e in world.store.rows("select what from expectation where story = %s", order)] == ["dispatch"]


def test_quantities_that_go_to_and_fro_end_as_the_last_word_says(replacing: Any) -> None:
    world = replacing.world
    order = replacing.order(("MUG", 3))
    replacing.round(1)
    for units in (2, 3, 2, 3, 2):
        world.khaos.post("edit", invoice=world.invoice(order), lines={"MUG": units})
        for _ in range(2):
            world.poll()
        replacing.round(1)
        assert replacing.there(f"{order}-1")["lines"][0]["ordered"] == units


def test_an_order_that_is_held_and_released_again_and_again_is_sent_each_time(world: Any) -> None:
    order = world.order(("MUG", 1))
    world.poll()
    for round_ in range(2, 5):
        world.khaos.post("stage", invoice=world.invoice(order), stage=17)
        world.poll()
        assert world.live() == []
        world.khaos.post("stage", invoice=world.invoice(order), stage=9)
        world.poll()
        assert [o["reference"] for o in world.live()] == [f"{order}-{round_}"]


# what Khaos does not show


def test_a_ready_invoice_whose_order_is_not_returned_is_somebodys_until_it_comes(world: Any, monkeypatch: Any) -> None:
    world.poll()
    order = world.order(("MUG", 1))
    with monkeypatch.context() as hidden:
        hidden.setattr(type(world.runtime.erp), "fetch_orders", lambda _self, _codes: b"<SALES_ORDERS/>")
        world.poll()
        world.poll()
        assert [(e["kind"], e["story"]) for e in world.store.rows("select * from exception")] == [
            ("not_exported", order)
        ]
    world.poll()
    assert (world.fulfilments(order), world.exceptions()) == ([(f"{order}-1", "sent")], [])


def test_a_wanted_order_stays_wanted_while_the_reply_does_not_hold_it(world: Any, monkeypatch: Any) -> None:
    order = world.order(("MUG", 1))
    world.poll()
    world.store.run("select want_order('khaos', %s)", order)
    with monkeypatch.context() as hidden:
        hidden.setattr(type(world.runtime.erp), "fetch_orders", lambda _self, _codes: b"<SALES_ORDERS/>")
        world.poll()
        assert world.store.rows("select code from order_wanted") == [{"code": order}]
    world.poll()
    assert (world.store.rows("select code from order_wanted"), world.exceptions()) == ([], [])


def test_a_wanted_order_in_no_stage_that_is_watched_is_asked_for_by_its_code(world: Any) -> None:
    order = world.order(("MUG", 1))
    world.poll()
    world.khaos.post("stage", invoice=world.invoice(order), stage=12)
    world.store.run("select want_order('khaos', %s)", order)
    world.store.run("select want_order('khaos', 'NOWHERE')")
    world.poll()
    assert world.store.rows("select code from order_wanted") == [{"code": "NOWHERE"}]
    assert [world.exception("not_exported")["story"]] == ["NOWHERE"]


def test_an_invoice_that_vanishes_after_it_was_sent_is_somebodys(world: Any) -> None:
    order = world.order(("MUG", 1))
    world.poll()
    real = type(world.runtime.erp).fetch_status
    erp = type(world.runtime.erp)
    with pytest.MonkeyPatch.context() as hidden:
        hidden.setattr(erp, "fetch_status", lambda self, orders=(): b"<STATUS_LIST/>" if orders else real(self))
        world.poll_open()
        assert [world.exception("invoice_vanished")["story"]] == [order]
    world.poll_open()
    assert world.exceptions() == []


def test_goods_that_left_and_are_never_issued_are_somebodys_until_they_are(world: Any) -> None:
    world.khaos.switch(issue_after=999_999.0)
    order = world.order(("MUG", 1))
    world.poll()
    world.round_trip()
    world.store.run("update expectation set due_at = now() - interval '1 day'")
    world.check()
    assert [(e["kind"], e["story"]) for e in world.store.rows("select * from exception where state = 'open'")] == [
        ("never_issued", order)
    ]
    world.khaos.post("stage", invoice=world.invoice(order), stage=70)
    world.poll_open()
    assert (world.exceptions(), world.store.rows("select * from expectation")) == ([], [])


# old orders and old pages


def test_an_order_older_than_the_look_back_is_sent_when_it_is_released(world: Any) -> None:
    order = old_order(world, ("MUG", 1), days=400)
    world.poll()
    assert world.fulfilments(order) == [(f"{order}-1", "sent")]


def test_an_old_order_that_is_out_and_cancelled_is_cancelled_there(world: Any) -> None:
    order = old_order(world, ("MUG", 1), days=400)
    world.poll()
    world.khaos.post("cancel", order=order)
    world.poll_open()
    assert (world.live(), world.fulfilments(order)) == ([], [(f"{order}-1", "cancelled")])


def test_stock_that_an_old_order_holds_is_not_sold_again(world: Any) -> None:
    world.opening(MUG=10)
    order = old_order(world, ("MUG", 4), days=100)
    world.khaos.post("stage", invoice=world.invoice(order), stage=17)
    world.store.run("select touch_levels('Main Site', array['MUG'])")
    world.flush()
    assert world.levels("MUG")["Main Site"][1] == 6


def test_an_order_cancelled_before_its_page_was_stored_is_not_sent(world: Any, monkeypatch: Any) -> None:
    world.poll()
    victim = [world.order(("MUG", 1)) for _ in range(20)][-1]
    real = type(world.runtime.erp).fetch_orders
    first = [True]

    def fetch(self: Any, codes: Any) -> bytes:
        told: bytes = real(self, codes)
        if first:
            first.clear()
            world.khaos.post("cancel", order=victim, reason="the customer rang")
            holder = world.store.row("select holder from slot where connection = 'khaos' and lane = '*'")["holder"]
            world.store.run("select free_slots('khaos', %s)", holder)  # between two calls of the first poll
            other = threading.Thread(target=lambda: (polls.poll_orders(world.runtime), world.go()))
            other.start()
            other.join(60)
        return told

    monkeypatch.setattr(type(world.runtime.erp), "fetch_orders", fetch)
    polls.poll_orders(world.runtime)
    world.go()
    assert world.fulfilments(victim) == []


# what stands at the warehouse


def test_an_order_that_somebody_typed_in_at_the_warehouse_is_noticed_before_it_ships(world: Any) -> None:
    order = world.order(("MUG", 1))
    world.poll()
    wire = world.store.row(
        "select b.wire from message_body b join message_settled m on m.id = b.message_id where m.kind = 'order'"
    )["wire"]
    typed = world.runtime.warehouse("leeds").order_reads.client.create_goods_out(
        bytes(wire).replace(f"{order}-1".encode(), b"HAND-1")
    )
    world.sweep()
    world.sweep()
    assert [(e["kind"], e["story"]) for e in world.store.rows("select * from exception")] == [
        ("unknown_at_warehouse", "HAND-1")
    ]
    world.runtime.warehouse("leeds").order_reads.client.cancel_goods_out(typed)
    world.sweep()
    assert "unknown_at_warehouse" not in world.exceptions()


def test_an_order_in_a_building_that_is_not_served_here_is_no_strangers(world: Any) -> None:
    world.clarus.post("setup", warehouses=["HUL1"])
    order = world.order(("MUG", 1))
    world.poll()
    wire = world.store.row(
        "select b.wire from message_body b join message_settled m on m.id = b.message_id where m.kind = 'order'"
    )["wire"]
    client = world.runtime.warehouse("leeds").order_reads.client
    body = json.loads(bytes(wire).replace(f"{order}-1".encode(), b"HAND-2"))
    body["data"]["attributes"]["warehouse_id"] = int(client.reference_data()["warehouses"]["HUL1"])
    client.create_goods_out(json.dumps(body).encode())
    world.sweep()
    assert world.exceptions() == []


def test_an_order_that_is_mended_and_unreadable_again_in_the_same_way_is_somebodys_again(world: Any) -> None:
    order = world.order(("MUG", 1), country="ZZ")
    world.poll()
    assert world.exceptions() == ["bad_address"]
    world.khaos.post("edit", order=order, texts={"ICOUNTRY_CODE": "GB"})
    world.poll()
    assert world.exceptions() == []
    world.khaos.post("edit", order=order, texts={"ICOUNTRY_CODE": "ZZ"})
    world.poll_open()
    assert world.exceptions() == ["bad_address"]
