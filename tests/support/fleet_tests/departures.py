"""Orders that left the warehouse whole or in part, and what an operator of Khaos Control then has to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fleet_tests.world import World
from workers.views import worklists
from workers.views.worklists import WORKLISTS

Build = Callable[..., World]


def left(world: World, *lines: tuple[str, int], **switches: Any) -> str:
    """An order of these lines has left the warehouse; its code."""
    order: str = world.order(*lines)
    world.poll()
    world.ship("COMPLETED", **{name: {f"{order}-1": value} for name, value in switches.items()})
    world.sweep()
    return order


def part_left(world: World, *lines: tuple[str, int]) -> str:
    """Of an order a half has left, rounded down; its code."""
    order: str = world.order(*lines)
    world.poll()
    world.clarus.switch(floor=True, pick_seconds=0.0, dispatch_seconds=1.0, two_goes=[f"{order}-1"])
    world.until(lambda: world.there(f"{order}-1")[0]["parcels"])
    world.clarus.switch(floor=False)
    world.sweep()
    assert world.fulfilment(f"{order}-1")["state"] == "part_dispatched"
    return order


def tracking_of(world: World, order: str) -> list[str]:
    return [parcel["tracking"] for parcel in world.there(f"{order}-1")[0]["parcels"]]


def to_do(world: World) -> list[Any]:
    return worklists.entries(world.engine, WORKLISTS["dispatch"])


def is_over(world: World) -> None:
    """Nothing is lost, nothing doubled, nobody waits."""
    assert (world.exceptions(), world.live_messages(), to_do(world)) == ([], [], [])
    books = world.khaos.books()
    assert (books["courier_contradictions"], books["over_concurrency"]) == (0, 0)
    shipped = [a["invoice_id"] for a in books["courier_answers"] if a["success"]]
    live = [i for i in books["invoices"] if not i["cancelled"]]
    assert {i["invoice_id"] for i in live} == set(shipped)
    assert all(i["stage"] == 70 for i in live)
