"""One product or order that Khaos Control does not export, or in which one character is odd, stops no other."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.errors import Rejected, Unavailable
from fleet_tests.world import World, sales_order
from workers.orders_out import polls as orders_out_polls
from workers.spine.polling import BROKEN

WHY = "ExportStock: Access violation at address 00A3"


def refuse(world: World, monkeypatch: pytest.MonkeyPatch, fetch: str, *bad: str) -> list[int]:
    """Khaos refuses an export that names one of some codes; how many codes each call named."""
    erp, calls = type(world.runtime.erp), list[int]()
    plain = getattr(erp, fetch)

    def fetched(self: Any, codes: Any) -> bytes:
        calls.append(len(codes))
        if set(bad) & set(codes):
            raise Rejected(WHY, symbol="EAccessViolation")
        return bytes(plain(self, codes))

    monkeypatch.setattr(erp, fetch, fetched)
    return calls


def products(world: World) -> set[str]:
    return {row["code"] for row in world.store.rows("select code from product")}


def test_a_product_that_is_refused_alone_is_named_and_asked_for_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.stock("AAA", *(f"P{n:03}" for n in range(60)))
    calls = refuse(world, monkeypatch, "fetch_products", "AAA")
    world.poll()
    found = world.exception("not_exported")
    assert ({f"P{n:03}" for n in range(60)} <= products(world), "AAA" in products(world)) == (True, False)
    assert (world.exceptions(), found["story"], WHY in found["reason"]) == (["not_exported"], "AAA", True)
    assert len(calls) < 16
    world.poll()
    assert world.exceptions() == ["not_exported"]
    monkeypatch.undo()
    world.poll()
    assert ("AAA" in products(world), world.exceptions()) == (True, [])


def test_an_order_that_is_refused_alone_is_named_and_the_others_go(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.poll()
    orders = [world.order(("MUG", 1)) for _ in range(5)]
    refuse(world, monkeypatch, "fetch_orders", orders[2])
    world.poll()
    assert [bool(world.fulfilments(order)) for order in orders] == [True, True, False, True, True]
    assert (world.exceptions(), world.exception("not_exported")["story"]) == (["not_exported"], orders[2])
    monkeypatch.undo()
    world.poll()
    assert (bool(world.fulfilments(orders[2])), world.exceptions()) == (True, [])


def test_an_odd_character_in_one_orders_status_leaves_its_neighbour_alone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.poll()
    erp = type(world.runtime.erp)
    plain = erp.fetch_status

    def fetched(self: Any, *asked: Any) -> bytes:
        return bytes(plain(self, *asked).replace(b'ASSOCIATED_REF="WEB1"', b'ASSOCIATED_REF="WEB1&#x1F;"'))

    monkeypatch.setattr(erp, "fetch_status", fetched)
    first, second = world.order(("MUG", 1)), world.order(("BOWL", 1))
    orders_out_polls.poll_orders(world.runtime)
    world.go()
    assert bool(world.fulfilments(second))
    found = world.exception("unmappable")
    assert (found["story"], "ASSOCIATED_REF" in found["reason"]) == (world.invoice(first), True)


def test_an_odd_character_in_one_orders_address_is_that_orders_alone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.poll()
    erp = type(world.runtime.erp)
    plain = erp.fetch_orders
    monkeypatch.setattr(
        erp, "fetch_orders", lambda self, codes: plain(self, codes).replace(b"<ITOWN>Hull", b"<ITOWN>Hull&#x1F;")
    )
    good = world.order(("MUG", 1))
    bad = world.shop.import_orders(sales_order("BAD1", [("MUG", 1)]).replace("Leeds", "Hull")).imported[0].order_code
    world.poll()
    assert bool(world.fulfilments(good))
    assert bad in str(world.store.rows("select story, subject, reason from exception"))


def break_at(world: World, monkeypatch: pytest.MonkeyPatch, *bad: str) -> list[int]:
    """Khaos's server breaks, with an HTTP 500 and no fault, at some orders; how many codes each call named."""
    erp, calls = type(world.runtime.erp), list[int]()
    plain = erp.fetch_orders

    def fetched(self: Any, codes: Any) -> bytes:
        calls.append(len(codes))
        if not bad or set(bad) & set(codes):
            raise Unavailable("khaos answered HTTP 500", maybe_done=True, answered=True)
        return bytes(plain(self, codes))

    monkeypatch.setattr(erp, "fetch_orders", fetched)
    return calls


def test_an_order_at_which_the_server_breaks_is_named_and_the_others_go(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.poll()
    orders = [world.order(("MUG", 1)) for _ in range(12)]
    break_at(world, monkeypatch, orders[0], orders[11])
    world.poll()
    assert [bool(world.fulfilments(order)) for order in orders] == [False, *[True] * 10, False]
    assert {row["story"] for row in world.store.rows("select story from exception")} == {orders[0], orders[11]}
    monkeypatch.undo()
    world.poll()
    assert (all(world.fulfilments(order) for order in orders), world.exceptions()) == (True, [])


def test_the_only_order_there_is_names_itself_and_keeps_no_cancellation_waiting(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = world.order(("MUG", 1))
    world.poll()
    bad = world.order(("MUG", 1))
    world.khaos.post("cancel", order=good)
    break_at(world, monkeypatch, bad)
    with pytest.raises(Unavailable):
        orders_out_polls.poll_orders(world.runtime)
    world.go()
    assert [state for _, state in world.fulfilments(good)] == ["cancelled"]
    assert world.exception("not_exported")["story"] == bad


def test_a_server_that_is_broken_for_everything_is_asked_a_few_times_and_no_order_is_blamed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.poll()
    orders = [world.order(("MUG", 1)) for _ in range(20)]
    calls = break_at(world, monkeypatch)
    with pytest.raises(Unavailable):
        world.poll()
    assert (len(calls) <= BROKEN, world.exceptions()) == (True, [])
    monkeypatch.undo()
    world.poll()
    assert all(world.fulfilments(order) for order in orders)
