"""A journal entry names the condition that the stock went to, by the table that judges the stock records."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from fleet_tests.world import World
from workers.journal import entries

Build = Callable[..., World]
TABLES = """
[tables.adjustment_reasons.clarus]
DMGHOLD = { account = "5200" }
QC = { account = "5200" }
RELEASE = { account = "5200" }
[stock.sites."Main Site"]
damaged = "Main Damaged"
quarantine = "Main Quarantine"
inspection = "Main Inspection"
"""
BY_FILE = TABLES + 'pending_journal = "Main Buffer"\nadjustments = "adjust_by"\n'


def floor(world: World, **action: Any) -> None:
    world.clarus.post("floor", **action)


def journal(world: World) -> list[tuple[str, str, str]]:
    entries.enter_new(world.runtime, late=0)
    world.go()
    rows = world.store.rows("select cause, from_condition, to_condition from journal order by id")
    return [(r["cause"], r["from_condition"], r["to_condition"]) for r in rows]


def elsewhere(world: World) -> Any:
    row = world.store.row("select other from position where sku = 'MUG'")
    assert row is not None
    return row["other"]


@pytest.mark.parametrize(("reason", "condition"), [("DMGHOLD", "damaged"), ("QC", "inspection")])
def test_a_hold_is_booked_into_the_condition_that_the_position_shows(build: Build, reason: str, condition: str) -> None:
    world = build(stock=TABLES)
    world.opening(MUG=10)
    world.hear()
    floor(world, hold={"product": "MUG", "quantity": 2, "reason": reason})
    world.hear()
    assert journal(world) == [("held", "good", condition)]
    assert elsewhere(world) == {condition: 2}


def test_a_merchants_own_row_for_a_reason_holds_for_stock_and_journal_alike(build: Build) -> None:
    world = build(stock='[tables.stock_conditions.clarus]\nDMGHOLD = "refurbishment"\n' + TABLES)
    world.opening(MUG=10)
    world.hear()
    floor(world, hold={"product": "MUG", "quantity": 2, "reason": "DMGHOLD"})
    world.hear()
    assert journal(world) == [("held", "good", "refurbishment")]
    assert elsewhere(world) == {"refurbishment": 2}


def test_a_release_leaves_the_condition_that_the_hold_named_whatever_its_own_reason_is(build: Build) -> None:
    world = build(stock=TABLES)
    world.opening(MUG=10)
    world.hear()
    floor(world, hold={"product": "MUG", "quantity": 2, "reason": "DMGHOLD"})
    world.hear()
    floor(world, release={"product": "MUG", "quantity": 2, "held_for": "DMGHOLD"})
    world.hear()
    assert journal(world) == [("held", "good", "damaged"), ("released", "damaged", "good")]


def move(world: World, number: str, reason: str) -> None:
    row = {"id": number, "sku": "MUG", "cause": "held", "word": "HOLD", "units": 2, "reason": reason, "location": "A",
           "to_condition": "", "at": "2026-11-20T09:30:00+00:00"}  # fmt: skip
    told = {"connection": "leeds", "home": "Main Site", "movements": [row]}
    world.store.run("select take_movements(%s)", json.dumps(told))


def test_a_reason_that_comes_late_corrects_the_condition_of_its_entry(build: Build) -> None:
    world = build(stock=TABLES)
    world.opening(MUG=10)
    move(world, "1", "")
    assert journal(world) == [("held", "good", "quarantine")]
    world.store.run("insert into movement_reason values ('leeds', '1', 'DMGHOLD')")
    assert journal(world) == [("held", "good", "damaged")]


def test_a_tenant_whose_records_show_no_reason_has_the_units_where_the_records_show_them(build: Build) -> None:
    world = build(stock=TABLES)
    world.opening(MUG=10)
    world.store.run(
        """update partner_fact set value = value || '{"shows_hold_reasons": false}' where connection = 'leeds'"""
    )
    move(world, "1", "DMGHOLD")
    assert journal(world) == [("held", "good", "quarantine")]


def test_what_a_file_has_yet_to_move_waits_at_the_site_of_its_condition(build: Build) -> None:
    world = build(stock=BY_FILE)
    world.opening(MUG=10)
    move(world, "1", "DMGHOLD")
    journal(world)
    terms = {r["condition"]: r["units"] for r in world.store.rows("select condition, units from term")}
    assert terms == {"good": -2, "damaged": 2}
