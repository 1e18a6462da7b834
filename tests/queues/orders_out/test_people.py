"""What people do about an order's exceptions: it ends only what it names, and what they did can be read afterwards."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from workers import recovery
from workers.orders_out import polls
from workers.spine.people import CannotDo, Person

SAM = Person("Sam")


@pytest.fixture
def alarmed(build: Callable[..., Any]) -> Any:
    """An order that waits for a SKU, and the alarm that it waits too long."""
    world = build()
    world.poll()
    world.stock("LATE")
    world.first = world.order(("LATE", 1))
    polls.poll_orders(world.runtime)
    world.go()
    world.store.run("update expectation set due_at = now() - interval '1 s'")
    world.check()
    return world


def body(world: Any, found: Any) -> dict[str, Any]:
    told: dict[str, Any] = world.store.row("select body from message_body where message_id = %s", found["message_id"])[
        "body"
    ]
    return told


def test_dismissing_the_alarm_leaves_the_order_which_goes_by_itself(alarmed: Any) -> None:
    found = alarmed.exception("sku_unconfirmed")
    assert recovery.order_of(alarmed.store, found["id"]) == (f"{alarmed.first}-1", False)
    recovery.dismiss(alarmed.store, found["id"], SAM, "merchandising knows")
    alarmed.poll()
    alarmed.poll()
    assert [o["reference"] for o in alarmed.live()] == [f"{alarmed.first}-1"]


def test_what_an_order_still_waits_for_is_told_again_after_its_alarm_was_dismissed(build: Callable[..., Any]) -> None:
    world = build()
    world.poll()
    world.stock("MUG")
    order = world.order(("MUG", 1))
    world.poll()
    world.poll()
    assert world.fulfilments(order) == [(f"{order}-1", "sent")]
    world.store.run("update expectation set due_at = now() - interval '1 s'")
    assert (world.check(), world.exceptions()) == (1, ["dispatch_overdue"])
    recovery.dismiss(world.store, world.exception("dispatch_overdue")["id"], SAM, "they say that it goes on Monday")
    assert (world.check(), world.exceptions()) == (0, [])
    note = world.store.row("select note from timeline where step = 'dismissed'")["note"]
    assert "told again if it has not come by" in note
    world.store.run("update expectation set due_at = due_at - interval '3 days'")
    assert (world.check(), world.exceptions()) == (1, ["dispatch_overdue"])


def test_dismissing_the_alarm_ends_the_order_where_that_is_said(alarmed: Any) -> None:
    found = alarmed.exception("sku_unconfirmed")
    recovery.dismiss(alarmed.store, found["id"], SAM, "sold out for good", end_order=True)
    alarmed.poll()
    alarmed.poll()
    assert (alarmed.live(), alarmed.fulfilments(alarmed.first)) == ([], [(f"{alarmed.first}-1", "flagged")])
    note = alarmed.store.row("select note from timeline where step = 'dismissed' and note like '%%held%%'")["note"]
    assert "held -> dismissed" in note


def test_retrying_the_alarm_leaves_the_order_waiting_for_its_sku(alarmed: Any) -> None:
    recovery.retry(alarmed.store, alarmed.exception("sku_unconfirmed")["id"], SAM)
    alarmed.go()
    assert [m["state"] for m in alarmed.live_messages()] == ["held"]
    alarmed.poll()
    alarmed.poll()
    assert len(alarmed.live()) == 1


def test_an_edit_that_is_no_order_is_refused_and_nothing_is_stored(alarmed: Any) -> None:
    found = alarmed.exception("sku_unconfirmed")
    was = body(alarmed, found)
    slips = [
        {("linez" if name == "lines" else name): value for name, value in was.items()},
        {**was, "lines": [{"sku": "LATE", "quantity": "many"}]},
        {**was, "reference": "SOMETHING-ELSE"},
    ]
    for slip in slips:
        with pytest.raises(CannotDo):
            recovery.retry(alarmed.store, found["id"], SAM, body=slip)
    assert body(alarmed, found) == was
    assert [m["state"] for m in alarmed.live_messages()] == ["held"]


def test_no_refusal_of_an_edit_repeats_what_a_customer_wrote(alarmed: Any) -> None:
    found = alarmed.exception("sku_unconfirmed")
    slip = {**body(alarmed, found), "address": "12 Secret Lane"}
    with pytest.raises(CannotDo) as refused:
        recovery.retry(alarmed.store, found["id"], SAM, body=slip)
    assert "Secret" not in str(refused.value)
    assert "address" in str(refused.value)


def test_an_edit_is_sent_and_keeps_what_was_there_before_and_who_did_it(alarmed: Any) -> None:
    found = alarmed.exception("sku_unconfirmed")
    was = body(alarmed, found)
    lines = [{**was["lines"][0], "sku": "MUG", "quantity": 2}]
    recovery.retry(alarmed.store, found["id"], SAM, body={**was, "lines": lines})
    alarmed.go()
    assert [{sku: n["ordered"] for sku, n in o["lines"].items()} for o in alarmed.live()] == [{"MUG": 2}]
    assert alarmed.fulfilment(f"{alarmed.first}-1")["requested"] == {"MUG": 2}
    kept = alarmed.store.row("select * from message_edit")
    assert (kept["before"]["lines"], kept["after"]["lines"], kept["who"]) == (was["lines"], lines, "Sam")
    step = alarmed.store.row("select * from timeline where step = 'edited and retried'")
    assert (step["who"], step["os_user"]) == ("Sam", getpass.getuser())
    assert "lines.0.quantity" in step["note"]


def test_who_looked_at_customers_data_is_written_down(alarmed: Any) -> None:
    recovery.looked(alarmed.store, alarmed.exception("sku_unconfirmed")["id"], SAM)
    assert alarmed.store.row("select who from timeline where step = 'body shown'") == {"who": "Sam"}


@pytest.mark.parametrize("change", ["update timeline set note = 'x'", "delete from timeline"])
def test_the_timeline_is_added_to_and_not_changed(alarmed: Any, change: str) -> None:
    with pytest.raises(psycopg.errors.RaiseException, match="only added to"):
        alarmed.store.run(change)
