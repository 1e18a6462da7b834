"""The queue ``sku-sync``: every stock item of Khaos Control stands at every warehouse, orderable."""

from __future__ import annotations

from fleet_tests.world import World
from workers import recovery
from workers.sku_sync import polls
from workers.spine.people import Person


def confirmed(world: World) -> set[str]:
    return {row["code"] for row in world.store.rows("select code from sku where state = 'confirmed'")}


def test_stock_items_are_created_and_assigned_and_nothing_else_is(world: World) -> None:
    world.stock("POST", stock_controlled=False)
    world.stock("PAIR", stock_controlled=False, pack_of={"MUG": 2})
    world.stock("POSTED-BY-OTHERS", drop_ship=True)
    world.poll()
    assert confirmed(world) == set(world.clarus.books()["products"]) == {"MUG", "BOWL", "TRAY"}
    assert (world.live_messages(), world.exceptions()) == ([], [])


def test_polling_again_pushes_nothing_and_a_change_pushes_one_product(world: World) -> None:
    world.poll()
    world.poll()
    before = world.clarus.books()["calls"]
    assert (before["create_product"], before.get("update_product", 0)) == (3, 0)
    world.stock("MUG", barcode="5012345678900")
    world.poll()
    after = world.clarus.books()["calls"]
    assert (after["create_product"], after["update_product"]) == (3, 1)


def test_a_product_that_is_there_already_is_taken_over(world: World) -> None:
    polls.poll_catalogue(world.runtime)
    world.go()
    world.store.run("truncate sku, message_key, product")
    world.store.run("delete from cursor")
    world.store.run("truncate record_key")
    world.poll()
    assert confirmed(world) == {"MUG", "BOWL", "TRAY"}
    assert world.clarus.calls("update_product") == 3
    assert len(world.clarus.books()["products"]) == 3


def test_a_refused_product_is_merchandisings_exception_and_goes_by_itself_when_it_was_corrected(world: World) -> None:
    world.clarus.switch(reject={"MUG": "barcode_exists"})
    world.poll()
    found = world.exception("sku_refused")
    assert (found["owner"], found["story"], "barcode_exists" in found["reason"]) == ("merchandising", "MUG", True)
    assert confirmed(world) == {"BOWL", "TRAY"}
    world.clarus.switch(reject={})
    world.stock("MUG", barcode="5012345678900")
    world.poll()
    assert confirmed(world) == {"MUG", "BOWL", "TRAY"}
    assert (world.live_messages(), world.exceptions()) == ([], [])


def test_a_product_too_large_for_the_warehouse_is_an_exception_of_its_own_and_spoils_no_neighbour(world: World) -> None:
    world.stock("C" * 80, "FINE")
    world.poll()
    assert "FINE" in confirmed(world)
    assert len(world.exceptions()) == 1
    assert world.exception(world.exceptions()[0])["owner"] == "merchandising"


def test_a_code_with_a_comma_is_an_exception_with_a_next_step(world: World) -> None:
    world.stock("RED,LARGE")
    world.poll()
    assert confirmed(world) == {"MUG", "BOWL", "TRAY"}
    assert ["RED,LARGE" in world.exception(kind)["reason"] for kind in world.exceptions()] == [True]


def test_a_hundred_and_twenty_products_are_asked_for_in_three_calls(world: World) -> None:
    world.stock(*(f"P{n:03d}" for n in range(117)))
    world.poll()
    assert world.khaos.calls("ExportStock") == 3
    assert len(confirmed(world)) == 120


def test_an_unanswered_creation_makes_one_product(world: World) -> None:
    world.clarus.switch(effect_then_500_next={"create_product": 1})
    world.poll()
    world.hurry()
    assert confirmed(world) == set(world.clarus.books()["products"]) == {"MUG", "BOWL", "TRAY"}


def test_the_retry_of_a_dead_product_takes_what_khaos_says_now(world: World) -> None:
    world.clarus.switch(reject={"MUG": "not_today"})
    world.poll()
    world.clarus.switch(reject={})
    recovery.retry(world.store, world.exception("sku_refused")["id"], Person("Mo"))
    world.go()
    assert "MUG" in confirmed(world)
    assert world.exceptions() == []
