"""Tracking numbers that come late, or stand where nobody can place them: each is told or named."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest

from fleet_tests.gxo import ByFile
from fleet_tests.world import World


def say(world: World, order: str, *packages: tuple[str | None, str | None], shipments: int = 1) -> None:
    """Clarus shows the order as it is now: one MUG left, in packages of (tracking number, shipment)."""
    row = world.fulfilment(f"{order}-1")
    body = json.dumps(
        {
            "goods_out": {"id": row["their_id"], "reference": f"{order}-1", "goods_out_status": {"code": "COMPLETED"}},
            "lines": [
                {
                    "id": "1", "order_quantity": 1.0, "allocated_quantity": 1.0, "pick_quantity": 1.0,
                    "dispatch_quantity": 1.0, "short_status": None, "product": {"id": "1", "code": "MUG"},
                }
            ],
            "shipments": [
                {
                    "id": str(77 + n), "reference": f"SHP{77 + n}", "status": "dispatched", "carrier": {"code": "DPD"},
                    "carrier_service": {"code": "ND"},
                }
                for n in range(shipments)
            ],
            "packages": [
                {"id": str(n), "tracking_number": number, "shipment": shipment and {"id": shipment}}
                for n, (number, shipment) in enumerate(packages)
            ],
        }
    ).encode()  # fmt: skip
    world.store.receive("leeds", "order", hashlib.sha256(body).hexdigest(), body)


def hear(world: World) -> None:
    world.go()
    world.read_back()
    world.go()


@pytest.fixture
def order(world: World) -> str:
    """An order that stands at Clarus."""
    world.poll()
    code = world.order(("MUG", 1))
    world.poll()
    return code


def parcels(world: World, order: str) -> list[str]:
    rows = world.store.rows("select parcels from shipment where fulfilment = %s order by number", f"{order}-1")
    return [parcel["tracking"] for row in rows for parcel in row["parcels"]]


def test_a_number_that_comes_after_khaos_was_told_is_kept_and_named(world: World, order: str) -> None:
    say(world, order, (None, "77"))
    hear(world)
    say(world, order, ("TRK123", "77"))
    hear(world)
    found = world.exception("tracking_late")
    assert (world.exceptions(), parcels(world, order)) == (["tracking_late"], ["TRK123"])
    assert all(word in found["reason"] for word in ("TRK123", "SHP77", f"{order}-1/S1", world.invoice(order)))
    assert len(world.shipments(order)) == 1


def test_a_late_number_is_named_once_and_each_further_one_for_itself(world: World, order: str) -> None:
    say(world, order, (None, "77"))
    hear(world)
    for numbers in (["TRK1"], ["TRK1", "TRK2"], ["TRK2", "TRK1"]):
        say(world, order, *((number, "77") for number in numbers))
        hear(world)
    rows = world.store.rows("select subject, times from exception where kind = 'tracking_late' order by id")
    assert [(row["subject"].rsplit(":", 1)[1], row["times"]) for row in rows] == [("TRK1", 1), ("TRK2", 1)]
    assert parcels(world, order) == ["TRK1", "TRK2"]


def test_a_number_that_comes_before_khaos_is_told_goes_along(build: Callable[..., World]) -> None:
    world = build(khaos_more="")  # no way is set for telling Khaos of dispatches, so that nothing is sent
    world.poll()
    order = world.order(("MUG", 1))
    world.poll()
    say(world, order, (None, "77"))
    world.go()
    say(world, order, ("TRK123", "77"))
    world.go()
    assert (world.exceptions(), parcels(world, order)) == (["dispatch_route_missing"], ["TRK123"])
    row = world.store.row(
        "select b.body from message m join message_body b on b.message_id = m.id where m.kind = 'shipment'"
    )
    assert row is not None
    assert [parcel["tracking"] for parcel in row["body"]["parcels"]] == ["TRK123"]


@pytest.mark.parametrize("adrift", ["78", None])
def test_a_package_of_a_shipment_that_is_not_shown_is_named_and_the_dispatch_told(
    world: World, order: str, adrift: str | None
) -> None:
    say(world, order, ("TRK1", "77"), ("TRK2", adrift))
    hear(world)
    found = world.exception("tracking_not_used")
    assert (world.exceptions(), "TRK2" in found["reason"], found["story"]) == (["tracking_not_used"], True, order)
    assert "TRK1" in str(world.shipments(order))


def test_numbers_that_a_file_tells_where_no_parcel_has_them_are_named(build_gxo: Callable[..., ByFile]) -> None:
    gxo = build_gxo()
    gxo.stock(MUG=20)
    gxo.switch(floor=False)
    order = gxo.order(("MUG", 2))
    told: list[tuple[str, ...]] = [
        ("W06", "F", f"{order}-1", gxo.site.today("GBNH01"), "SHP1"), ("N1", "WH", "GXO", "ZZ", "GBNH01"),
        ("W27", "U", "ROYM", "RM-48", "PP"), ("LX", "1"), ("MAN", "CP", "TRK1"), ("MAN", "ZZ", "ODD7"),
        ("W12", "CC", "2", "2", "0", "EA", "", "SK", "MUG"), ("W03", "2"),
    ]  # fmt: skip
    gxo.tell("945", *told)
    found: Any = gxo.world.exception("tracking_not_used")
    assert all(word in found["reason"] for word in ("ODD7", "MAN02", "SHP1", f"{order}-1"))
    assert "TRK1" in str(gxo.world.shipments(order))
