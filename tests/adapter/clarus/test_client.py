from __future__ import annotations

from datetime import UTC, datetime

import pytest

from adapters.clarus.client import Clarus
from adapters.clarus.settings import Settings
from adapters.errors import Rejected, Unauthorised
from fleet_tests.clarus_sandbox import Desk, Sandbox
from mappings.canonical import Product, WarehouseStatus
from mappings.clarus import read_order, same_order, write_assignment, write_automation, write_goods_out, write_product

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def test_ids_are_looked_up_by_code_and_are_text(clarus: Clarus, sandbox: Sandbox) -> None:
    sandbox.ask("setup", {"warehouses": ["LDS1", "MAN2"], "carriers": ["EVRI"]})
    told = clarus.reference_data()
    assert {"LDS1", "MAN2"} <= told["warehouses"].keys()
    assert {"ROYALMAIL", "DPD", "EVRI"} <= told["carriers"].keys()
    assert all(isinstance(one, str) for one in (told["account_id"], *told["warehouses"].values()))
    clarus.ping()


def test_an_account_code_that_clarus_does_not_know_is_refused_with_its_name(settings: Settings) -> None:
    with pytest.raises(Rejected, match="NOBODY") as refused:
        Clarus(settings.model_copy(update={"account": "NOBODY"})).reference_data()
    assert refused.value.symbol == "account_unknown"


def test_a_product_is_made_found_changed_and_assigned_once_however_often_it_is_asked(desk: Desk) -> None:
    goods = Product(stock_id="9", code="LAMP", description="Lamp", barcodes=("5012345678900",), stock_controlled=True)
    made = desk.clarus.create_product(write_product(goods, desk.facts))
    assert desk.clarus.assigned_products(desk.facts.account_id, [made]) == set()
    desk.clarus.assign_product(made, write_assignment(desk.facts))
    desk.clarus.assign_product(made, write_assignment(desk.facts))
    assert desk.clarus.assigned_products(desk.facts.account_id, [made, "999999"]) == {made}
    desk.clarus.update_product(made, write_product(goods.model_copy(update={"description": "Tall lamp"}), desk.facts))
    assert desk.clarus.products_by_code(["LAMP", "ABSENT"])["LAMP"]["description"] == "Tall lamp"
    with pytest.raises(Rejected) as refused:
        desk.clarus.create_product(write_product(goods, desk.facts))
    assert refused.value.symbol == "product_code_exists"


def test_an_order_is_shipped_and_read_back_as_what_was_asked_for(desk: Desk, sandbox: Sandbox) -> None:
    wanted = desk.fulfilment(MUG=3, TRAY=1)
    body = write_goods_out(wanted, desk.facts)
    made = desk.clarus.create_goods_out(body)
    kept = sandbox.until_status(wanted.reference, "COMPLETED")
    assert kept["external_system_reference1"] == wanted.invoice_code
    assert kept["external_system_reference2"] == wanted.order_code
    assert kept["address"]["address_3"] == "Leeds"
    raw = desk.detail(wanted)
    assert same_order(body, raw["lines"])
    read = read_order(raw, NOW)
    assert (read.their_id, read.reference, read.status) == (made, wanted.reference, WarehouseStatus.DISPATCHED)
    assert {line.sku: (line.ordered, line.dispatched) for line in read.lines} == {"MUG": (3, 3), "TRAY": (1, 1)}
    assert [parcel.tracking for parcel in read.parcels] == [one["tracking"] for one in kept["parcels"]]
    assert len(read.parcels) == 1


def test_orders_are_read_over_a_page_boundary_by_reference_and_by_status(desk: Desk, sandbox: Sandbox) -> None:
    sandbox.switch(floor=False)
    wanted = [desk.fulfilment(MUG=1) for _ in range(205)]
    for one in wanted:
        desk.send(one)
    references = [one.reference for one in wanted]
    found = desk.clarus.goods_outs_by_reference([*references, *references], desk.facts.account_id)
    assert sorted(node["reference"] for node in found) == sorted(references)
    pending = {node["reference"] for node in desk.clarus.goods_outs_by_status(["PENDING"], desk.facts.account_id)}
    assert set(references) <= pending
    assert len(list(desk.clarus.goods_outs_by_status(["PENDING"], desk.facts.account_id, pages=1))) == 100


