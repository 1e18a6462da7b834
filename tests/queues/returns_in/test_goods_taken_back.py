"""Goods in that a warehouse takes back, puts elsewhere and receives again: each unit is waited for once."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fleet_tests.buffered import SITES, floor, moved, read, value_of, webhooks_came
from fleet_tests.world import World
from workers.returns_in import goods_in
from workers.stock_in.movements import poll_movements

PO_1, PO_2 = "receipt:leeds:1:1", "receipt:leeds:2:1"


@pytest.fixture
def world(build: Callable[..., World]) -> World:
    return build(stock=SITES)


def open_terms(world: World) -> int:
    return int(value_of(world, "select coalesce(sum(units), 0) from term where cleared_at is null"))


def booked(world: World, receipt: str, units: int = 10) -> int:
    """Khaos Control's delivery note is seen; the units whose term is over."""
    return int(value_of(world, f"select clear_term('{receipt}', 'MUG', {units}, 'fleet', 'seen')"))


def test_goods_that_were_taken_out_and_received_again_are_for_sale_when_they_are_booked(world: World) -> None:
    world.opening(MUG=5)
    moved(world, 1, "received")
    read(world, PO_1)
    moved(world, 2, "unreceived")
    assert open_terms(world) == 0
    moved(world, 3, "received")
    read(world, PO_1)
    assert open_terms(world) == 10
    assert booked(world, PO_1) == 10
    assert open_terms(world) == 0


@pytest.mark.parametrize("seen", ["before", "after", "never"])
def test_goods_that_were_taken_out_are_not_taken_from_another_purchase_order(world: World, seen: str) -> None:
    """The movement names no receipt. Whenever the first one is re-read, the second one's goods are its own."""
    world.opening(MUG=5)
    for number, receipt in enumerate((PO_1, PO_2), 1):
        moved(world, number, "received")
        read(world, receipt)
    if seen == "before":
        read(world, PO_1, 0)
    moved(world, 3, "unreceived")
    assert open_terms(world) == 10
    if seen == "after":
        read(world, PO_1, 0)
    read(world, PO_2)
    assert booked(world, PO_2) == 10
    assert open_terms(world) == 0


def test_a_receipt_whose_goods_the_floor_took_out_is_read_again_and_waits_for_nothing(world: World) -> None:
    world.opening(MUG=5)
    world.hear()
    world.clarus.switch(floor=True, receive_seconds=0.0, putaway_seconds=3600.0)
    for po in ("PO-1", "PO-2"):
        floor(world, receive={"reference": po, "lines": [{"product": "MUG", "quantity": 10}], "at_once": False})
    waiting = "select coalesce(sum(received - booked), 0)::integer from received_line"

    def swept(units: int) -> bool:
        goods_in.sweep(world.runtime, "Main Site")
        webhooks_came(world)
        return bool(value_of(world, waiting) == units)

    world.until(lambda: swept(20))
    world.clarus.switch(floor=False)
    poll_movements(world.runtime, "Main Site")
    world.go()
    floor(world, unreceive={"reference": "PO-1"})
    poll_movements(world.runtime, "Main Site")
    world.go()
    assert value_of(world, "select received from received_line where purchase_order = 'PO-1'") == 0
    assert (value_of(world, waiting), open_terms(world)) == (10, 10)
