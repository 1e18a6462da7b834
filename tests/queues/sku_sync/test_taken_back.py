"""A confirmation that a warehouse takes back ends the sale of its SKU, holds its orders and puts it on the list."""

from __future__ import annotations

import json
from typing import Any

from fleet_tests.world import World
from workers.views import worklists
from workers.views.worklists import WORKLISTS


def say(world: World, step: str, **more: Any) -> None:
    told = {"connection": "leeds", "code": "MUG", **more}
    world.store.run(f"select {step}(%s)", json.dumps(told))
    world.go()
    world.flush()


def listed(world: World) -> list[Any]:
    return [row["sku"] for row in worklists.entries(world.engine, WORKLISTS["publish"])]


def test_a_confirmation_taken_back_ends_the_sale_and_holds_orders_until_it_is_given_again(world: World) -> None:
    world.opening(MUG=10, BOWL=10)
    assert (world.levels("MUG"), listed(world)) == ({"Main Site": (10, 10)}, [])
    known = world.store.row("select their_id from sku where connection = 'leeds' and code = 'MUG'")
    assert known is not None
    order, other = world.order(("MUG", 1)), world.order(("BOWL", 1))
    say(world, "sku_refused")
    assert (world.levels("MUG")["Main Site"][1], listed(world)) == (0, ["MUG"])
    assert world.levels("BOWL") == {"Main Site": (10, 9)}
    gate = world.store.row("select open from gate where name = 'sku:leeds:MUG'")
    world.poll()
    there = [one["reference"] for one in world.live()]
    assert (f"{order}-1" in there, f"{other}-1" in there) == (False, True)
    assert gate is None or not gate["open"]
    say(world, "sku_confirmed", their_id=known["their_id"])
    assert f"{order}-1" in [one["reference"] for one in world.live()]
    assert (world.levels("MUG"), listed(world)) == ({"Main Site": (10, 9)}, [])