def test_thirty_orders_are_read_in_detail_with_two_requests_per_twenty_five(desk: Desk, sandbox: Sandbox) -> None:
    wanted = [desk.fulfilment(MUG=1, TRAY=2) for _ in range(30)]
    for one in wanted:
        desk.send(one)
    for one in wanted:
        sandbox.until_status(one.reference, "COMPLETED")
    nodes = desk.clarus.goods_outs_by_reference([one.reference for one in wanted], desk.facts.account_id)
    before = sandbox.books()["calls"]["graphql"]
    details = desk.clarus.orders_detail(nodes)
    assert sandbox.books()["calls"]["graphql"] - before == 4
    assert [detail["goods_out"]["id"] for detail in details] == [node["id"] for node in nodes]
    assert all(len(one["lines"]) == 2 and len(one["shipments"]) == 1 == len(one["packages"]) for one in details)


def test_an_order_of_more_than_a_hundred_lines_is_read_whole(desk: Desk, sandbox: Sandbox) -> None:
    sandbox.switch(floor=False)
    products = dict(desk.facts.products)
    for number in range(130):
        code = f"MANY-{number}"
        goods = Product(stock_id=code, code=code, description=code, stock_controlled=True)
        products[code] = desk.clarus.create_product(write_product(goods, desk.facts))
        desk.clarus.assign_product(products[code], write_assignment(desk.facts))
    facts = desk.facts.model_copy(update={"products": products})
    wanted = desk.fulfilment(**{f"MANY-{number}": number + 1 for number in range(130)})
    body = write_goods_out(wanted, facts)
    desk.clarus.create_goods_out(body)
    lines = desk.detail(wanted)["lines"]
    assert len(lines) == 130
    assert same_order(body, lines)
    assert not same_order(body, lines[:-1])


def test_cancelling_deletes_what_is_pending_and_a_second_time_finds_nothing(desk: Desk, sandbox: Sandbox) -> None:
    sandbox.switch(floor=False)
    wanted = desk.fulfilment(MUG=1)
    made = desk.send(wanted)
    desk.clarus.cancel_goods_out(made)
    assert sandbox.order(wanted.reference)["deleted"]
    assert desk.clarus.goods_outs_by_reference([wanted.reference], desk.facts.account_id) == []
    with pytest.raises(Rejected) as refused:
        desk.clarus.cancel_goods_out(made)
    assert refused.value.status == 404


def test_cancelling_in_mid_pick_leaves_a_cancelled_order_and_after_dispatch_is_refused(
    desk: Desk, sandbox: Sandbox
) -> None:
    sandbox.switch(dispatch_seconds=60)
    picked, sent = desk.fulfilment(MUG=2), desk.fulfilment(MUG=2)
    made = desk.send(picked)
    sandbox.until_status(picked.reference, "PICK")
    desk.clarus.cancel_goods_out(made)
    assert read_order(desk.detail(picked), NOW).status is WarehouseStatus.CANCELLED
    sandbox.switch(dispatch_seconds=0.05)
    made = desk.send(sent)
    sandbox.until_status(sent.reference, "COMPLETED")
    with pytest.raises(Rejected) as refused:
        desk.clarus.cancel_goods_out(made)
    assert refused.value.status == 422


def test_picking_starts_on_request_where_the_warehouse_does_not_start_it(desk: Desk, sandbox: Sandbox) -> None:
    sandbox.switch(floor_releases=False)
    wanted = desk.fulfilment(MUG=1)
    made = desk.send(wanted)
    references = desk.clarus.process_picks([made])
    assert len(references) == 1
    sandbox.until_status(wanted.reference, "COMPLETED")
    with pytest.raises(Rejected) as refused:
        desk.clarus.process_picks([made])
    assert refused.value.symbol == "goods_out_already_allocated"


def test_an_automation_can_be_made(desk: Desk) -> None:
    body = write_automation("goods_out", "cancelled", "http://127.0.0.1:9/never", desk.facts)
    assert desk.clarus.create_automation(body).isdigit()


@pytest.mark.parametrize("wrong", [{"client_secret": "not-it"}, {"subdomain": "another-tenant"}])
def test_wrong_credentials_and_a_wrong_tenant_are_unauthorised(settings: Settings, wrong: dict[str, str]) -> None:
    with pytest.raises(Unauthorised):
        Clarus(settings.model_copy(update=wrong)).ping()


def test_the_older_prefix_is_served_too(settings: Settings, desk: Desk, sandbox: Sandbox) -> None:
    older = Clarus(settings.model_copy(update={"rest_prefix": "/api/v1"}))
    wanted = desk.fulfilment(MUG=1)
    assert older.create_goods_out(write_goods_out(wanted, desk.facts)) == sandbox.order(wanted.reference)["id"]
