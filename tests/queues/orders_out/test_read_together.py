"""Orders that one record brings: what is new is written together, and each is judged by itself all the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fleet_tests.world import World
from workers.cases import order_acts
from workers.spine.people import Person
from workers.spine.reading import Reading

MO = Person("Mo")


def asked_of_the_ledger(world: World, monkeypatch: pytest.MonkeyPatch, orders: int) -> int:
    """How often the ledger is asked while so many orders are read that came in one record."""
    seen: list[str] = []
    run = Reading.run

    def noted(reading: Reading, sql: str, *values: Any) -> list[dict[str, Any]]:
        seen.append(sql)
        return run(reading, sql, *values)

    for _ in range(orders):
        world.order(("MUG", 1), ("BOWL", 2))
    with monkeypatch.context() as patch:
        patch.setattr(Reading, "run", noted)
        world.poll()
    return len(seen)


def test_new_orders_of_one_record_ask_the_ledger_no_more_than_one_does(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.order(("MUG", 1), ("BOWL", 1))
    world.poll()  # the catalogue
    one = asked_of_the_ledger(world, monkeypatch, 1)
    assert asked_of_the_ledger(world, monkeypatch, 7) == one
    assert [o["state"] for o in world.store.rows("select state from fulfilment")] == ["sent"] * 9
    assert world.live_messages() == []


def test_one_that_cannot_be_read_and_one_that_a_person_holds_leave_their_neighbours_alone(
    build: Callable[..., World],
) -> None:
    world = build(
        routing='[[routing]]\nname = "Leeds"\nto = "leeds"\nfacility = "LDS1"\nwhen = { postcode = ["LS"] }\n'
    )
    first, held = world.order(("MUG", 1)), world.order(("MUG", 2))
    nowhere, last = world.order(("MUG", 3), postcode="YO1 7HH"), world.order(("MUG", 4))
    order_acts.hold(world.store, held, MO, "the address changes")
    world.poll()
    assert [world.fulfilments(order) for order in (first, nowhere, last)] == [
        [(f"{first}-1", "sent")], [], [(f"{last}-1", "sent")],
    ]  # fmt: skip
    waiting = world.store.rows("select reference, state from message where kind = 'order'")
    assert [(row["reference"], row["state"]) for row in waiting] == [(f"{held}-1", "held")]
    assert world.exception("route_unmapped")["story"] == nowhere
    order_acts.release(world.store, held, MO, "it is right now")
    world.go()
    assert world.fulfilments(held) == [(f"{held}-1", "sent")]
