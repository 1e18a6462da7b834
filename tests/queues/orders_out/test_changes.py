"""Changes and cancellations of the queue ``orders-out``, and invoices that split, return or are re-issued."""

from __future__ import annotations

from typing import Any

import pytest

from fleet_tests.world import World
from workers.orders_out import polls


def asked(order: Any) -> dict[str, int]:
    return {sku: n["ordered"] for sku, n in order["lines"].items()}


def a_part_leaves(world: World, order: str, **units: int) -> None:
    """The warehouse sends an order in two parts, and has sent the first; nobody has swept since."""
    ((sku, first),) = units.items()
    world.clarus.switch(floor=True, pick_seconds=0.0, dispatch_seconds=1.0, two_goes=[f"{order}-1"])
    world.until(lambda: world.there()[0]["lines"][sku]["dispatched"] == first)
    world.clarus.switch(floor=False)


def one_of_three_leaves(world: World) -> tuple[str, str]:
    """Three are ordered and two there, of which one has left. The order, and its invoice that waits for stock."""
    world.poll()
    world.stock("SCARCE", units=2)
    order = world.order(("SCARCE", 3))
    waits = next(i["invoice"] for i in world.invoices(order) if i["stage"] == 18)
    world.poll()
    a_part_leaves(world, order, SCARCE=1)
    return order, waits


def test_a_cancellation_before_the_sending_withdraws_what_was_held(world: World) -> None:
    world.poll()
    world.stock("LATE")
    order = world.order(("LATE", 1))
    polls.poll_orders(world.runtime)
    world.go()
    world.khaos.post("cancel", order=order)
    polls.poll_orders(world.runtime)
    world.go()
    assert world.fulfilments(order) == [(f"{order}-1", "withdrawn")]
    world.poll()
    assert (world.there(), world.live_messages(), world.exceptions()) == ([], [], [])


@pytest.mark.parametrize("stage", ["PENDING", "ALLOCATED"])
def test_a_cancellation_after_the_sending_cancels_there_too(world: World, stage: str) -> None:
    order = world.order(("MUG", 1))
    world.poll()
    if stage != "PENDING":
        world.clarus.switch(floor=True, pick_seconds=0.01, dispatch_seconds=3600.0)
        world.until(lambda: world.there()[0]["status"] == "PICK")
        world.clarus.switch(floor=False)
    world.khaos.post("cancel", order=order)
    world.poll()
    assert world.live() == []
    assert [o["deleted"] for o in world.there()] == [stage == "PENDING"]
    assert world.fulfilments(order) == [(f"{order}-1", "cancelled")]
    world.sweep()
    assert (world.live_messages(), world.exceptions()) == ([], [])


def test_a_cancellation_without_an_answer_is_found_cancelled_when_it_is_said_again(world: World) -> None:
    order = world.order(("MUG", 1))
    world.poll()
    world.khaos.post("cancel", order=order)
    world.clarus.switch(effect_then_500_next={"cancel_goods_out": 1})
    world.poll()
    world.hurry()
    assert world.fulfilments(order) == [(f"{order}-1", "cancelled")]
    assert (world.live_messages(), world.exceptions()) == ([], [])


def test_goods_that_left_in_spite_of_a_cancellation_are_customer_services_exception(world: World) -> None:
    order = world.order(("MUG", 1))
    world.poll()
    world.ship()
    world.khaos.post("cancel", order=order)
    world.poll()
    assert "cancel_refused" in world.exceptions() or "shipped_after_cancel" in world.exceptions()
    world.sweep()
    found = world.exception("shipped_after_cancel")
    assert (found["owner"], found["severity"], found["story"]) == ("customer service", "critical", order)
    assert world.shipments(order) == []
    assert world.fulfilments(order) == [(f"{order}-1", "dispatched")]


def test_a_change_before_the_sending_sends_the_new_quantities_only(world: World) -> None:
    world.poll()
    world.stock("LATE")
    order = world.order(("LATE", 5))
    polls.poll_orders(world.runtime)
    world.go()
    world.khaos.post("edit", invoice=world.invoice(order), lines={"LATE": 3})
    polls.poll_orders(world.runtime)
    world.go()
    world.poll()
    assert [asked(o) for o in world.there()] == [{"LATE": 3}]
    assert [state for _, state in world.fulfilments(order)] == ["withdrawn", "sent"]


