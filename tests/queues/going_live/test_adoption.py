"""What another integration has sent a warehouse is adopted under its reference, or held; what is absent is sent."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.errors import Garbled
from fleet_tests.acs import Garments
from fleet_tests.gxo import ByFile
from fleet_tests.places import SAMPLES
from fleet_tests.world import World
from mappings.errors import Unmappable
from workers.cli.going_live import read_there
from workers.cli.output import NotDone
from workers.domain.fulfilment import read_row
from workers.going_live import going
from workers.going_live.matching import There, match
from workers.orders_out import polls
from workers.spine import expectations


def as_new(world: World, name: str = "leeds") -> None:
    """The warehouse has the merchant's products, and the fleet has never sent it an order."""
    world.store.run("update connection set shut_kind = 'not_live', shut_since = now() where name = %s", name)


@pytest.fixture
def new(world: World) -> World:
    world.poll()
    as_new(world)
    return world


def ready(world: World, *lines: tuple[str, int]) -> str:
    """An order in Khaos Control that the fleet has read and cannot send."""
    code = world.order(*lines)
    polls.poll_orders(world.runtime)
    world.go()
    return code


def sent_before(world: World, order: str, reference: str, units: int | None = None) -> None:
    """The integration before gave the warehouse the order."""
    row = world.store.row(
        "select b.wire from message m join message_body b on b.message_id = m.id where m.reference = %s", f"{order}-1"
    )
    assert row is not None
    body = json.loads(bytes(row["wire"]))
    body["data"]["attributes"]["reference"] = reference
    if units is not None:
        body["data"]["attributes"]["lines_changes"][0]["attributes"]["order_quantity"] = units
    world.runtime.warehouse("leeds").orders.send_order(json.dumps(body).encode())


def go_live(world: World, name: str = "leeds", **more: object) -> dict[str, int]:
    counts = going.go_live(world.runtime, going.Wish(name, "Sam", datetime.now(UTC), **more))  # type: ignore[arg-type]
    world.go()
    return {what: n for what, n in counts.items() if n}


@pytest.mark.parametrize("form", ["{order}", "{invoice}", "{associated}", "KC{order}", "SHOP/{order}/1", "{invoice}-b"])
def test_an_order_that_is_there_under_another_reference_is_adopted_and_its_dispatch_is_booked(
    new: World, form: str
) -> None:
    order = ready(new, ("MUG", 2))
    row = new.fulfilment(f"{order}-1")
    reference = form.format(order=order, invoice=row["invoice_code"], associated=row["associated_ref"])
    sent_before(new, order, reference)
    assert go_live(new, forms=("KC{order}",)) == {"adopted": 1}
    assert [one["reference"] for one in new.live()] == [reference]
    new.round_trip()
    assert len(new.shipments(order)) == 1
    assert new.fulfilments(order) == [(f"{order}-1", "dispatched")]
    assert (len(new.live()), new.exceptions()) == (1, [])


def test_one_with_other_quantities_is_held_until_a_person_has_it_sent(new: World) -> None:
    order, absent = ready(new, ("MUG", 2)), ready(new, ("BOWL", 1))
    sent_before(new, order, order, units=3)
    assert go_live(new) == {"held": 1, "to send": 1}
    assert sorted(one["reference"] for one in new.live()) == sorted([order, f"{absent}-1"])
    assert "3 x MUG" in new.exception("go_live_unmatched")["reason"]
    new.store.run("update expectation set due_at = now() - interval '1 hour' where what = 'sku_confirmed'")
    expectations.check(new.runtime)
    assert "sku_unconfirmed" not in new.exceptions()
    assert go_live(new) == {"held": 1}
    assert new.exception("go_live_unmatched")["times"] == 1
    assert going.send(new.runtime, "leeds", order, "Sam")
    assert not going.send(new.runtime, "leeds", order, "Sam")
    new.go()
    assert sorted(one["reference"] for one in new.live()) == sorted([order, f"{absent}-1", f"{order}-1"])
    assert new.exceptions() == []


