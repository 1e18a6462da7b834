"""The queue ``orders-out``: what Khaos Control releases stands at the warehouse once, or is an exception."""

from __future__ import annotations

from typing import Any

from workers import intake


def test_an_order_goes_out_and_comes_back_dispatched(world: Any) -> None:
    order = world.order(("MUG", 2), ("BOWL", 1))
    world.poll()
    assert world.fulfilments(order) == [(f"{order}-1", "sent")]
    there = world.live()
    assert [o["reference"] for o in there] == [f"{order}-1"]
    assert {sku: n["ordered"] for sku, n in there[0]["lines"].items()} == {"MUG": 2, "BOWL": 1}
    world.round_trip()
    assert world.fulfilments(order) == [(f"{order}-1", "dispatched")]
    assert world.fulfilment(f"{order}-1")["confirmed"]
    assert [(i["stage"], len(i["shipments"])) for i in world.invoices(order)] == [(70, 1)]
    assert (world.live_messages(), world.exceptions()) == ([], [])
