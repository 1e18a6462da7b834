"""What the warehouse holds becomes what Khaos Control shows, and what sales do in between is not overwritten."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from adapters.errors import ReachError
from fleet_tests.world import World
from workers.spine import reading
from workers.stock_in import counts, demand, levels
from workers.stock_in.movements import poll_movements
from workers.views.stock import stock_story
from workers.wiring.readers import reader_for

SITES = """
[stock]
[stock.sites."Main Site"]
quarantine = "Main Quarantine"
damaged = "Main Damaged"
inspection = "Main Inspection"
"""
BUFFER = SITES + 'buffer = "Main Buffer"\n[[stock.buffer]]\nsku = ["MUG"]\nunits = 3\n'


@pytest.fixture
def world(build: Callable[..., World]) -> World:
    return build(stock=SITES)


def floor(world: World, **action: Any) -> None:
    world.clarus.post("floor", **action)


def test_a_count_sets_what_differs_and_nothing_else(world: World) -> None:
    """Khaos shows 100,000 of everything; the building holds ten of one and five of another."""
    world.opening(MUG=10, BOWL=5)
    world.khaos.post("adjust", code="MUG", site="Main Site", to=99)
    before = world.khaos.calls("ImportStockStatus")
    levels.compare(world.runtime)
    world.flush()
    assert world.levels("MUG") == {"Main Site": (10, 10)}
    assert world.levels("BOWL") == {"Main Site": (5, 5)}
    assert world.khaos.calls("ImportStockStatus") == before + 1
    world.flush()
    assert world.khaos.calls("ImportStockStatus") == before + 1


def test_a_site_that_is_younger_than_our_reference_data_is_found_by_asking_once_more(world: World) -> None:
    """The names of all sites were read, and then the merchant made the others."""
    world.opening(MUG=10)
    world.store.run("""update partner_fact set value = '{"sites": {"Main Site": 1}}' where connection = 'khaos'""")
    world.runtime._facts.clear()
    floor(world, hold={"product": "MUG", "quantity": 4, "reason": "DMG"})
    world.hear()
    assert world.levels("MUG") == {"Main Site": (6, 6), "Main Damaged": (4, 4)}
    assert "wrong_site" not in world.exceptions()


def test_a_site_that_is_nowhere_is_told_to_a_person_and_the_others_are_set(build: Callable[..., World]) -> None:
    world = build(stock=SITES.replace("Main Damaged", "Main Damged"))
    world.opening(MUG=10)
    floor(world, hold={"product": "MUG", "quantity": 4, "reason": "DMG"})
    world.hear()
    assert world.levels("MUG") == {"Main Site": (6, 6)}
    assert world.exception("wrong_site")["subject"] == "levels:Main Damged"


def test_nothing_is_sent_for_a_building_that_was_never_counted_whole(world: World) -> None:
    world.poll()
    world.store.run("select want_recount('Main Site', array['MUG'], 'a test')")
    world.flush()
    assert world.khaos.calls("ImportStockStatus") == 0
    assert world.levels("MUG") == {"Main Site": (100_000, 100_000)}


def test_a_count_that_breaks_off_is_never_taken_for_a_whole_one(world: World) -> None:
    """A page dies: nothing of it is used, and the next one is."""
    world.opening(MUG=10)
    floor(world, adjust={"product": "MUG", "quantity": -4, "reason": "DMG"})
    world.clarus.switch(graphql_error_next=1)
    with pytest.raises(ReachError, match="Clarus's GraphQL failed") as failed:
        counts.count_building(world.runtime, "Main Site")
    assert "told to fail" in failed.value.theirs
    assert world.store.row("select state from snapshot order by id desc limit 1")["state"] == "broken"
    assert world.store.row("select count(*) as n from snapshot_line")["n"] == 0
    assert world.store.row("select good from position where sku = 'MUG'")["good"] == 10
    assert counts.count_building(world.runtime, "Main Site") == 1
    world.flush()
    assert world.levels("MUG") == {"Main Site": (6, 6)}


def test_an_order_takes_its_units_once_from_sale_to_issue(world: World) -> None:
    """The worked example against both systems: 10, 6, 6, 6, 6."""
    world.opening(MUG=10)
    world.khaos.switch(issue_after=3600)
    order = world.order(("MUG", 4))
    world.poll()
    world.flush()
    assert world.levels("MUG")["Main Site"] == (10, 6)
    world.ship()
    world.hear()
    assert world.levels("MUG")["Main Site"] == (10, 6)
    world.sweep()
    world.hear()
    assert world.levels("MUG")["Main Site"] == (10, 6)
    world.read_back()
    assert [i["stage"] for i in world.invoices(order)] == [16]
    levels.compare(world.runtime)
    world.flush()
    assert world.levels("MUG")["Main Site"] == (10, 6)
    world.khaos.post("stage", invoice=world.invoice(order), stage=70)
    levels.compare(world.runtime)
    world.flush()
    assert world.levels("MUG")["Main Site"] == (6, 6)
    assert world.exceptions() == []


@pytest.mark.parametrize("moment", ["sell_between", "sell_after"])
def test_a_sale_that_lands_while_a_level_is_set_is_not_sold_twice(world: World, moment: str) -> None:
    """Between the reading and the writing, or right after: the next reading sees it, and the figure is put right."""
    world.opening(MUG=10)
    floor(world, adjust={"product": "MUG", "quantity": -4, "reason": "DMG"})
    world.khaos.switch(**{moment: 1})
    world.hear()
    assert world.levels("MUG")["Main Site"] == (6, 5)
    assert world.exceptions() == []


def test_three_collisions_on_one_code_are_a_level_race(world: World) -> None:
    """Each write meets a sale: the third time a person is told, and when it shows right that is over."""
    world.opening(MUG=10)
    floor(world, adjust={"product": "MUG", "quantity": -2, "reason": "DMG"})
    world.khaos.switch(sell_between=3)
    world.hear()
    assert world.levels("MUG")["Main Site"] == (8, 5)
    assert world.exceptions("resolved").count("level_race") == 1
    assert "level_race" not in world.exceptions()


def test_held_units_stand_on_their_own_site_and_come_back(world: World) -> None:
    """Held for quality: quarantine; held as damaged: damaged; released: for sale again. The sum stays."""
    world.opening(MUG=10)
    floor(world, hold={"product": "MUG", "quantity": 3, "reason": "QC"})
    floor(world, hold={"product": "MUG", "quantity": 2, "reason": "DMG"})
    world.hear()
    shown = world.levels("MUG")
    assert shown["Main Site"] == (5, 5)
    assert shown["Main Damaged"] == (2, 2)
    assert sum(in_stock for in_stock, _ in shown.values()) == 10
    floor(world, release={"product": "MUG", "quantity": 2, "held_for": "DMG"})
    world.hear()
    assert world.levels("MUG")["Main Site"] == (7, 7)
    assert "Main Damaged" not in world.levels("MUG")


def test_a_webhook_of_stock_is_one_count_however_often_it_comes(world: World) -> None:
    """Hints ask for a count; the count is one call for many SKUs, and the level one call."""
    world.opening(MUG=30, BOWL=30)
    before = world.khaos.calls("ImportStockStatus")
    for _ in range(5):
        floor(world, adjust={"product": "MUG", "quantity": -1, "reason": "DMG"})
        floor(world, adjust={"product": "BOWL", "quantity": 1, "reason": "FOUND"})
    world.until(
        lambda: (
            reading.read_inbox(world.runtime, lambda c, s: reader_for(world.runtime, c, s)),
            len(world.store.rows("select 1 as one from record where source like 'webhook stock%%'")) >= 10,
        )[1]
    )
    assert {r["sku"] for r in world.store.rows("select sku from recount")} == {"MUG", "BOWL"}
    world.flush()
    assert (world.levels("MUG")["Main Site"], world.levels("BOWL")["Main Site"]) == ((25, 25), (35, 35))
    assert world.khaos.calls("ImportStockStatus") == before + 1


def test_a_buffer_is_kept_back_on_its_own_site(build: Callable[..., World]) -> None:
    world = build(stock=BUFFER)
    world.opening(MUG=10, BOWL=10)
    assert world.levels("MUG") == {"Main Site": (7, 7), "Main Buffer": (3, 3)}
    assert world.levels("BOWL") == {"Main Site": (10, 10)}


def test_a_sku_that_the_warehouse_refuses_shows_nothing(world: World) -> None:
    world.clarus.switch(reject={"TRAY": "validation_failed"})
    world.opening(MUG=10)
    levels.compare(world.runtime)
    world.flush()
    assert world.levels("TRAY") == {}
    assert world.levels("MUG") == {"Main Site": (10, 10)}


def test_what_khaos_does_not_take_is_explained(world: World) -> None:
    """Units of a code that Khaos does not know: an exception of merchandising's, with the units."""
    world.opening(MUG=10)
    world.store.run("insert into sku (connection, code, state) values ('leeds', 'GHOST', 'confirmed')")
    world.store.run(
        "select count_skus(jsonb_build_object('home', 'Main Site', 'began', clock_timestamp(), 'ended',"
        " clock_timestamp(), 'skus', jsonb_build_array(jsonb_build_object('sku', 'GHOST', 'good', 4))))"
    )
    world.flush()
    found = world.exception("level_not_taken")
    assert (found["story"], found["owner"]) == ("GHOST", "merchandising")
    assert "4 units" in found["reason"]
    world.flush()
    assert world.exceptions().count("level_not_taken") == 1