def test_one_whose_goods_are_there_under_a_name_that_says_nothing_is_held_until_its_form_is_named(new: World) -> None:
    order, other = ready(new, ("MUG", 2)), ready(new, ("MUG", 3))
    sent_before(new, order, f"X{order}")
    assert go_live(new) == {"held": 1, "to send": 1}
    assert f"X{order} at the warehouse" in new.exception("go_live_unmatched")["reason"]
    assert go_live(new, forms=("X{order}",)) == {"adopted": 1}
    assert sorted(one["reference"] for one in new.live()) == sorted([f"X{order}", f"{other}-1"])
    assert new.exceptions() == []


def test_an_order_that_is_held_stays_held_when_khaos_control_changes_it(new: World) -> None:
    order = ready(new, ("MUG", 2))
    sent_before(new, order, order, units=3)
    go_live(new)
    new.khaos.post("edit", invoice=new.invoice(order), lines={"MUG": 5})
    new.poll()
    assert [one["reference"] for one in new.live()] == [order]


@pytest.mark.parametrize("row", ["nan,MUG,1", "SO1,#N/A,1", "536365.0,MUG,1", "SO1,MUG,NULL"])
def test_a_marker_in_a_file_of_what_is_there_is_refused_with_its_line(tmp_path: Path, row: str) -> None:
    (tmp_path / "there.csv").write_text(f"reference,sku,units\nSO1,BOWL,1\n{row}\n", encoding="utf-8")
    with pytest.raises(NotDone, match="line 3"):
        read_there(tmp_path / "there.csv")


def test_a_warehouse_goes_live_after_khaos_control(new: World) -> None:
    as_new(new, "khaos")
    with pytest.raises(going.NotReady, match="fleet go-live khaos"):
        go_live(new)


def test_a_warehouse_that_cannot_be_asked_is_compared_with_a_file(gxo: ByFile) -> None:
    gxo.stock(MUG=50)
    as_new(gxo.world, "gxo")
    there, absent = gxo.order(("MUG", 2)), gxo.order(("MUG", 1))
    assert go_live(gxo.world, "gxo") == {"held": 2}
    assert gxo.books()["orders"] == []
    assert go_live(gxo.world, "gxo", there={there: {"MUG": 2}}) == {"adopted": 1, "to send": 1}
    gxo.round(0.2)
    assert [one["reference"] for one in gxo.books()["orders"]] == [f"{absent}-1"]
    assert gxo.state(there) == "sent"


