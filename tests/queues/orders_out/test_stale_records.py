"""Old pages that are read again, and words that cross on the way: what came after them stands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fleet_tests.world import World
from workers import recovery
from workers.orders_out import polls
from workers.spine import reading
from workers.spine.people import Person
from workers.wiring.readers import reader_for


def asked(order: Any) -> dict[str, int]:
    return {sku: n["ordered"] for sku, n in order["lines"].items()}


def read(world: World) -> None:
    reading.read_inbox(world.runtime, lambda c, s: reader_for(world.runtime, c, s))


def renamed(world: World, description: str) -> None:
    """Khaos renames a product; its clock has whole seconds, so wait for another one."""
    before = world.store.row("select value from cursor where source = 'catalogue'")
    product = {"code": "MUG", "description": description, "in_stock": 100_000, "price": "2.00"}

    def moved() -> bool:
        world.khaos.post("products", products=[product], sites=["Main Site", "Annex"])
        world.poll()
        return bool(world.store.row("select value from cursor where source = 'catalogue'") != before)

    world.until(moved)


def description(world: World) -> str:
    told: str = world.store.row("select body->>'description' as d from product where code = 'MUG'")["d"]
    return told


def test_an_old_page_read_again_does_not_bring_old_quantities_back(world: World) -> None:
    order = world.order(("MUG", 5))
    world.poll()
    page = world.store.row("select id from record where source = 'orders' order by id limit 1")["id"]
    world.khaos.post("edit", invoice=world.invoice(order), lines={"MUG": 3})
    world.poll()
    world.poll()
    assert [asked(o) for o in world.live()] == [{"MUG": 3}]
    world.runtime.store.row("select read_record_again(%s)", page)
    world.go()
    world.poll()
    assert [asked(o) for o in world.live()] == [{"MUG": 3}]


def test_retrying_an_unreadable_order_does_not_revive_a_cancelled_one_of_the_same_page(world: World) -> None:
    cancelled = world.order(("MUG", 1))
    world.order(("BOWL", 2), country="ZZ")
    world.poll()
    world.khaos.post("cancel", order=cancelled)
    world.poll()
    assert world.live() == []
    recovery.retry(world.store, world.exception("bad_address")["id"], Person("Mo"))
    world.go()
    world.poll()
    assert (world.live(), world.exceptions()) == ([], ["bad_address"])


def test_the_proof_of_one_cancellation_does_not_revive_a_neighbour_that_was_cancelled_meanwhile(world: World) -> None:
    gone, changed = world.order(("MUG", 1)), world.order(("BOWL", 2))
    world.poll()
    world.khaos.post("edit", invoice=world.invoice(changed), lines={"BOWL": 1})
    world.khaos.post("edit", invoice=world.invoice(gone), lines={"MUG": 4})
    polls.poll_orders(world.runtime)
    read(world)
    world.store.run("update message set due_at = now() + interval '1 hour' where reference = %s", f"{changed}-1")
    world.go()
    world.khaos.post("cancel", order=gone)
    world.poll()
    world.store.run("update message set due_at = now() where reference = %s", f"{changed}-1")
    world.go()
    world.poll()
    assert [(o["reference"], asked(o)) for o in world.live()] == [(f"{changed}-2", {"BOWL": 1})]


def test_an_order_withdrawn_while_its_change_is_being_cancelled_is_not_sent_again(world: World) -> None:
    order = world.order(("MUG", 5))
    world.poll()
    world.khaos.post("edit", invoice=world.invoice(order), lines={"MUG": 3})
    world.clarus.switch(error_next=1)
    world.poll()
    assert world.fulfilments(order) == [(f"{order}-1", "cancelling")]
    world.khaos.post("stage", invoice=world.invoice(order), stage=17)
    world.poll()
    world.hurry()
    world.poll()
    assert world.live() == []


def test_the_new_code_of_a_part_invoice_is_flagged_although_the_order_has_room_for_it(world: World) -> None:
    world.stock("SCARCE", units=2)
    order = world.order(("SCARCE", 5))
    world.poll()
    world.khaos.post("recode", invoice=world.invoice(order))
    world.poll()
    assert [asked(o) for o in world.live()] == [{"SCARCE": 2}]
    assert world.exceptions() == ["invoice_recoded"]


def test_a_product_renamed_there_and_back_is_three_versions_and_an_old_record_changes_nothing(world: World) -> None:
    renamed(world, "Blue")
    page = world.store.row("select max(id) as id from record where source = 'products'")["id"]
    renamed(world, "Red")
    assert description(world) == "Red"
    world.runtime.store.row("select read_record_again(%s)", page)
    world.go()
    assert description(world) == "Red"
    renamed(world, "Blue")
    assert description(world) == "Blue"


def test_a_line_that_turns_out_to_be_postage_is_no_change_of_the_order(world: World) -> None:
    postage = {"code": "POST", "description": "Postage", "in_stock": 0, "price": "2.00", "stock_controlled": False}
    world.khaos.post("products", products=[postage], sites=["Main Site", "Annex"])
    world.stock("SCARCE", units=2)
    order = world.order(("SCARCE", 5), ("POST", 1))
    polls.poll_orders(world.runtime)
    world.go()
    world.poll()
    world.khaos.post("receive", code="SCARCE", quantity=10)
    world.poll()
    assert world.fulfilments(order)[0] == (f"{order}-1", "sent")
    assert sum(asked(o)["SCARCE"] for o in world.live()) == 5


def test_a_short_pick_stays_open_until_its_own_goods_have_left(world: World) -> None:
    world.stock("RARE", units=0)
    order = world.order(("MUG", 5), ("RARE", 2))
    world.poll()
    world.ship(short={"sku:MUG": 2})
    world.sweep()
    world.read_back()
    world.clarus.switch(short={})
    rest = next(i for i in world.invoices(order) if i["lines"] == {"MUG": 2})
    world.khaos.post("stage", invoice=rest["invoice"], stage=17)
    world.khaos.post("receive", code="RARE", quantity=10)
    world.poll()
    world.round_trip()
    assert "short_pick" in world.exceptions()


def test_an_order_that_was_cancelled_before_it_could_be_read_is_no_exception_any_more(
    build: Callable[..., World],
) -> None:
    world = build()
    order = world.order(("MUG", 1), country="ZZ")
    world.poll()
    assert world.exceptions() == ["bad_address"]
    world.khaos.post("cancel", order=order)
    world.poll()
    assert world.exceptions() == []


def test_what_was_read_from_a_record_that_is_purged_by_now_is_not_said_to_be_read_again(world: World) -> None:
    record = world.store.receive("leeds", "order", "odd", b'{"goods_out": {"id": "7"}}')
    world.go()
    (before,) = world.store.rows("select * from exception where state = 'open'")
    world.store.run("delete from record where id = %s", record)
    recovery.retry(world.store, before["id"], Person("Mo"))
    world.go()
    (after,) = world.store.rows("select * from exception where state = 'open'")
    assert after["id"] == before["id"]
    assert f"record {record} was purged" in after["reason"]