def test_an_answer_that_is_lost_after_the_level_was_set_is_waited_out(world: World) -> None:
    """The write is in doubt: it waits, and then the current figure is sent, not the old one."""
    world.opening(MUG=10)
    floor(world, adjust={"product": "MUG", "quantity": -4, "reason": "DMG"})
    world.khaos.switch(drop_after_commit={"ImportStockStatus": 1})
    world.hear()
    message = world.store.row("select state from message where kind = 'levels'")
    assert message["state"] == "waiting"
    floor(world, adjust={"product": "MUG", "quantity": -1, "reason": "DMG"})
    poll_movements(world.runtime, "Main Site")
    world.hurry()
    world.flush()
    assert world.levels("MUG")["Main Site"] == (5, 5)


def test_in_stock_semantics_leave_subtracting_to_khaos(build: Callable[..., World]) -> None:
    """LEVEL means in stock: what is dispatched and not issued is added, nothing is subtracted."""
    world = build(stock=SITES, khaos_more='extensions.confirm_shipment = {}\nlevel_semantics = "in_stock"')
    world.khaos.switch(level_semantics="in_stock", issue_after=3600)
    world.opening(MUG=10)
    order = world.order(("MUG", 4))
    world.poll()
    world.ship()
    world.sweep()
    world.read_back()
    floor(world, adjust={"product": "MUG", "quantity": 1, "reason": "FOUND"})
    world.hear()
    assert world.levels("MUG")["Main Site"] == (11, 7)
    world.khaos.post("stage", invoice=world.invoice(order), stage=70)
    levels.compare(world.runtime)
    world.flush()
    assert world.levels("MUG")["Main Site"] == (7, 7)


