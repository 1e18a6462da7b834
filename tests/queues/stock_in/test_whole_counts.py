"""A count of a building is taken over whole or not at all; one that broke off is tried again within minutes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fleet_tests.world import World
from workers.spine import scheduler, watch
from workers.spine.polling import Busy
from workers.stock_in import snapshots
from workers.wiring import schedules

Build = Callable[..., World]
HOME = "Main Site"


def good(world: World) -> dict[str, int]:
    return {row["sku"]: row["good"] for row in world.store.rows("select sku, good from position order by sku")}


def begun(world: World) -> tuple[int, int]:
    """A count whose pages were all read, and how many lines they held."""
    stock, facts = world.runtime.warehouse("leeds").stock, world.runtime.facts("leeds")
    number = snapshots.begin_snapshot(world.runtime, HOME)
    lines, _ = snapshots.take_pages(world.runtime, number, stock.pages("LDS1", facts))
    return number, lines


def test_a_count_whose_lines_a_crash_took_away_is_broken_and_nothing_of_it_is_used(world: World) -> None:
    world.opening(MUG=10, BOWL=10)
    world.clarus.post("setup", plenty=False, stock={"MUG": 3, "BOWL": 3})
    number, lines = begun(world)
    world.store.run("delete from snapshot_line where sku = 'MUG'")
    with pytest.raises(Busy, match=f"of the {lines} lines"):
        snapshots.end_snapshot(world.runtime, number, lines, consistent=False, absent=1)
    row = world.store.row("select state from snapshot where id = %s", number)
    assert row is not None
    assert (row["state"], good(world)) == ("broken", {"BOWL": 10, "MUG": 10})
    assert world.store.rows("select 1 from snapshot_line") == []


def test_a_count_that_another_process_ended_is_not_taken_over(world: World) -> None:
    world.opening(MUG=10)
    world.clarus.post("setup", plenty=False, stock={"MUG": 3})
    number, lines = begun(world)
    other, others = begun(world)
    with pytest.raises(Busy, match="another process"):
        snapshots.end_snapshot(world.runtime, number, lines, consistent=False, absent=1)
    assert good(world) == {"MUG": 10}
    snapshots.end_snapshot(world.runtime, other, others, consistent=False, absent=1)
    assert good(world) == {"MUG": 3}


def test_a_count_that_breaks_off_is_tried_again_within_minutes_and_told_after_some_tries(build: Build) -> None:
    world = build()
    world.clarus.post("setup", plenty=False, stock={"MUG": 10})
    world.runtime.read_facts("khaos")
    world.poll()
    listed = schedules.schedules(world.runtime, lambda _bell: None)
    name = f"count {HOME}"
    world.clarus.switch(graphql_error_next=1000)
    for _ in range(6):
        world.store.run("update connection set shut_kind = null, shut_since = null where name = 'leeds'")
        world.store.run("update schedule set due_at = now() where name = %s", name)
        assert not scheduler.run_due(world.runtime, listed, name)
        row = world.store.row(
            "select extract(epoch from due_at - now())::float as s from schedule where name = %s", name
        )
        assert row is not None
        assert row["s"] < 3600
    world.store.run("update connection set shut_kind = null, shut_since = null where name = 'leeds'")
    world.store.run(
        "update schedule set failures = 6, failing_since = now() - interval '10 minutes' where name = %s", name
    )
    watch.look(world.runtime)
    assert world.exception("schedule_failing")["subject"] == f"schedule:{name}"
    world.clarus.switch(graphql_error_next=0)
    world.store.run("update schedule set due_at = now() where name = %s", name)
    assert scheduler.run_due(world.runtime, listed, name)
    watch.look(world.runtime)
    assert ("schedule_failing" in world.exceptions(), good(world)["MUG"]) == (False, 10)
