"""A level that somebody changed by hand in Khaos Control is written down before it is set right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fleet_tests.world import World
from workers.stock_in import levels, movements

Build = Callable[..., World]


def by_hand(world: World, sku: str, to: int) -> None:
    world.khaos.post("adjust", code=sku, site="Main Site", to=to)


def notes(world: World, sku: str) -> list[Any]:
    rows = world.store.rows("select note from timeline where story = %s and step = 'level drift' order by id", sku)
    return [row["note"] for row in rows]


def test_a_level_changed_by_hand_stands_in_the_story_of_its_sku_and_is_told(world: World) -> None:
    world.opening(MUG=100)
    by_hand(world, "MUG", 7)
    levels.compare(world.runtime)
    assert notes(world, "MUG") == ["Main Site: 100 should show, 7 does (-93)"]
    told = world.exception("level_drift")
    assert (told["owner"], told["story"], "MUG 100 -> 7 (-93)" in told["reason"]) == ("merchandising", "MUG", True)
    world.flush()
    assert world.levels("MUG") == {"Main Site": (100, 100)}
    levels.compare(world.runtime)
    assert (world.exceptions(), len(notes(world, "MUG"))) == ([], 1)


def test_a_change_within_the_tolerance_is_written_down_and_nobody_is_called(build: Build) -> None:
    world = build(stock="[stock]\ndrift_tolerance = 5\n")
    world.opening(MUG=100, BOWL=100)
    by_hand(world, "MUG", 105)
    by_hand(world, "BOWL", 94)
    levels.compare(world.runtime)
    assert (len(notes(world, "MUG")), len(notes(world, "BOWL"))) == (1, 1)
    told = world.exception("level_drift")
    assert ("BOWL" in told["reason"], "MUG" in told["reason"]) == (True, False)


def test_sales_movements_and_a_first_figure_are_no_drift(world: World) -> None:
    world.opening(MUG=100, BOWL=100)
    world.order(("MUG", 60))
    world.clarus.post("floor", adjust={"product": "BOWL", "quantity": -40, "reason": "DMG"})
    world.clarus.post("setup", plenty=False, stock={"TRAY": 50})
    levels.compare(world.runtime)
    world.hear()
    levels.compare(world.runtime)
    world.flush()
    assert world.store.rows("select story, note from timeline where step = 'level drift'") == []
    assert world.exceptions() == []


def lose(world: World, sku: str, units: int) -> None:
    """Units are lost at the warehouse, so that the level falls due, and the fleet has counted that."""
    world.clarus.post("floor", adjust={"product": sku, "quantity": -units, "reason": "LOST"})
    movements.poll_movements(world.runtime, "Main Site")
    world.go()


def test_a_flush_that_meets_a_level_changed_by_hand_writes_it_down_before_it_sets_it(world: World) -> None:
    world.opening(MUG=100, BOWL=100)
    by_hand(world, "MUG", 160)
    by_hand(world, "BOWL", 95)
    lose(world, "MUG", 1)
    lose(world, "BOWL", 1)
    world.flush()
    assert notes(world, "MUG") == ["Main Site: 100 should show, 160 does (+60)"]
    assert notes(world, "BOWL") == ["Main Site: 100 should show, 95 does (-5)"]
    told = world.exception("level_drift")
    assert ("MUG 100 -> 160 (+60)" in told["reason"], "BOWL" in told["reason"]) == (True, False)
    assert (world.levels("MUG"), world.levels("BOWL")) == ({"Main Site": (99, 99)}, {"Main Site": (99, 99)})
    lose(world, "MUG", 1)
    world.flush()
    assert (len(notes(world, "MUG")), world.exceptions()) == (1, ["level_drift"])
    levels.compare(world.runtime)
    assert world.exceptions() == []


def test_what_khaos_does_by_itself_is_no_drift_when_a_level_falls_due(world: World) -> None:
    """Sales, cancellations and issues between two flushes, each of which moves what is shown."""
    world.opening(MUG=100)
    kept, cancelled = world.order(("MUG", 30)), world.order(("MUG", 20))
    world.poll()
    lose(world, "MUG", 1)
    world.flush()
    world.khaos.post("cancel", order=cancelled)
    world.poll()
    world.round_trip()
    world.order(("MUG", 15))
    lose(world, "MUG", 1)
    world.flush()
    assert world.invoices(kept)[0]["stage"] == 70
    assert world.levels("MUG") == {"Main Site": (68, 53)}
    assert (notes(world, "MUG"), world.exceptions()) == ([], [])
