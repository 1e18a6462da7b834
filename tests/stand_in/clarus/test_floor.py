from __future__ import annotations

from datetime import UTC, datetime

import pytest

from adapters.errors import Rejected
from fleet_tests.clarus_sandbox import Desk, Sandbox
from mappings.canonical import WarehouseStatus
from mappings.clarus import read_courier, read_order
from mappings.errors import Unmappable

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def test_a_short_pick_is_dispatched_with_fewer_units_and_says_so(desk: Desk, sandbox: Sandbox) -> None:
    wanted, by_sku = desk.fulfilment(MUG=5), desk.fulfilment(MUG=4, TRAY=2)
    sandbox.switch(short={wanted.reference: 2})
    desk.send(wanted)
    sandbox.until_status(wanted.reference, "COMPLETED")
    line = read_order(desk.detail(wanted), NOW).lines[0]
    assert (line.ordered, line.dispatched, line.short) == (5, 3, True)
    sandbox.switch(short={"sku:TRAY": 0.5})
    desk.send(by_sku)
    sandbox.until_status(by_sku.reference, "COMPLETED")
    assert {one.sku: one.dispatched for one in read_order(desk.detail(by_sku), NOW).lines} == {"MUG": 4, "TRAY": 1}


def test_an_order_found_nowhere_is_completed_without_parcels(desk: Desk, sandbox: Sandbox) -> None:
    wanted = desk.fulfilment(MUG=5)
    sandbox.switch(short={wanted.reference: 5})
    desk.send(wanted)
    sandbox.until_status(wanted.reference, "COMPLETED")
    read = read_order(desk.detail(wanted), NOW)
    assert (read.status, read.lines[0].dispatched, read.parcels) == (WarehouseStatus.DISPATCHED, 0, ())


def test_a_dispatch_in_two_goes_is_seen_half_way_with_its_first_parcel(desk: Desk, sandbox: Sandbox) -> None:
    wanted = desk.fulfilment(MUG=3, TRAY=2)
    sandbox.switch(two_goes=[wanted.reference])
    desk.send(wanted)
    sandbox.until(lambda: sandbox.order(wanted.reference)["parcels"])
    sandbox.until_status(wanted.reference, "COMPLETED")
    read = read_order(desk.detail(wanted), NOW)
    assert {line.sku: line.dispatched for line in read.lines} == {"MUG": 3, "TRAY": 2}
    assert len({parcel.shipment for parcel in read.parcels}) == 2


def test_half_a_dispatch_reads_as_in_progress(desk: Desk, sandbox: Sandbox) -> None:
    wanted = desk.fulfilment(MUG=4)
    sandbox.switch(two_goes=[wanted.reference], dispatch_seconds=0.6)
    desk.send(wanted)
    sandbox.until(lambda: sandbox.order(wanted.reference)["parcels"])
    sandbox.switch(floor=False)
    read = read_order(desk.detail(wanted), NOW)
    assert (read.status, read.lines[0].dispatched) == (WarehouseStatus.IN_PROGRESS, 2)


def test_several_parcels_have_a_tracking_number_each(desk: Desk, sandbox: Sandbox) -> None:
    wanted = desk.fulfilment(MUG=3)
    sandbox.switch(parcels={wanted.reference: 3})
    desk.send(wanted)
    sandbox.until_status(wanted.reference, "COMPLETED")
    assert len({parcel.tracking for parcel in read_order(desk.detail(wanted), NOW).parcels}) == 3


def test_over_shipping_shows_more_dispatched_than_ordered(desk: Desk, sandbox: Sandbox) -> None:
    wanted = desk.fulfilment(MUG=3)
    sandbox.switch(over={wanted.reference: 2})
    desk.send(wanted)
    sandbox.until_status(wanted.reference, "COMPLETED")
    line = read_order(desk.detail(wanted), NOW).lines[0]
    assert (line.ordered, line.dispatched) == (3, 5)


def test_a_carrier_that_no_table_knows_is_refused_by_name(desk: Desk, sandbox: Sandbox) -> None:
    wanted = desk.fulfilment(MUG=1)
    sandbox.switch(unknown_carrier={wanted.reference: "PIGEON"})
    desk.send(wanted)
    sandbox.until_status(wanted.reference, "COMPLETED")
    parcel = read_order(desk.detail(wanted), NOW).parcels[0]
    with pytest.raises(Unmappable, match="PIGEON") as told:
        read_courier(parcel.carrier)
    assert told.value.kind == "unknown_carrier"


def test_scarce_stock_part_allocates_and_goes_on_when_shorted(desk: Desk, sandbox: Sandbox) -> None:
    sandbox.ask("setup", {"stock": {"TRAY": 1}})
    wanted = desk.fulfilment(TRAY=3)
    try:
        made = desk.send(wanted)
        sandbox.until_status(wanted.reference, "PART_ALLOCATED")
        with pytest.raises(Rejected):
            desk.clarus.process_picks([made])
        desk.clarus._wire._exchange(
            "POST",
            f"{sandbox.url}/api/goods_out_processes/short_order_lines",
            b'{"ids":[%d],"description":"no stock"}' % int(made),
        )
        sandbox.until_status(wanted.reference, "COMPLETED")
        assert read_order(desk.detail(wanted), NOW).lines[0].dispatched == 1
    finally:
        sandbox.ask("setup", {"stock": {"TRAY": 1_000_000}})