def test_a_change_after_the_sending_cancels_and_sends_again_only_after_the_proof(world: World) -> None:
    order = world.order(("MUG", 5))
    world.poll()
    world.khaos.post("edit", invoice=world.invoice(order), lines={"MUG": 3})
    world.clarus.switch(error_next=1)
    polls.poll_orders(world.runtime)
    world.go()
    assert world.fulfilments(order) == [(f"{order}-1", "cancelling")]
    world.poll()
    assert world.fulfilments(order) == [(f"{order}-1", "cancelling")], "nothing new before the cancellation is proven"
    world.hurry()
    world.poll()
    assert world.fulfilments(order) == [(f"{order}-1", "cancelled"), (f"{order}-2", "sent")]
    assert [(o["reference"], asked(o)) for o in world.live()] == [(f"{order}-2", {"MUG": 3})]


def test_a_change_after_the_goods_left_is_an_exception_and_nothing_is_sent(world: World) -> None:
    world.clarus.switch(webhook_loss_rate=1.0)
    order = world.order(("MUG", 5))
    world.poll()
    world.ship()
    world.khaos.post("edit", invoice=world.invoice(order), lines={"MUG": 3})
    world.poll()
    world.sweep()
    world.poll()
    assert world.exceptions() == ["cancel_refused", "changed_after_release"]
    assert len(world.there()) == 1


def test_goods_that_left_although_they_were_cancelled_are_not_sent_once_more(world: World) -> None:
    order = world.order(("MUG", 2))
    world.poll()
    world.store.run("update fulfilment set state = 'cancelled', shipped = '{\"MUG\": 1}' where order_code = %s", order)
    world.khaos.post("edit", invoice=world.invoice(order), lines={"MUG": 2})
    world.poll()
    assert world.fulfilments(order) == [(f"{order}-1", "cancelled")]
    assert "remainder_unmatched" in world.exceptions()


def test_an_order_put_on_hold_and_released_again_gets_a_new_number_after_the_proof(world: World) -> None:
    order = world.order(("MUG", 2))
    world.poll()
    for turn in (1, 2, 3):
        world.khaos.post("stage", invoice=world.invoice(order), stage=17)
        world.clarus.switch(error_next=1)
        world.poll()
        assert world.fulfilments(order)[-1] == (f"{order}-{turn}", "cancelling")
        world.khaos.post("stage", invoice=world.invoice(order), stage=9)
        world.poll()
        assert len(world.fulfilments(order)) == turn, "no new number before the cancellation is proven"
        world.hurry()
        world.poll()
        assert world.fulfilments(order)[-1] == (f"{order}-{turn + 1}", "sent")
        assert [o["reference"] for o in world.live()] == [f"{order}-{turn + 1}"]
    world.round_trip()
    assert world.fulfilments(order)[-1] == (f"{order}-4", "dispatched")
    assert (world.live_messages(), world.exceptions()) == ([], [])


def test_an_unsent_order_may_be_held_and_released_again_and_again(world: World) -> None:
    world.poll()
    world.stock("LATE")
    order = world.order(("LATE", 2))
    for turn in (1, 2, 3):
        polls.poll_orders(world.runtime)
        world.go()
        assert world.fulfilments(order)[-1] == (f"{order}-{turn}", "new")
        world.khaos.post("stage", invoice=world.invoice(order), stage=18)
        polls.poll_orders(world.runtime)
        world.go()
        assert world.fulfilments(order)[-1] == (f"{order}-{turn}", "withdrawn")
        world.khaos.post("stage", invoice=world.invoice(order), stage=9)
    world.poll()
    world.poll()
    assert [o["reference"] for o in world.there()] == [f"{order}-4"]


def test_a_reissued_invoice_code_is_flagged_and_never_sent(world: World) -> None:
    order = world.order(("MUG", 2))
    world.poll()
    world.khaos.post("recode", invoice=world.invoice(order))
    world.poll()
    assert world.exceptions() == ["invoice_recoded"]
    assert [o["reference"] for o in world.there()] == [f"{order}-1"]


def test_two_invoices_of_one_order_both_go(world: World) -> None:
    world.stock("SCARCE", units=2)
    order = world.order(("SCARCE", 5))
    world.poll()
    assert [asked(o) for o in world.live()] == [{"SCARCE": 2}]
    world.khaos.post("receive", code="SCARCE", quantity=10)
    world.poll()
    assert [(o["reference"], asked(o)) for o in world.live()] == [
        (f"{order}-1", {"SCARCE": 2}),
        (f"{order}-2", {"SCARCE": 3}),
    ]
    world.round_trip()
    assert [state for _, state in world.fulfilments(order)] == ["dispatched", "dispatched"]
    assert [i["stage"] for i in world.invoices(order)] == [70, 70]
    assert (world.live_messages(), world.exceptions()) == ([], [])


