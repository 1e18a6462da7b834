"""Codes and words that nobody understands stop nothing else, and stand with somebody."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from fleet_tests.buffered import SITES, floor, moved, restart
from fleet_tests.world import World
from workers.journal.entries import enter_new


@pytest.fixture
def world(build: Callable[..., World]) -> World:
    return build(stock=SITES)


@pytest.mark.parametrize("code", ['Q"X', "ÄÖ-é", "lower case", "it's & <co>"])
def test_a_code_with_odd_characters_is_counted_and_set_like_any_other(world: World, code: str) -> None:
    world.opening(**{code: 7, "MUG": 4})
    floor(world, adjust={"product": code, "quantity": -2, "reason": "DMG"})
    world.hear()
    assert (world.levels(code), world.levels("MUG")) == ({"Main Site": (5, 5)}, {"Main Site": (4, 4)})


def test_units_of_a_code_that_no_call_takes_are_merchandisings_and_stop_nothing_else(world: World) -> None:
    """Khaos Control's calls part codes by commas."""
    world.opening(MUG=10)
    world.store.run("insert into sku (connection, code, state) values ('leeds', 'A,B', 'confirmed')")
    world.store.run(
        "select count_skus(jsonb_build_object('home', 'Main Site', 'began', clock_timestamp(), 'ended',"
        ' clock_timestamp(), \'skus\', \'[{"sku": "A,B", "good": 4}, {"sku": "MUG", "good": 9}]\'::jsonb))'
    )
    world.flush()
    found = world.exception("level_not_taken")
    assert (found["story"], found["owner"]) == ("A,B", "merchandising")
    assert "comma" in found["reason"]
    assert world.levels("MUG") == {"Main Site": (9, 9)}


def test_a_movement_by_an_unknown_word_is_finances_and_is_booked_once_when_the_word_has_a_row(
    world: World, tmp_path: Path
) -> None:
    reasons = '\n[tables.adjustment_reasons.clarus.DMG]\nkhaos = "Damage"\naccount = "7901"\n'
    world.opening(MUG=10)
    moved(world, 1, "unknown", word="CYCLE", units=2)
    enter_new(world.runtime)
    enter_new(world.runtime)
    found = world.exception("reason_unmapped")
    assert (found["owner"], found["times"], found["subject"]) == ("finance", 1, "cause:leeds:CYCLE")
    assert "[tables.movement_causes.clarus]" in found["reason"]
    row = '[tables.movement_causes.clarus]\nCYCLE = "adjusted_down"\n'
    restart(world, tmp_path, "[stock]\n", f"{row}{reasons}[stock]\n")
    enter_new(world.runtime)
    enter_new(world.runtime)
    rows = world.store.rows("select movement_id, cause, units, state from journal")
    assert rows == [{"movement_id": "m1", "cause": "adjusted_down", "units": -2, "state": "ready"}]
    assert world.exceptions() == []
