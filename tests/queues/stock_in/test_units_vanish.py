"""Units that go or come between counts without a movement are a difference with an owner and a value."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from fleet_tests.world import World
from workers.journal.entries import enter_new
from workers.spine.people import CannotDo
from workers.stock_in import count_differences, counts

Build = Callable[..., World]
TABLES = """
[tables.adjustment_reasons.clarus]
DMG = { account = "5200" }
COUNT = { khaos = "STOCK CHECK", account = "5230" }
"""


@pytest.fixture
def world(build: Build) -> World:
    world = build(stock=TABLES)
    world.opening(MUG=10, BOWL=10)
    world.hear()
    return world


def shelf(world: World, **units: int) -> None:
    """What lies there is another number from now on, and nobody books why."""
    world.clarus.post("setup", plenty=False, stock=units)


def count(world: World) -> int:
    counts.count_building(world.runtime, "Main Site")
    world.flush()
    return count_differences.check(world.runtime)


@pytest.mark.parametrize(("now", "missing"), [(7, -3), (12, 2)])
def test_units_that_vanish_or_appear_without_a_movement_are_operations_with_their_value(
    world: World, now: int, missing: int
) -> None:
    shelf(world, MUG=now, BOWL=10)
    assert count(world) == 1
    told = world.exception("stock_differs")
    assert (told["owner"], told["subject"]) == ("operations", "differs:Main Site")
    assert f"MUG: told 10 in all, counted {now} in all" in told["reason"]
    [row] = count_differences.differences(world.store, "Main Site")
    assert (row["sku"], row["units"], row["held"]) == ("MUG", missing, now)
    assert row["value"] is None or row["value"] == missing * Decimal(row["unit_cost"])


def test_a_count_that_a_person_takes_for_true_is_booked_once_and_the_difference_is_over(world: World) -> None:
    shelf(world, MUG=7, BOWL=10)
    count(world)
    assert count_differences.adopt(world.store, "Main Site", "MUG", "Anna") == [{"condition": "good", "units": -3}]
    world.flush()
    assert (count(world), world.exceptions()) == (0, [])
    enter_new(world.runtime, late=0)
    rows = world.store.rows("select sku, cause, units, their_reason from journal")
    assert [tuple(row.values()) for row in rows] == [("MUG", "adjusted_down", -3, "COUNT")]
    with pytest.raises(CannotDo, match="agree"):
        count_differences.adopt(world.store, "Main Site", "MUG", "Anna")
    shelf(world, MUG=6, BOWL=10)
    count(world)
    count_differences.adopt(world.store, "Main Site", "MUG", "Anna")
    enter_new(world.runtime, late=0)
    assert [row["units"] for row in world.store.rows("select units from journal order by id")] == [-3, -1]


def test_what_movements_explain_is_no_difference(world: World) -> None:
    world.clarus.post("floor", adjust={"product": "MUG", "quantity": -2, "reason": "DMG"})
    world.clarus.post("floor", hold={"product": "BOWL", "quantity": 4, "reason": "QC"})
    assert count(world) == 0
    world.order(("MUG", 3))
    world.poll()
    world.ship()
    world.sweep()
    assert count(world) == 0
    world.hear()
    assert (count(world), world.exceptions()) == (0, [])


def test_what_vanishes_beside_movements_is_told_to_the_unit(world: World) -> None:
    world.clarus.post("floor", adjust={"product": "MUG", "quantity": -2, "reason": "DMG"})
    world.hear()
    shelf(world, MUG=5, BOWL=10)
    assert count(world) == 1
    [row] = count_differences.differences(world.store)
    assert (row["book"], row["counted"], row["units"]) == ({"in all": 8}, {"in all": 5}, -3)


def test_a_movement_that_comes_late_explains_it_and_closes_the_exception(world: World) -> None:
    world.clarus.switch(webhook_loss_rate=1.0)
    shelf(world, MUG=7, BOWL=10)
    count(world)
    world.store.run(
        "select take_movements(%s)",
        '{"connection": "leeds", "home": "Main Site", "movements": [{"id": "late", "sku": "MUG", "cause":'
        ' "adjusted_down", "word": "NEGADJ", "units": 3, "reason": "DMG", "location": "", "to_condition": "",'
        ' "at": "2026-11-20T09:30:00+00:00"}]}',
    )
    assert count_differences.check(world.runtime) == 0
    assert world.exceptions() == []