def test_the_rest_of_a_part_shipment_that_is_still_at_the_warehouse_is_adopted_and_not_sent_twice(world: World) -> None:
    order = world.order(("MUG", 6))
    world.poll()
    a_part_leaves(world, order, MUG=3)
    world.sweep()
    assert world.fulfilments(order) == [(f"{order}-1", "part_dispatched")]
    world.poll()
    world.read_back()
    world.poll()
    rest = next(i["invoice"] for i in world.invoices(order) if not i["shipments"])
    assert world.fulfilment(f"{order}-1")["invoice_code"] == rest
    awaited = "select due_at > now() + interval '59 minutes' as later from expectation where what = 'rest'"
    assert world.store.rows(awaited) == [{"later": True}]
    world.store.run("update expectation set due_at = now()")
    world.check()
    assert "the rest has not been dispatched in time" in world.exception("dispatch_overdue")["reason"]
    world.round_trip()
    world.poll()
    assert [o["reference"] for o in world.there()] == [f"{order}-1"]
    assert [s["lines"] for s in world.shipments(order)] == [{"MUG": 3}, {"MUG": 3}]
    assert world.fulfilments(order) == [(f"{order}-1", "dispatched")]
    assert (world.live_messages(), world.exceptions()) == ([], [])


@pytest.mark.parametrize("first", ["poll", "read_back"])
def test_a_part_shipment_goes_on_under_the_rest_that_was_split_off_and_not_under_what_waits_for_stock(
    world: World, first: str
) -> None:
    """Three are ordered and two there, which leave one by one: what waits for stock holds one as well."""
    order, waits = one_of_three_leaves(world)
    world.sweep()
    for step in (first, "poll", "read_back", "poll"):
        getattr(world, step)()
    rest = next(i["invoice"] for i in world.invoices(order) if i["stage"] == 9)
    assert world.fulfilment(f"{order}-1")["invoice_code"] == rest
    assert [(o["reference"], asked(o)) for o in world.live()] == [(f"{order}-1", {"SCARCE": 2})]
    world.round_trip()
    world.poll()
    assert {i["invoice"]: i["stage"] for i in world.invoices(order)}[waits] == 18
    world.khaos.post("receive", code="SCARCE", quantity=1)
    world.poll()
    assert world.fulfilment(f"{order}-2")["invoice_code"] == waits
    world.round_trip()
    assert [i["stage"] for i in world.invoices(order)] == [70, 70, 70]
    assert (world.live_messages(), world.exceptions()) == ([], [])


def test_the_rest_that_was_split_off_is_not_sent_again_when_it_has_left_before_the_next_poll(world: World) -> None:
    """Khaos Control has heard of the first part only, and shows the rest; one more waits for stock."""
    order, waits = one_of_three_leaves(world)
    world.sweep()
    world.store.run("update connection set shut_kind = 'throttled', shut_since = now() where name = 'khaos'")
    world.ship()
    world.sweep()
    assert world.fulfilments(order) == [(f"{order}-1", "dispatched")]
    world.store.run("update message set due_at = now() + interval '1 hour' where state = 'queued'")
    world.store.run("update connection set shut_kind = null, shut_since = null where name = 'khaos'")
    world.poll()
    assert [o["reference"] for o in world.there()] == [f"{order}-1"]
    world.read_back()
    world.store.run("update message set due_at = now()")
    world.go()
    world.read_back()
    assert {i["invoice"]: i["stage"] for i in world.invoices(order)}[waits] == 18
    assert [s["lines"] for s in world.shipments(order)] == [{"SCARCE": 1}, {"SCARCE": 1}]
    assert (world.fulfilments(order), world.exceptions()) == ([(f"{order}-1", "dispatched")], [])


def test_an_invoice_like_the_rest_of_a_part_shipment_is_sent_while_nobody_has_split_that(world: World) -> None:
    """Khaos Control has not heard yet that one of two left when the third becomes ready: all three are wanted."""
    order, _ = one_of_three_leaves(world)
    world.store.run("update connection set shut_kind = 'throttled', shut_since = now() where name = 'khaos'")
    world.sweep()
    world.store.run("update message set due_at = now() + interval '1 hour' where kind = 'shipment'")
    world.store.run("update connection set shut_kind = null, shut_since = null where name = 'khaos'")
    world.khaos.post("receive", code="SCARCE", quantity=1)
    world.poll()
    assert world.fulfilments(order)[0] == (f"{order}-1", "part_dispatched")
    assert [(o["reference"], asked(o)) for o in world.live()] == [
        (f"{order}-1", {"SCARCE": 2}),
        (f"{order}-2", {"SCARCE": 1}),
    ]


