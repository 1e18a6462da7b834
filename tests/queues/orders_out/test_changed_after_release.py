"""What Khaos Control changes of an order after its release: it reaches the warehouse, or somebody hears of it."""

from __future__ import annotations

from typing import Any

import pytest

from fleet_tests.world import sales_order
from workers.orders_out import polls


def asked(order: Any) -> dict[str, int]:
    return {sku: n["ordered"] for sku, n in order["lines"].items()}


def test_a_line_added_to_a_sent_invoice_is_not_shipped_without_it(world: Any) -> None:
    order = world.order(("MUG", 1))
    world.poll()
    world.khaos.post("edit", invoice=world.invoice(order), lines={"MUG": 1, "BOWL": 2})
    for _ in range(3):
        world.poll()
    # the order's own document still says one mug: whether it may become more, a person says
    assert (world.live(), world.exceptions()) == ([], ["remainder_unmatched"])


def test_a_line_added_while_the_order_waits_for_a_sku_is_sent_with_it(world: Any) -> None:
    world.poll()
    world.stock("LATE")
    order = world.order(("LATE", 1))
    polls.poll_orders(world.runtime)
    world.go()
    world.khaos.post("edit", invoice=world.invoice(order), lines={"LATE": 1, "BOWL": 2})
    polls.poll_orders(world.runtime)
    world.go()
    world.poll()
    world.poll()
    assert [asked(o) for o in world.live()] == [{"LATE": 1, "BOWL": 2}]


def test_a_quantity_raised_after_release_is_sent(world: Any) -> None:
    world.stock("SCARCE", units=1)
    order = world.order(("SCARCE", 3))
    world.poll()
    assert [asked(o) for o in world.live()] == [{"SCARCE": 1}]
    world.khaos.post("edit", invoice=world.invoice(order), lines={"SCARCE": 3})
    for _ in range(3):
        world.poll()
    assert [asked(o) for o in world.live()] == [{"SCARCE": 3}]


@pytest.mark.parametrize(
    "texts",
    [
        {"IADDRESS1": "99 Other Street"},
        {"COURIER_CODE": "DPD24"},
        {"ORDER_NOTE": "leave it with the neighbour"},
        {"REQUIRED_BY_DATE": "21/12/2026"},
    ],
)
def test_an_address_a_courier_a_note_or_a_day_changed_after_release_reaches_the_warehouse(
    world: Any, texts: Any
) -> None:
    text = sales_order("BYDPD", [("MUG", 1)])
    said = (
        "<COURIER_CODE>DPD48</COURIER_CODE><ORDER_NOTE>ring</ORDER_NOTE><REQUIRED_BY_DATE>20/12/2026</REQUIRED_BY_DATE>"
    )
    text = text.replace("</ASSOCIATED_REF>", f"</ASSOCIATED_REF>{said}")
    order = str(world.shop.import_orders(text).imported[0].order_code)
    world.poll()
    world.poll_open()
    world.khaos.post("edit", order=order, texts=texts)
    world.poll_open()
    world.poll()
    assert [state for _, state in world.fulfilments(order)] == ["cancelled", "sent"]
    assert [o["reference"] for o in world.live()] == [f"{order}-2"]


def test_what_was_sent_before_its_note_was_kept_is_not_sent_anew_for_it(world: Any) -> None:
    order = world.order(("MUG", 1))
    world.poll()
    world.store.run("update fulfilment set wishes = null")
    world.poll_open()
    world.poll()
    assert world.fulfilments(order) == [(f"{order}-1", "sent")]


def test_a_note_that_is_changed_when_a_part_has_left_is_told_once(world: Any) -> None:
    text = sales_order("NOTED", [("MUG", 2)]).replace(
        "</ASSOCIATED_REF>", "</ASSOCIATED_REF><ORDER_NOTE>a</ORDER_NOTE>"
    )
    order = str(world.shop.import_orders(text).imported[0].order_code)
    world.poll()
    world.store.run("update fulfilment set state = 'part_dispatched'")
    world.khaos.post("edit", order=order, texts={"ORDER_NOTE": "b"})
    for _ in range(2):
        world.store.run("select want_order('khaos', %s)", order)
        world.poll()
    found = world.exception("changed_after_release")
    assert ("the note or the address of order" in found["reason"], found["times"]) == (True, 1)


def test_an_address_that_is_changed_when_a_part_has_left_is_told_once(world: Any) -> None:
    order = world.order(("MUG", 6))
    world.poll()
    world.clarus.switch(floor=True, pick_seconds=0.0, dispatch_seconds=1.0, two_goes=[f"{order}-1"])
    world.until(lambda: world.there()[0]["lines"]["MUG"]["dispatched"] == 3)
    world.clarus.switch(floor=False)
    world.sweep()
    for _ in range(2):
        world.poll()
        world.read_back()
        world.poll_open()
    assert (world.fulfilments(order), world.exceptions()) == ([(f"{order}-1", "part_dispatched")], [])
    world.khaos.post("edit", order=order, texts={"IADDRESS1": "99 Other Street"})
    for _ in range(2):
        world.poll_open()
        world.poll()
    found = world.exception("changed_after_release")
    assert ("the note or the address of order" in found["reason"], found["times"]) == (True, 1)


def test_an_order_that_nobody_changed_is_not_sent_anew_by_being_looked_at(world: Any) -> None:
    order = world.order(("MUG", 1))
    for _ in range(3):
        world.poll()
        world.poll_open()
    assert world.fulfilments(order) == [(f"{order}-1", "sent")]
    assert len(world.store.rows("select 1 from record where source = 'orders'")) <= 6
