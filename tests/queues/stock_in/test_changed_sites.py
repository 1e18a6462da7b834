"""The sites of a building change in fleet.toml and the fleet starts again: nothing is sent on old ground."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from fleet_tests.buffered import SITES, floor, restart
from fleet_tests.world import World
from workers.stock_in import counts, due, levels


@pytest.fixture
def world(build: Callable[..., World]) -> World:
    return build(stock=SITES)


def test_units_that_stood_on_no_site_are_carried_when_their_condition_gets_one(world: World, tmp_path: Path) -> None:
    world.opening(MUG=10)
    floor(world, hold={"product": "MUG", "quantity": 2, "reason": "DMG"})
    world.hear()
    assert world.levels("MUG") == {"Main Site": (8, 8)}
    more = '\ndamaged = "Main Damaged"'
    restart(world, tmp_path, 'quarantine = "Main Quarantine"', f'quarantine = "Main Quarantine"{more}')
    world.flush()
    assert world.levels("MUG") == {"Main Site": (8, 8), "Main Damaged": (2, 2)}


def test_two_conditions_may_exchange_their_sites(world: World, tmp_path: Path) -> None:
    world.opening(MUG=10)
    floor(world, hold={"product": "MUG", "quantity": 2, "reason": "QC"})
    world.hear()
    assert world.levels("MUG")["Main Inspection"] == (2, 2)
    was = 'quarantine = "Main Quarantine"\ninspection = "Main Inspection"'
    restart(world, tmp_path, was, 'quarantine = "Main Inspection"\ninspection = "Main Quarantine"')
    world.flush()
    assert world.levels("MUG") == {"Main Site": (8, 8), "Main Quarantine": (2, 2)}


def test_a_building_that_gets_another_site_is_counted_anew_before_anything_is_sent(
    world: World, tmp_path: Path
) -> None:
    world.opening(MUG=10)
    world.store.run("select want_recount('Main Site', array['MUG'], 'a test')")
    due.post_due(world.runtime)  # its count is on its way
    restart(world, tmp_path, '"Main Site"', '"Annex"')
    world.flush()
    assert "Annex" not in world.levels("MUG")
    assert world.live_messages() == []  # the count of the old one is over
    floor(world, adjust={"product": "MUG", "quantity": -2, "reason": "DMG"})
    counts.count_building(world.runtime, "Annex")
    world.flush()
    assert world.levels("MUG")["Annex"] == (8, 8)
    assert world.exceptions() == []


def test_a_site_that_is_taken_out_of_the_configuration_is_operations_until_it_shows_nothing(
    world: World, tmp_path: Path
) -> None:
    world.opening(MUG=10)
    floor(world, hold={"product": "MUG", "quantity": 2, "reason": "QC"})
    world.hear()
    assert world.levels("MUG") == {"Main Site": (8, 8), "Main Inspection": (2, 2)}
    restart(world, tmp_path, 'inspection = "Main Inspection"\n', "")
    for _ in range(2):
        levels.compare(world.runtime)
    found = world.exception("site_left_behind")
    assert (found["subject"], found["owner"], found["times"]) == ("site:Main Inspection", "operations", 1)
    assert "2 units still show at Main Inspection" in found["reason"]
    product = {"code": "MUG", "description": "MUG", "in_stock": 0, "price": "2.00", "site": "Main Inspection"}
    world.khaos.post("products", products=[product])
    levels.compare(world.runtime)
    assert "site_left_behind" not in world.exceptions()


@pytest.mark.parametrize("how", ["back", "dismissed"])
def test_a_site_that_comes_back_or_that_somebody_else_keeps_is_no_exception(
    world: World, tmp_path: Path, how: str
) -> None:
    world.opening(MUG=10)
    floor(world, hold={"product": "MUG", "quantity": 2, "reason": "QC"})
    world.hear()
    restart(world, tmp_path, 'inspection = "Main Inspection"\n', "")
    levels.compare(world.runtime)
    if how == "back":
        kept = 'quarantine = "Main Quarantine"\n'
        restart(world, tmp_path, kept, f'{kept}inspection = "Main Inspection"\n')
    else:
        world.store.run("update exception set state = 'dismissed' where kind = 'site_left_behind'")
    levels.compare(world.runtime)
    levels.compare(world.runtime)
    assert "site_left_behind" not in world.exceptions()