def test_what_says_that_an_invoice_has_no_place_is_closed_when_it_has_shipped_as_the_rest_of_a_part(
    world: World,
) -> None:
    """While it holds bowls as well, which nobody ordered, a person has them in hand; the rest of the mugs goes on."""
    order = world.order(("MUG", 6))
    world.poll()
    a_part_leaves(world, order, MUG=3)
    world.sweep()
    rest = next(i["invoice"] for i in world.invoices(order) if not i["shipments"])
    world.khaos.post("edit", invoice=rest, lines={"MUG": 3, "BOWL": 2})
    world.poll()
    world.read_back()
    assert world.fulfilment(f"{order}-1")["invoice_code"] == rest
    assert world.exceptions() == ["remainder_unmatched"]
    world.khaos.post("edit", invoice=rest, lines={"MUG": 3})
    world.round_trip()
    world.poll()
    assert (world.fulfilments(order), world.exceptions()) == ([(f"{order}-1", "dispatched")], [])


def test_an_order_that_ended_with_nothing_before_its_cancellation_came_is_cancelled(world: World) -> None:
    world.clarus.switch(webhook_loss_rate=1.0)
    order = world.order(("MUG", 2))
    world.poll()
    world.ship(short={f"{order}-1": 2})
    assert [one["status"] for one in world.there(f"{order}-1")] == ["COMPLETED"]
    world.khaos.post("cancel", order=order)
    world.poll()
    assert world.exceptions() == ["cancel_refused"]
    world.sweep()
    assert (world.fulfilments(order), world.exceptions()) == ([(f"{order}-1", "cancelled")], [])
    assert (world.live_messages(), world.check()) == ([], 0)


def test_no_goods_are_said_to_have_left_of_an_order_that_ended_with_nothing_and_is_cancelled_then(world: World) -> None:
    order = world.order(("MUG", 2))
    world.poll()
    world.ship(short={f"{order}-1": 2})
    world.sweep()
    assert (world.fulfilments(order), world.exceptions()) == ([(f"{order}-1", "closed_short")], ["short_pick"])
    world.khaos.post("cancel", order=order)
    world.poll()
    assert world.exceptions() == ["short_pick"]


def test_the_rest_of_an_order_closed_short_goes_as_a_new_fulfilment(world: World) -> None:
    order = world.order(("MUG", 6))
    world.poll()
    world.ship(short={f"{order}-1": 2})
    world.sweep()
    world.read_back()
    assert (world.fulfilments(order), world.exceptions()) == ([(f"{order}-1", "closed_short")], ["short_pick"])
    world.poll()
    assert [(o["reference"], asked(o)) for o in world.live()] == [
        (f"{order}-1", {"MUG": 6}),
        (f"{order}-2", {"MUG": 2}),
    ]
    world.round_trip()
    assert [s["lines"] for s in world.shipments(order)] == [{"MUG": 4}, {"MUG": 2}]
    assert world.fulfilments(order)[-1] == (f"{order}-2", "dispatched")
    assert (world.live_messages(), world.exceptions()) == ([], [])


@pytest.mark.parametrize("arrived", [True, False])
def test_an_order_cancelled_while_its_sending_is_in_doubt_ends_cancelled_and_is_not_sent_again(
    world: World, arrived: bool
) -> None:
    world.poll()
    order = world.order(("MUG", 1))
    fault = {"effect_then_500_next": {"create_goods_out": 1}} if arrived else {"error_next": 1}
    world.clarus.switch(**fault)
    world.poll()
    assert [(m["kind"], m["state"]) for m in world.live_messages()] == [("order", "waiting")]
    world.khaos.post("cancel", order=order)
    world.poll()
    assert [m["kind"] for m in world.live_messages()] == ["order", "cancel"]
    world.hurry()
    world.hurry()
    assert world.live() == []
    assert len(world.there()) == arrived
    assert world.fulfilments(order) == [(f"{order}-1", "cancelled")]
    assert (world.live_messages(), world.exceptions()) == ([], [])
