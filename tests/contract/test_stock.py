"""Stock of any warehouse: what it holds is what Khaos Control shows, each movement once, nothing unknown sold."""

from __future__ import annotations

import pytest

from fleet_tests.stage import Stage
from workers.journal.entries import enter_new
from workers.stock_in import levels


def level(stage: Stage, sku: str) -> tuple[int, int]:
    """In stock and available in Khaos Control, at the selling site."""
    shown: dict[str, tuple[int, int]] = stage.world.levels(sku)
    return shown.get("Main Site", (0, 0))


def position(stage: Stage, sku: str) -> tuple[int, dict[str, int]]:
    row = stage.world.store.row("select good, other from position where home = 'Main Site' and sku = %s", sku)
    return row["good"], row["other"]


def test_a_count_is_the_level(stage: Stage) -> None:
    world = stage.world
    assert (level(stage, "MUG"), level(stage, "BOWL")) == ((20, 20), (10, 10))
    world.khaos.post("adjust", code="MUG", site="Main Site", to=99)
    levels.compare(world.runtime)
    world.flush()
    assert level(stage, "MUG") == (20, 20)


def test_an_order_takes_its_units_once_from_sale_to_issue(stage: Stage) -> None:
    """The worked example: 20, 16, 16, 16, 16; and a dispatch takes its stock at once."""
    world = stage.world
    world.khaos.switch(issue_after=3600)
    order = stage.order(("MUG", 4))
    stage.settle()
    world.flush()
    assert level(stage, "MUG") == (20, 16)
    stage.work()
    stage.hear()
    assert position(stage, "MUG") == (16, {})
    assert level(stage, "MUG") == (20, 16)
    assert [i["stage"] for i in world.invoices(order)] == [16]
    levels.compare(world.runtime)
    world.flush()
    assert level(stage, "MUG") == (20, 16)
    world.khaos.post("stage", invoice=world.invoice(order), stage=70)
    levels.compare(world.runtime)
    world.flush()
    assert level(stage, "MUG") == (16, 16)
    assert world.exceptions() == []


@pytest.mark.needs("adjustments with a reason")
def test_an_adjustment_is_one_journal_entry_and_moves_the_level(stage: Stage) -> None:
    world = stage.world
    stage.adjust("MUG", -3)
    stage.adjust("BOWL", 2)
    stage.hear()
    assert (level(stage, "MUG"), level(stage, "BOWL")) == ((17, 17), (12, 12))
    for late in (0.0, 0.0, 0.0):
        enter_new(world.runtime, late=late)
    rows = world.store.rows("select sku, units, account, state from journal order by sku")
    assert [(r["sku"], r["units"], r["account"]) for r in rows] == [("BOWL", 2, "5200"), ("MUG", -3, "5200")]
    stage.say_again()
    enter_new(world.runtime, late=0.0)
    assert world.store.row("select count(*) as n from journal")["n"] == 2
    assert (level(stage, "MUG"), world.exceptions()) == ((17, 17), [])


def test_held_units_stand_on_the_site_of_their_condition(stage: Stage) -> None:
    stage.hold("MUG", 4)
    stage.hear()
    assert position(stage, "MUG") == (16, {"quarantine": 4})
    assert {site: shown[0] for site, shown in stage.world.levels("MUG").items()} == {
        "Main Site": 16,
        "Main Quarantine": 4,
    }


def test_units_in_a_condition_that_no_table_knows_are_never_sellable_and_a_person_is_told(stage: Stage) -> None:
    stage.strange("MUG", 6)
    stage.hear()
    good, other = position(stage, "MUG")
    assert (good, sum(other.values())) == (14, 6)
    assert level(stage, "MUG") == (14, 14)
    assert "unknown_condition" in stage.world.exceptions()


def test_what_several_orders_share_is_not_promised_twice(stage: Stage) -> None:
    world = stage.world
    world.khaos.switch(issue_after=3600)
    first, second = stage.order(("BOWL", 4)), stage.order(("BOWL", 3))
    stage.settle()
    world.flush()
    assert level(stage, "BOWL")[1] == 3
    stage.work()
    stage.hear()
    levels.compare(world.runtime)
    world.flush()
    assert (position(stage, "BOWL")[0], level(stage, "BOWL")) == (3, (10, 3))
    assert [world.fulfilments(order)[0][1] for order in (first, second)] == ["dispatched"] * 2
