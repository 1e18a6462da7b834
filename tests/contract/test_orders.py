"""Orders to any warehouse: there once, refused with a reason, taken back only by proof."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fleet_tests.stage import Stage
from workers import recovery
from workers.orders_out import polls
from workers.sku_sync import polls as sku_sync_polls
from workers.spine.people import Person


def cancel(stage: Stage, order: str) -> None:
    """Khaos Control takes the order back, and the warehouse has answered."""
    stage.world.khaos.post("cancel", order=order)
    stage.world.poll()
    stage.settle()


def states(stage: Stage, order: str) -> list[str]:
    return [state for _, state in stage.world.fulfilments(order)]


def test_an_order_goes_out_ships_and_khaos_shows_it(stage: Stage) -> None:
    order = stage.order(("MUG", 2), ("BOWL", 1))
    stage.settle()
    assert stage.there(order) == [{"MUG": 2, "BOWL": 1}]
    stage.work()
    stage.hear()
    assert states(stage, order) == ["dispatched"]
    assert stage.world.fulfilment(f"{order}-1")["confirmed"]
    assert [s["lines"] for s in stage.world.shipments(order)] == [{"MUG": 2, "BOWL": 1}]
    assert (stage.world.live_messages(), stage.world.exceptions()) == ([], [])


@pytest.mark.parametrize("fault", ["lose_answer", "drop"])
def test_an_order_whose_sending_is_in_doubt_is_there_once(stage: Stage, fault: str) -> None:
    getattr(stage, fault)()
    order = stage.order(("MUG", 2))
    assert [m["state"] for m in stage.world.live_messages()] == ["waiting"]
    stage.settle()
    stage.world.hurry()
    stage.world.poll()
    stage.settle()
    assert stage.there(order) == [{"MUG": 2}]
    stage.work()
    stage.hear()
    stage.hear()
    assert (stage.twice(), states(stage, order)) == (0, ["dispatched"])
    assert [s["lines"] for s in stage.world.shipments(order)] == [{"MUG": 2}]
    assert (stage.world.live_messages(), stage.world.exceptions()) == ([], [])


def test_polling_again_and_again_sends_nothing_twice(stage: Stage) -> None:
    order = stage.order(("MUG", 2))
    for _ in range(3):
        stage.world.poll()
    polls.poll_open_orders(stage.world.runtime)
    stage.world.go()
    stage.settle()
    assert (stage.there(order), stage.twice()) == ([{"MUG": 2}], 0)


def test_an_unconfirmed_sku_holds_its_order_which_goes_by_itself_when_it_is_confirmed(stage: Stage) -> None:
    world = stage.world
    world.stock("LATE")
    order = world.order(("MUG", 1), ("LATE", 1))
    polls.poll_orders(world.runtime)
    world.go()
    stage.settle()
    assert [m["state"] for m in world.live_messages() if m["kind"] == "order"] == ["held"]
    assert stage.there(order) == []
    world.store.run("update gate set changed_at = now() - interval '1 hour'")
    sku_sync_polls.poll_asked(world.runtime)
    world.go()
    stage.settle()
    stage.settle()
    assert stage.there(order) == [{"MUG": 1, "LATE": 1}]
    assert states(stage, order) == ["sent"]
    assert "sku_unconfirmed" not in world.exceptions()


def test_a_refused_product_is_merchandisings_and_holds_its_order_until_it_is_taken(stage: Stage) -> None:
    world = stage.world
    stage.refuse(sku="LATE")
    world.stock("LATE")
    order = world.order(("LATE", 1))
    world.poll()
    stage.settle()
    found = world.exception("sku_refused")
    assert (found["owner"], found["story"]) == ("merchandising", "LATE")
    assert stage.there(order) == []
    stage.refuse()
    recovery.retry(world.store, found["id"], Person("Mo"))
    world.go()
    stage.settle()
    stage.settle()
    assert stage.there(order) == [{"LATE": 1}]
    assert "sku_refused" not in world.exceptions()


def test_a_refused_order_is_operations_exception_and_a_retry_sends_it_once(stage: Stage) -> None:
    world = stage.world
    order = str(world.order(("MUG", 1)))
    stage.refuse(order=order)
    world.poll()
    stage.settle()
    found = world.exception("refused_by_warehouse")
    assert (found["owner"], found["story"], world.exceptions()) == ("operations", order, ["refused_by_warehouse"])
    assert (stage.there(order), states(stage, order)) == ([], ["new"])
    stage.refuse()
    recovery.retry(world.store, found["id"], Person("Mo"))
    world.go()
    stage.settle()
    assert stage.there(order) == [{"MUG": 1}]
    stage.work()
    stage.hear()
    assert (states(stage, order), stage.twice(), world.exceptions()) == (["dispatched"], 0, [])


def test_a_cancellation_in_time_is_proven(stage: Stage) -> None:
    order = stage.order(("MUG", 1))
    stage.settle()
    cancel(stage, order)
    assert (stage.there(order), states(stage, order)) == ([], ["cancelled"])
    stage.hear()
    assert (stage.world.live_messages(), stage.world.exceptions()) == ([], [])


def test_a_cancellation_before_the_sending_says_nothing_to_the_warehouse(stage: Stage) -> None:
    world = stage.world
    world.stock("LATE")
    order = str(world.order(("LATE", 1)))
    polls.poll_orders(world.runtime)
    world.go()
    world.khaos.post("cancel", order=order)
    polls.poll_orders(world.runtime)
    world.go()
    stage.settle()
    assert (stage.there(order), states(stage, order)) == ([], ["withdrawn"])
    assert not {"cancel_refused", "sku_unconfirmed"} & set(world.exceptions())


def test_a_cancellation_whose_answer_is_lost_is_proven_when_it_is_said_again(stage: Stage) -> None:
    order = stage.order(("MUG", 1))
    stage.settle()
    stage.lose_answer()
    cancel(stage, order)
    stage.world.hurry()
    stage.settle()
    assert (stage.there(order), states(stage, order)) == ([], ["cancelled"])
    assert (stage.world.live_messages(), stage.world.exceptions()) == ([], [])


def test_a_changed_order_goes_again_under_a_new_number_once_the_old_one_is_proven_cancelled(stage: Stage) -> None:
    world = stage.world
    order = stage.order(("MUG", 5))
    stage.settle()
    stage.drop()
    world.khaos.post("edit", invoice=world.invoice(order), lines={"MUG": 3})
    world.poll()
    world.poll()
    assert states(stage, order) == ["cancelling"], "nothing new before the cancellation is proven"
    world.hurry()
    stage.settle()
    world.poll()
    stage.settle()
    assert states(stage, order) == ["cancelled", "sent"]
    assert stage.there(order) == [{"MUG": 3}]
    stage.work()
    stage.hear()
    assert states(stage, order) == ["cancelled", "dispatched"]
    assert (world.live_messages(), world.exceptions()) == ([], [])


def test_a_cancellation_that_is_too_late_is_customer_services_and_so_are_the_goods_that_left(stage: Stage) -> None:
    world = stage.world
    order = stage.order(("MUG", 1))
    stage.settle()
    stage.begin()
    cancel(stage, order)
    assert "cancel_refused" in world.exceptions() or "shipped_after_cancel" in world.exceptions()
    stage.work()
    stage.hear()
    found = world.exception("shipped_after_cancel")
    assert (found["owner"], found["severity"], found["story"]) == ("customer service", "critical", order)
    assert (world.shipments(order), states(stage, order)) == ([], ["dispatched"])


@pytest.mark.parametrize("longest", [60.0])
def test_a_warehouse_that_is_down_shuts_its_gate_and_nothing_is_lost(
    open_stage: Callable[..., Stage], longest: float
) -> None:
    stage = open_stage()
    stage.stock(MUG=20)
    world, name = stage.world, stage.connection
    stage.away(longest)
    orders = [stage.order(("MUG", 1)) for _ in range(6)]
    for _ in range(6):
        world.store.run("update message set due_at = now() where state = 'waiting'")
        world.go()
    shut = world.store.row("select shut_kind from connection where name = %s", name)
    assert shut["shut_kind"] == "unavailable"
    assert world.exceptions() == ["connection_shut"]
    assert [stage.there(order) for order in orders] == [[]] * 6
    stage.away(0)
    world.store.run("update connection set probe_at = now(), opened_at = null where name = %s", name)
    world.go()
    world.store.run("update connection set opened_at = now() - interval '1 minute' where name = %s", name)
    world.hurry()
    stage.settle()
    assert [stage.there(order) for order in orders] == [[{"MUG": 1}]] * 6
    assert (world.exceptions(), stage.twice()) == ([], 0)
