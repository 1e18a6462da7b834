"""Dispatches of garments as they are really told: numbers in odd places, other goods, orders that cannot be shown."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.acs.sandbox.orders import Status
from fleet_tests.acs import Garments, refuse_one


@pytest.fixture
def acs(build_acs: Callable[..., Garments]) -> Garments:
    place = build_acs(switches={"floor": False})
    place.stock(DRESS=4, COAT=2)
    return place


def told(acs: Garments, order: str, *items: dict[str, Any], parcels: Any = (), **more: Any) -> None:
    lines = [{"LineItemId": "L1", "GarmentSKU": "DRESS", "RFID": "", "Quantity": 1, **item} for item in items]
    acs.tell("order.dispatched", OrderNumber=f"{order}-1", Parcels=list(parcels), Items=lines, ShortItems=[], **more)


def numbers(acs: Garments, order: str) -> list[str]:
    acs.world.read_back()
    acs.world.go()
    rows = acs.store.rows("select parcels from shipment where fulfilment = %s order by number", f"{order}-1")
    return [parcel["tracking"] for row in rows for parcel in row["parcels"]]


RM = {"Carrier": "RM", "Service": "48"}


@pytest.mark.parametrize(
    ("parcels", "at_lines", "kept"),
    [
        ([], ["JX1GB", "JX1GB"], ["JX1GB"]),
        ([], ["JX1GB", "JX2GB"], ["JX1GB", "JX2GB"]),
        ([{**RM, "TrackingNumber": "JX1GB"}], ["JX1GB", "JX2GB"], ["JX1GB", "JX2GB"]),
        ([{**RM, "TrackingNumber": None}], ["JX1GB", ""], ["JX1GB"]),
        ([{**RM, "TrackingNumber": ["JX1GB", "JX2GB"]}], ["", ""], ["JX1GB", "JX2GB"]),
        ([{**RM, "TrackingNumber": "JX1GB, JX2GB"}], ["JX1GB", "null"], ["JX1GB", "JX2GB"]),
        ([{**RM, "TrackingNumber": "NULL"}], ["nan", "N/A"], [""]),
        ([{**RM, "TrackingNumber": "JX1GB"}, {**RM, "TrackingNumber": "JX1GB"}], ["", ""], ["JX1GB"]),
    ],
)
def test_every_number_is_a_parcels_wherever_it_stands(
    acs: Garments, parcels: list[Any], at_lines: list[str], kept: list[str]
) -> None:
    order = acs.order(("DRESS", 2))
    told(acs, order, *({"TrackingNumber": one} for one in at_lines), parcels=parcels)
    assert (numbers(acs, order), acs.world.exceptions()) == (kept, [])
    assert acs.world.fulfilment(f"{order}-1")["state"] == "dispatched"


def test_a_number_that_comes_after_the_dispatch_is_that_of_the_parcel_without_one(acs: Garments) -> None:
    order = acs.order(("DRESS", 1))
    number = f"{order}-1"
    told(acs, order, {"RFID": "A" * 24}, parcels=[{**RM, "TrackingNumber": ""}])
    told(acs, order, {"RFID": "A" * 24}, parcels=[{**RM, "TrackingNumber": "JX7GB"}])
    (row,) = acs.store.rows("select parcels from shipment where fulfilment = %s", number)
    assert [parcel["tracking"] for parcel in row["parcels"]] == ["JX7GB"]
    assert acs.world.exceptions() == ["tracking_late"]


def rest_due(acs: Garments, order: str) -> datetime:
    row = acs.store.row("select due_at from expectation where what = 'rest' and story = %s", order)
    assert row is not None
    return row["due_at"]  # type: ignore[no-any-return]


def test_the_rest_of_an_order_is_overdue_by_the_warehouses_working_days(acs: Garments) -> None:
    sale, hire = acs.order(("DRESS", 2)), acs.order(("COAT", 2, "hire"), event=acs.soon())
    orders = acs.runtime.warehouse("acs").garment_orders
    leaves = acs.store.row("select due_at from expectation where what = 'dispatch' and story = %s", hire)
    before = orders.due(None, datetime.now(UTC))
    told(acs, sale, {"RFID": "A" * 24}, Partial=True)
    told(acs, hire, {"LineItemId": "L1.1", "GarmentSKU": "COAT", "RFID": "B" * 24}, Partial=True)
    assert before <= rest_due(acs, sale).replace(second=0, microsecond=0) <= orders.due(None, datetime.now(UTC))
    assert leaves == {"due_at": rest_due(acs, hire)}  # one that left early does not hurry the rest


@pytest.mark.parametrize("by", ["code", "tag"])
def test_other_goods_than_were_ordered_are_a_persons_and_khaos_is_not_told(acs: Garments, by: str) -> None:
    acs.count()
    coat = next(one.tag for one in acs.site.garments if one.product_sku == "COAT")
    dress = next(one.tag for one in acs.site.garments if one.product_sku == "DRESS")
    order = acs.order(("DRESS", 1))
    line = {"GarmentSKU": "COAT", "RFID": dress} if by == "code" else {"GarmentSKU": "DRESS", "RFID": coat}
    told(acs, order, line, parcels=[{**RM, "TrackingNumber": "JX1GB"}])
    acs.tell_again(*acs.told("order.dispatched"))
    found = acs.world.exception("substituted")
    assert (acs.world.exceptions(), found["owner"]) == (["substituted"], "operations")
    assert "is COAT, line L1 asked for DRESS" in found["reason"]
    assert acs.world.shipments(order) == []
    assert acs.states()[line["RFID"]] == "sold", "it left all the same"


def test_a_code_of_the_warehouses_own_for_a_garment_is_no_other_goods(acs: Garments) -> None:
    order = acs.order(("DRESS", 1))
    told(acs, order, {"GarmentSKU": "ACS-77812", "RFID": "B" * 24}, parcels=[{**RM, "TrackingNumber": "JX1GB"}])
    acs.world.read_back()
    acs.world.go()
    assert ([one["lines"] for one in acs.world.shipments(order)], acs.world.exceptions()) == ([{"DRESS": 1}], [])


@pytest.mark.parametrize("quantity", ["1e999999999", "3000000000", "-1", "0.5"])
def test_an_absurd_quantity_is_parked_by_name_and_the_next_event_is_read(acs: Garments, quantity: str) -> None:
    bad, good = acs.order(("DRESS", 1)), acs.order(("DRESS", 1))
    told(acs, bad, {"Quantity": quantity})
    told(acs, good, {"Quantity": "1.0"}, parcels=[{**RM, "TrackingNumber": "JX1GB"}])
    assert acs.world.fulfilment(f"{good}-1")["state"] == "dispatched"
    (kind,) = acs.world.exceptions()
    assert kind in ("absurd_quantity", "fractional_quantity")
    assert "Quantity" in acs.world.exception(kind)["reason"]


@pytest.mark.parametrize("status", [400, 500])
def test_an_open_order_that_cannot_be_shown_keeps_no_other_from_being_read(
    build_acs: Callable[..., Garments], monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    acs = build_acs(switches={"event_url": ""})
    acs.stock(DRESS=9)
    orders = [acs.order(("DRESS", 1)) for _ in range(3)]
    acs.pass_time()
    refuse_one(monkeypatch, f"{orders[0]}-1", status)
    acs.poll()
    states = [acs.world.fulfilment(f"{order}-1")["state"] for order in orders]
    assert states == ["sent", "dispatched", "dispatched"]
    found = acs.world.exception("not_exported")
    assert (acs.world.exceptions(), found["story"], f"{status}" in found["reason"]) == (
        ["not_exported"],
        f"{orders[0]}-1",
        True,
    )
    monkeypatch.undo()
    acs.poll()
    assert acs.world.fulfilment(f"{orders[0]}-1")["state"] == "dispatched"
    assert acs.world.exceptions() == []


def test_an_order_that_waits_for_somebody_at_the_warehouse_is_told_until_it_goes_on(
    build_acs: Callable[..., Garments],
) -> None:
    acs = build_acs(switches={"event_url": "", "floor": False})
    acs.stock(DRESS=2)
    order = acs.order(("DRESS", 1))
    acs.site.orders.find(f"{order}-1").move(Status.ON_HOLD)
    acs.poll()
    found = acs.world.exception("held_at_warehouse")
    assert (acs.world.exceptions(), found["owner"], found["story"]) == (["held_at_warehouse"], "operations", order)
    acs.switch(floor=True)
    acs.act(release={"order": f"{order}-1"})
    acs.pass_time()
    acs.poll()
    assert (acs.world.fulfilment(f"{order}-1")["state"], acs.world.exceptions()) == ("dispatched", [])
