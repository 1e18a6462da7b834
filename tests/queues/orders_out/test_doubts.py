"""Orders in doubt, whoever presses: none stands twice at its warehouse, and what cannot be stored is not sent again."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from fleet_tests.world import World
from workers import recovery
from workers.orders_out import polls
from workers.spine import ringer
from workers.spine.people import Person


@pytest.fixture
def doubted(build: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Any:
    """An order that the warehouse took with an HTTP 500, and shows two seconds later; its SKU's alarm stands open."""
    world = build(sku_limit=0.01)
    world.poll()
    world.stock("LATE")
    world.order(("LATE", 1))
    polls.poll_orders(world.runtime)
    world.go()
    time.sleep(0.1)
    world.check()
    world.clarus.switch(effect_then_500_next={"create_goods_out": 1})
    world.poll()
    client = type(world.runtime.warehouse("leeds").orders.client)
    real, ends = client.goods_outs_by_reference, time.monotonic() + 2

    def hidden(self: Any, references: Any, account: Any) -> Any:
        return [] if time.monotonic() < ends else real(self, references, account)

    monkeypatch.setattr(client, "goods_outs_by_reference", hidden)
    return world


def test_a_persons_retry_of_an_alarm_waits_the_partners_time_out_out_and_doubles_nothing(doubted: Any) -> None:
    recovery.retry(doubted.store, doubted.exception("sku_unconfirmed")["id"], Person("Sam"))
    doubted.go()
    row = doubted.store.row("select due_at, maybe_sent_at from message where kind = 'order'")
    wait = (row["due_at"] - row["maybe_sent_at"]).total_seconds()
    assert wait >= doubted.runtime.doubt_wait("leeds") - 0.5
    assert len(doubted.live()) == 1
    time.sleep(2)
    doubted.store.run("update message set due_at = now() where kind = 'order'")
    doubted.go()
    assert (len(doubted.live()), doubted.live_messages()) == (1, [])


@pytest.mark.parametrize("symbol", ["bad\x00thing", "bad\ud83dthing"], ids=["NUL", "half a surrogate pair"])
def test_a_refusal_that_no_table_can_hold_is_an_exception_after_one_call(world: World, symbol: str) -> None:
    world.poll()
    code = world.order(("MUG", 1))
    world.clarus.switch(reject={f"{code}-1": symbol})
    for _ in range(3):
        world.poll()
        world.store.run("update message set lease_until = now() - interval '1 second' where state = 'working'")
        ringer.release_lost(world.runtime)
        world.store.run("update message set due_at = now() where state = 'waiting'")
    assert world.exceptions() == ["refused_by_warehouse"]
    assert world.clarus.calls("create_goods_out") == 1