@pytest.mark.parametrize(
    "error",
    [Unmappable("status", "EATEN", "add a row", kind="unknown_status"), Garbled("it breaks the page")],
)
def test_an_order_that_the_warehouse_cannot_show_is_held_and_its_neighbours_are_found(
    new: World, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    orders = [ready(new, ("MUG", n)) for n in (1, 2, 3)]
    sent_before(new, orders[2], orders[2])
    reads = type(new.runtime.warehouse("leeds").order_reads)
    plain = reads.find_orders

    def find(self: Any, references: Any, facts: Any) -> Any:
        if any(one.startswith(orders[1]) for one in references):
            raise error
        return plain(self, references, facts)

    monkeypatch.setattr(reads, "find_orders", find)
    assert go_live(new) == {"adopted": 1, "held": 1, "to send": 1}
    assert new.exception("go_live_unmatched")["story"] == orders[1]


def test_capitals_and_small_letters_are_one_reference(new: World) -> None:
    order = ready(new, ("MUG", 2))
    sent_before(new, order, f"shop/{order.lower()}")
    assert go_live(new) == {"adopted": 1}
    new.round_trip()
    assert len(new.shipments(order)) == 1


def test_an_order_that_stands_in_another_building_is_held(new: World) -> None:
    order = ready(new, ("MUG", 2))
    row = read_row(new.fulfilment(f"{order}-1"))
    (here,) = match([row], [There(order, "7", {"MUG": 2}, facility=row.facility)])
    (elsewhere,) = match([row], [There(order, "7", {"MUG": 2}, facility="HUL1")])
    assert here.there is not None
    assert elsewhere.there is None
    assert f"{order} in HUL1 with 2 x MUG" in elsewhere.why


def test_an_order_whose_goods_a_file_lists_under_a_name_that_says_nothing_is_held(gxo: ByFile) -> None:
    gxo.stock(MUG=50)
    as_new(gxo.world, "gxo")
    order = gxo.order(("MUG", 2))
    assert go_live(gxo.world, "gxo", there={f"KC{order}X": {"MUG": 2}}) == {"held": 1}
    assert f"KC{order}X at the warehouse" in gxo.world.exception("go_live_unmatched")["reason"]
    assert go_live(gxo.world, "gxo", there={f"KC{order}X": {"MUG": 2}}, forms=("KC{order}X",)) == {"adopted": 1}


def test_what_is_held_is_told_as_it_was_found_last(gxo: ByFile) -> None:
    gxo.stock(MUG=50)
    as_new(gxo.world, "gxo")
    order = gxo.order(("MUG", 2))
    assert go_live(gxo.world, "gxo") == {"held": 1}
    assert "--there" in gxo.world.exception("go_live_unmatched")["reason"]
    assert go_live(gxo.world, "gxo", there={order: {"MUG": 3}}) == {"held": 1}
    assert "3 x MUG" in gxo.world.exception("go_live_unmatched")["reason"]


@pytest.fixture
def acs(build_acs: Callable[..., Garments]) -> Garments:
    """A warehouse that can be asked for an order and lists none; the integration before has sent it orders."""
    place = build_acs()
    place.stock(DRESS=4, COAT=2)
    as_new(place.world, "acs")
    return place


def put_before(acs: Garments, number: str, *lines: tuple[str, int]) -> None:
    """The integration before gave ACS an order under a number of its own, its lines under ids of its own."""
    body = json.loads((SAMPLES / "acs" / "acs_put_order_sale.json").read_text(encoding="utf-8"))
    (line,) = body["OrderItems"]
    body |= {"OrderNumber": number, "DeliveryAgent": "RM", "OrderItems": []}
    for place, (sku, units) in enumerate(lines, 1):
        body["OrderItems"].append({**line, "LineItemId": f"OLD{place}", "GarmentSKU": sku, "ItemQuantity": units})
    acs.runtime.warehouse("acs").orders.send_order(json.dumps(body).encode())


def test_an_adopted_order_whose_lines_have_other_ids_there_is_dispatched_as_any(acs: Garments) -> None:
    order = acs.order(("DRESS", 2), ("COAT", 1))
    put_before(acs, order, ("COAT", 1), ("DRESS", 2))
    assert go_live(acs.world, "acs") == {"adopted": 1}
    acs.pass_time(5.0)
    acs.poll()
    acs.world.read_back()
    acs.world.go()
    assert acs.world.fulfilments(order) == [(f"{order}-1", "dispatched")]
    assert (len(acs.world.shipments(order)), acs.world.exceptions()) == (1, [])


def test_a_warehouse_that_lists_no_orders_is_compared_with_a_file_as_well(acs: Garments) -> None:
    within, absent = acs.order(("DRESS", 1)), acs.order(("COAT", 1))
    put_before(acs, f"SHOP-{within}-1", ("DRESS", 1))
    assert go_live(acs.world, "acs") == {"held": 2}
    assert "lists no orders" in acs.world.exception("go_live_unmatched")["reason"]
    assert go_live(acs.world, "acs", there={f"SHOP-{within}-1": {"DRESS": 1}}) == {"adopted": 1, "to send": 1}
    acs.pass_time(5.0)
    acs.poll()
    assert sorted(one["number"] for one in acs.books()["orders"]) == sorted([f"SHOP-{within}-1", f"{absent}-1"])
    assert acs.world.exceptions() == []


def test_a_stock_file_that_cannot_be_read_says_what_to_ask_for_and_nothing_goes_live(acs: Garments) -> None:
    acs.order(("DRESS", 1))
    acs.switch(file_doubled_next=1)
    acs.later(timedelta(days=1))  # the name of a file has minutes only
    acs.act(stock_file={})
    with pytest.raises(going.NotReady, match="ask ACS for a new file"):
        go_live(acs.world, "acs")
    row = acs.store.row("select shut_kind from connection where name = 'acs'")
    assert row == {"shut_kind": "not_live"}