def test_an_order_for_more_than_is_free_is_a_warning_and_goes_all_the_same(world: World) -> None:
    """Four lie there, three are owed: an order for two is warned of once, and the first is not."""
    world.opening(MUG=4)
    world.order(("MUG", 3))
    world.poll()
    assert "short_at_warehouse" not in world.exceptions()
    demand.poll_demand(world.runtime)
    floor(world, adjust={"product": "MUG", "quantity": -1, "reason": "DMG"})
    poll_movements(world.runtime, "Main Site")
    world.khaos.post("adjust", code="MUG", site="Main Site", to=9)
    world.go()
    world.store.run("update position set good = 3 where sku = 'MUG'")
    order = world.order(("MUG", 2))
    world.poll()
    found = world.exception("short_at_warehouse")
    assert (found["subject"], found["reason"]) == (f"order:{order}-1", "MUG: 2 wanted, 0 free")
    assert world.fulfilments(order) == [(f"{order}-1", "sent")]


def test_the_story_of_a_sku_tells_what_is_held_promised_sent_and_shown(world: World) -> None:
    """`fleet stock`: positions by condition, open demand, pending goods, levels, the last movements."""
    world.opening(MUG=10)
    order = world.order(("MUG", 4))
    floor(world, hold={"product": "MUG", "quantity": 2, "reason": "QC"})
    world.hear()
    story = stock_story(world.engine, "mug")
    assert story is not None
    home = story.homes[0]
    assert (home["good"], home["other"], home["demand"], home["available"]) == (8, {"inspection": 2}, 4, 4)
    assert [(r["order_code"], r["units"], r["site"]) for r in story.demand] == [(order, 4, "Main Site")]
    assert [(r["site"], r["target"], r["shown"]) for r in story.levels] == [
        ("Main Site", 4, 4),
        ("Main Inspection", 2, 2),
    ]
    assert [(r["cause"], r["units"], r["reason"]) for r in story.movements] == [("held", 2, "QC")]
    assert stock_story(world.engine, "NEVER-HEARD-OF") is None


def test_an_order_whose_address_cannot_be_read_is_promised_at_its_own_site_only(build: Callable[..., World]) -> None:
    """The orders flow refuses it; its goods are owed at its site, and at no other."""
    world = build(stock="", sites='{ LDS1 = "Main Site", YRK1 = "Annex" }')
    world.clarus.post("setup", warehouses=["LDS1", "YRK1"])
    world.runtime.read_facts("leeds")
    world.opening(MUG=10)
    counts.count_building(world.runtime, "Annex")
    world.order(("MUG", 4), country="Unspecified")
    demand.poll_demand(world.runtime)
    owed = {
        site: world.store.row("select demand from figures(%s, array['MUG'], 'issue')", site)["demand"]
        for site in ("Main Site", "Annex")
    }
    assert owed == {"Main Site": 4, "Annex": 0}
