"""A connection that the ledger sees for the first time is shut until a person has it go live."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from fleet_tests.world import World
from workers.going_live import going
from workers.orders_out import polls
from workers.spine import alarms, expectations, gates, live
from workers.spine.polling import Busy
from workers.wiring import schedules


@pytest.fixture
def new(build: Callable[..., World]) -> World:
    """A world of which the ledger has just heard."""
    return build(live=False)


def test_nothing_is_asked_of_a_new_connection_and_nothing_is_sent_to_it(new: World) -> None:
    new.order(("MUG", 1))
    with pytest.raises(Busy):
        polls.poll_orders(new.runtime)
    live.set_live(new.store, ["khaos"], "Sam")
    new.poll()
    for _ in range(3):
        new.store.run("update connection set probe_at = now() - interval '1 minute'")
        new.go()
    assert new.there() == []
    assert [m["kind"] for m in new.live_messages()].count("order") == 1
    assert new.store.row("select shut_kind from connection where name = 'leeds'") == {"shut_kind": "not_live"}


def test_a_new_connection_is_an_exception_that_calls_nobody_and_closes_when_it_goes_live(new: World) -> None:
    new.go()
    assert new.exceptions() == ["not_live", "not_live"]
    assert alarms.send_alerts(new.runtime) == 0
    assert live.set_live(new.store, ["khaos", "leeds"], "Sam") == ["khaos", "leeds"]
    new.go()
    assert new.exceptions() == []
    assert new.exception("not_live")["closed_by"] == "Sam"
    assert live.set_live(new.store, ["khaos", "leeds"], "Sam") == []


def test_what_waited_for_it_goes_when_it_goes_live(new: World) -> None:
    live.set_live(new.store, ["khaos"], "Sam")
    order = new.order(("MUG", 1))
    new.poll()
    live.set_live(new.store, ["leeds"], "Sam")
    new.go()
    assert [one["reference"] for one in new.live()] == [f"{order}-1"]


def test_an_order_that_waits_for_its_skus_is_overdue_only_once_its_warehouse_is_live(new: World) -> None:
    limit = new.runtime.configuration.fleet.limits.sku_confirmed
    live.set_live(new.store, ["khaos"], "Sam")
    new.order(("MUG", 1))
    polls.poll_orders(new.runtime)
    new.go()
    new.store.run("update expectation set due_at = now() - interval '1 hour' where what = 'sku_confirmed'")
    assert expectations.check(new.runtime) == 0
    going.go_live(new.runtime, going.Wish("leeds", "Sam", datetime.now(UTC)))
    row = new.store.row(
        "select bool_and(due_at > now() + make_interval(secs => %s - 60)) as later, count(*) as n from expectation"
        " where what = 'sku_confirmed'",
        limit,
    )
    assert row == {"later": True, "n": 1}


def test_opening_a_gate_by_hand_does_not_make_a_new_connection_live(new: World) -> None:
    assert not gates.open_connection(new.runtime.store, "leeds")
    assert not live.is_live(new.store, "leeds")


def test_a_start_of_the_fleet_changes_nothing_about_a_connection_that_is_live(new: World) -> None:
    live.set_live(new.store, ["leeds"], "Sam")
    runtime: Any = new.runtime
    schedules.install(runtime, schedules.schedules(runtime, lambda _bell: None))
    assert live.is_live(new.store, "leeds")
    assert not live.is_live(new.store, "khaos")
