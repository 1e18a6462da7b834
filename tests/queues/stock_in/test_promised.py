"""What is promised stays promised, whatever cannot be read."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from fleet_tests.buffered import SITES, value_of
from fleet_tests.world import World
from workers.stock_in import demand


@pytest.fixture
def world(build: Callable[..., World]) -> World:
    return build(stock=SITES)


def test_a_flush_forgets_no_order_of_a_khaos_that_shows_no_items(world: World) -> None:
    """More orders than a flush asks for: what was promised by them stays so."""
    world.opening(MUG=1000)
    for _ in range(70):
        world.order(("MUG", 1))

    def bare(ask: Callable[[], bytes]) -> bytes:
        return re.sub(rb'QTY_SENT="[^"]*"', b'QTY_SENT=""', ask())

    for _ in range(2):
        demand.refresh(world.runtime, bare)
        assert value_of(world, "select sum(units)::integer from demand") == 70


def test_an_invoice_that_cannot_be_read_any_more_stays_promised_and_is_somebodys(world: World) -> None:
    world.opening(MUG=10)
    order = world.order(("MUG", 4))
    demand.poll_demand(world.runtime)
    for _ in range(2):
        demand.refresh(world.runtime, lambda ask: ask().replace(b'STOCK_CODE="MUG"', b'STOCK_CODE=""'))
        assert value_of(world, "select sum(units)::integer from demand") == 4
    found = world.exception("unmappable")
    assert (found["subject"], found["times"]) == (f"demand:{world.invoice(order)}", 1)
    demand.poll_demand(world.runtime)
    assert world.exceptions() == []


@pytest.mark.parametrize(
    ("said", "garbled", "kept"),
    [
        ('STOCK_CODE="MUG"', 'STOCK_CODE=""', 4),
        ('QTY_SENT="4.00"', 'QTY_SENT="3.50"', 4),
        ('QTY_SENT="4.00"', 'QTY_SENT="four"', 4),
        ('INVOICE_STAGE_ID="9"', 'INVOICE_STAGE_ID="nine"', 4),
        ('TYPE_ID="S"', 'TYPE_ID="X"', 4),
    ],
)
def test_an_invoice_that_could_never_be_read_promises_all_that_it_may_hold(
    world: World, said: str, garbled: str, kept: int
) -> None:
    """From its first sight on: its units are not sold to somebody else, and it is somebody's."""
    world.opening(MUG=10)
    world.order(("MUG", 4))
    shown = world.runtime.erp.fetch_open().decode()
    assert said in shown or "QTY_SENT" in said, shown
    pattern = re.sub(r'"4.00"', r'"4(?:[.]0+)?"', said)
    garbled_reply = re.sub(pattern, garbled, shown).encode()
    assert garbled_reply != shown.encode()
    demand.refresh(world.runtime, lambda ask: garbled_reply if ask == world.runtime.erp.fetch_open else ask())
    assert value_of(world, "select coalesce(sum(units), 0)::integer from demand") == kept
    found = world.exception("fractional_quantity" if "3.50" in garbled else "unmappable")
    assert "all that it may hold is kept back" in found["reason"]


def test_an_order_without_items_and_with_a_bad_address_promises_its_units(world: World) -> None:
    """A build that shows no items: what is promised is asked of the order, whatever is wrong with its address."""
    world.opening(MUG=10)
    world.order(("MUG", 4), country="QQ")

    def bare(ask: Callable[[], bytes]) -> bytes:
        return re.sub(rb'QTY_SENT="[^"]*"', b'QTY_SENT=""', ask())

    demand.refresh(world.runtime, bare)
    assert value_of(world, "select coalesce(sum(units), 0)::integer from demand") == 4
    assert value_of(world, "select site from order_site") == "Main Site"
