"""The queue ``dispatch-in``: what left the warehouse is in Khaos Control once, or is an exception."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from adapters.clarus.settings import Settings
from fleet_tests.world import World
from workers import recovery
from workers.cases.tables import wanted_row
from workers.dispatch_in import polls
from workers.ports.events import Delivery, Refusal
from workers.spine import gates
from workers.spine.people import Person
from workers.spine.runtime import Runtime


def told(world: World) -> None:
    """Every webhook that the warehouse sent has come."""
    counts = world.clarus.books()["webhooks"]
    world.until(lambda: (c := world.clarus.books()["webhooks"])["delivered"] + c["given_up"] >= (
        c["fired"] - c["lost"] + c["repeated"]))  # fmt: skip
    assert counts["given_up"] == 0


def test_a_webhook_brings_the_dispatch_and_khaos_is_told_of_carrier_and_tracking(world: World) -> None:
    order = world.order(("MUG", 2))
    world.poll()
    world.ship(parcels={f"{order}-1": 2})
    told(world)
    world.go()
    shipments = world.shipments(order)
    assert [(s["reference"], s["lines"], s["calls"]) for s in shipments] == [(f"{order}-1/S1", {"MUG": 2}, 1)]
    tracking = [parcel["tracking"] for parcel in world.there()[0]["parcels"]]
    assert len(tracking) == 2
    assert tracking[0] in shipments[0]["consignment"]
    assert shipments[0]["courier"] in ("Royal Mail", "DPD")


def test_it_is_delivered_only_when_khaos_shows_it(world: World) -> None:
    order = world.order(("MUG", 2))
    world.poll()
    world.ship()
    world.sweep()
    assert [(m["reference"], m["state"]) for m in world.live_messages()] == [(f"{order}-1/S1", "sent")]
    assert not world.fulfilment(f"{order}-1")["confirmed"]
    assert world.read_back() == 1
    assert world.live_messages() == []
    assert world.fulfilment(f"{order}-1")["confirmed"]


def test_what_khaos_does_not_show_in_time_is_an_exception_that_closes_when_it_does(build: Callable[..., World]) -> None:
    world = build(proof_limit=0.001)
    order = world.order(("MUG", 2))
    world.poll()
    world.ship()
    world.sweep()
    world.khaos.post("stage", invoice=world.invoice(order), stage=18)
    assert world.read_back() == 0
    assert world.exceptions() == ["dispatch_unconfirmed"]
    world.khaos.post("stage", invoice=world.invoice(order), stage=70)
    assert world.read_back() == 1
    assert (world.exceptions(), world.live_messages()) == ([], [])


def test_sixty_shipments_are_proven_by_two_calls(world: World) -> None:
    orders = [world.order(("MUG", 1)) for _ in range(60)]
    world.poll()
    world.ship()
    world.sweep()
    before = world.khaos.calls("ExportOrderStatusEx")
    assert world.read_back() == 60
    assert world.khaos.calls("ExportOrderStatusEx") - before == 2
    assert world.khaos.calls("ConfirmShipment") == 60
    assert {world.fulfilments(order)[0][1] for order in orders} == {"dispatched"}
    assert world.khaos.books()["over_concurrency"] == 0


def test_a_lost_webhook_is_found_by_the_sweep(world: World) -> None:
    world.clarus.switch(webhook_loss_rate=1.0)
    order = world.order(("MUG", 2))
    world.poll()
    world.ship()
    world.go()
    assert world.shipments(order) == []
    assert world.sweep() == 1
    world.read_back()
    assert world.fulfilments(order) == [(f"{order}-1", "dispatched")]
    assert world.sweep() == 0


def test_repeated_late_and_shuffled_webhooks_change_nothing(world: World) -> None:
    world.clarus.switch(webhook_repeat_rate=1.0, webhook_shuffle=True, webhook_delay=(0.0, 0.2))
    orders = [world.order(("MUG", 4)) for _ in range(4)]
    world.poll()
    world.ship(two_goes=[f"{order}-1" for order in orders])
    told(world)
    world.go()
    world.read_back()
    world.poll()
    told(world)
    world.sweep()
    world.read_back()
    for order in orders:
        assert sum(s["lines"]["MUG"] for s in world.shipments(order)) == 4
        assert world.fulfilments(order) == [(f"{order}-1", "dispatched")]
    assert (world.exceptions(), world.live_messages()) == ([], [])


def test_an_old_webhook_said_again_after_everything_is_over_changes_nothing(world: World) -> None:
    order = world.order(("MUG", 2))
    world.poll()
    world.round_trip()
    world.poll()
    before = (world.khaos.books()["invoices"], world.fulfilments(order))
    body = b'{"data": {"id": %d, "reference": "%s-1"}}' % (int(world.there()[0]["id"]), order.encode())
    assert world.store.receive("leeds", "webhook goods_out.completed", "late", body) is not None
    world.go()
    assert (world.khaos.books()["invoices"], world.fulfilments(order)) == before
    assert (world.exceptions(), world.live_messages()) == ([], [])


def test_a_webhook_with_a_wrong_token_is_no_news(world: World) -> None:
    settings: Settings = world.runtime.connection("leeds").settings
    events = world.runtime.warehouse("leeds").events
    headers = {"x-claruswms-subdomain": "acme", "x-claruswms-automation-id": "41"}
    event = "goods_out.completed"
    assert events.refuse_caller(Delivery(settings.webhook_token, event, headers)) is None
    assert events.refuse_caller(Delivery("guessed", event, headers)) is Refusal.TOKEN
    assert events.refuse_caller(Delivery(settings.webhook_token, event, {})) is Refusal.HEADERS


def test_more_shipped_than_ordered_is_an_exception_and_khaos_is_not_told(world: World) -> None:
    order = world.order(("MUG", 2))
    world.poll()
    world.ship(over={f"{order}-1": 3})
    world.sweep()
    found = world.exception("over_shipped")
    assert (found["story"], "MUG: 5 left, 2 ordered" in found["reason"]) == (order, True)
    assert world.shipments(order) == []


def test_a_short_pick_is_an_exception_and_what_left_is_confirmed(world: World) -> None:
    order = world.order(("MUG", 5), ("BOWL", 1))
    world.poll()
    world.ship(short={"sku:MUG": 2})
    world.sweep()
    world.read_back()
    assert world.fulfilments(order) == [(f"{order}-1", "closed_short")]
    assert "MUG: 2 missing" in world.exception("short_pick")["reason"]
    assert [s["lines"] for s in world.shipments(order)] == [{"MUG": 3, "BOWL": 1}]


def test_an_unknown_carrier_is_an_exception_and_goes_when_the_table_has_it(world: World) -> None:
    order = world.order(("MUG", 1))
    world.poll()
    world.ship(unknown_carrier={f"{order}-1": "PIGEON"})
    world.sweep()
    found = world.exception("unknown_carrier")
    assert str(wanted_row(found["reason"])) == "carriers.clarus 'PIGEON'"  # so the desk offers to put it
    assert world.shipments(order) == []
    configuration = world.runtime.configuration.model_copy(update={"tables": {"carriers": {"clarus": {"PIGEON": "P"}}}})
    mended = Runtime(configuration)
    world.runtime.warehouses["leeds"] = mended.warehouse("leeds")
    recovery.retry(world.store, found["id"], Person("Mo"))
    world.go()
    assert [s["courier"] for s in world.shipments(order)] == ["P"]
    world.read_back()
    assert (world.exceptions(), world.live_messages()) == ([], [])


def test_a_dispatch_of_an_order_that_nobody_sent_is_an_exception(world: World) -> None:
    order = world.order(("MUG", 1))
    world.poll()
    wire = world.store.row("select wire from message_body order by message_id desc limit 1")["wire"]
    world.runtime.warehouse("leeds").orders.send_order(bytes(wire).replace(f'"{order}-1"'.encode(), b'"STRANGER-1"'))
    world.ship()
    told(world)
    world.go()
    found = world.exception("dispatch_unknown_order")
    assert (found["owner"], "STRANGER-1" in found["reason"]) == ("operations", True)
    world.sweep()
    world.read_back()
    assert world.fulfilments(order) == [(f"{order}-1", "dispatched")]


def test_a_status_that_no_table_knows_is_an_exception(world: World) -> None:
    order = world.order(("MUG", 1))
    world.poll()
    body = next(iter(world.runtime.warehouse("leeds").order_reads.fetch_orders(
        [(world.there()[0]["id"], f"{order}-1")], world.runtime.facts("leeds")).values()))  # fmt: skip
    strange = body.replace(b'"PENDING"', b'"TELEPORTED"')
    assert world.store.receive("leeds", "order", "strange", strange) is not None
    world.go()
    found = world.exception("unknown_status")
    assert ("TELEPORTED" in found["reason"], found["owner"]) == (True, "support")


def test_an_order_that_the_warehouse_cancelled_by_itself_is_an_exception(world: World) -> None:
    world.order(("MUG", 1))
    world.poll()
    world.runtime.warehouse("leeds").orders.cancel_order(world.there()[0]["id"], b"cancel")
    world.sweep()
    assert world.exceptions() == ["cancelled_at_warehouse"]


def test_a_warehouse_says_nothing_of_another_warehouses_order(world: World) -> None:
    order = world.order(("MUG", 1))
    world.poll()
    world.runtime.warehouse("leeds").orders.cancel_order(world.there()[0]["id"], b"cancel")
    world.store.run("update fulfilment set warehouse = 'york' where reference = %s", f"{order}-1")
    world.sweep()
    assert "cancelled_at_warehouse" not in world.exceptions()


def test_khaos_dropping_its_answer_after_the_commit_confirms_the_shipment_once(world: World) -> None:
    order = world.order(("MUG", 1))
    world.poll()
    world.ship()
    world.khaos.switch(drop_after_commit={"ConfirmShipment": 2})
    world.sweep()
    for _ in range(2):
        assert [m["state"] for m in world.live_messages()] == ["waiting"]
        world.hurry()
    world.read_back()
    assert [(s["lines"], s["calls"]) for s in world.shipments(order)] == [({"MUG": 1}, 3)]
    assert world.fulfilment(f"{order}-1")["confirmed"]
    assert (world.exceptions(), world.live_messages()) == ([], [])


def test_without_a_route_dispatches_wait_as_exceptions_and_go_after_a_retry(build: Callable[..., World]) -> None:
    world = build(khaos_more="")
    order = world.order(("MUG", 1))
    world.poll()
    world.ship()
    world.sweep()
    assert world.exceptions() == ["dispatch_route_missing"]
    assert world.shipments(order) == []
    erp = world.runtime.configuration.erp
    bound = erp.settings.model_copy(update={"extensions": type(erp.settings.extensions)(confirm_shipment={})})
    connections = {**world.runtime.configuration.connections, "khaos": erp.model_copy(update={"settings": bound})}
    configuration = world.runtime.configuration.model_copy(update={"connections": connections})
    world.runtime.erp = Runtime(configuration).erp
    recovery.retry(world.store, world.exception("dispatch_route_missing")["id"], Person("Mo"))
    world.go()
    world.read_back()
    assert len(world.shipments(order)) == 1
    assert (world.exceptions(), world.live_messages()) == ([], [])


def test_a_dispatch_that_does_not_come_is_an_exception_that_its_coming_closes(build: Callable[..., World]) -> None:
    world = build(dispatch_limit=0.001)
    order = world.order(("MUG", 1))
    world.poll()
    assert world.check() == 1
    assert (world.exceptions(), world.check()) == (["dispatch_overdue"], 0)
    world.round_trip()
    assert (world.exceptions(), world.fulfilments(order)) == ([], [(f"{order}-1", "dispatched")])


@pytest.mark.parametrize("fault", [{"html_error": 1}, {"truncate": 1}, {"drop_after_commit": {"ConfirmShipment": 1}}])
def test_a_bad_day_at_khaos_confirms_once_all_the_same(world: World, fault: dict[str, Any]) -> None:
    order = world.order(("MUG", 1))
    world.poll()
    world.ship()
    world.khaos.switch(**fault)
    world.sweep()
    world.hurry()
    world.read_back()
    assert [s["reference"] for s in world.shipments(order)] == [f"{order}-1/S1"]
    assert (world.exceptions(), world.live_messages()) == ([], [])


def test_while_khaos_is_updated_its_gate_shuts_and_no_dispatch_is_judged(world: World) -> None:
    orders = [world.order(("MUG", 1)) for _ in range(6)]
    world.poll()
    world.ship()
    world.khaos.switch(being_updated=True)
    world.sweep()
    for _ in range(3):
        world.hurry()
    row = world.store.row("select shut_kind from connection where name = 'khaos'")
    assert (row, world.exceptions()) == ({"shut_kind": "unavailable"}, ["connection_shut"])
    world.khaos.switch(being_updated=False)
    assert gates.open_connection(world.runtime.store, "khaos")
    world.hurry()
    world.read_back()
    assert [len(world.shipments(order)) for order in orders] == [1] * 6
    assert (world.exceptions(), world.live_messages()) == ([], [])


def test_the_day_of_dispatch_is_the_merchants_at_half_past_midnight_in_july(world: World) -> None:
    order = world.order(("MUG", 1))
    world.poll()
    world.ship()
    world.store.run("delete from record_unread")
    world.store.run("delete from message where kind = 'reread'")
    polls.sweep(world.runtime, "leeds")
    night = "2026-06-30 23:30:00+00"  # 00:30 on 1 July in London
    world.store.run(
        "update record set received_at = %s where id in (select record_id from record_unread where source = 'order')",
        night,
    )
    world.store.run("update record_unread set received_at = %s where source = 'order'", night)
    world.go()
    row = world.store.row(
        "select b.body->>'dispatched_on' as day from message m join message_body b on b.message_id = m.id"
        " where m.reference = %s",
        f"{order}-1/S1",
    )
    assert row == {"day": "2026-07-01"}
