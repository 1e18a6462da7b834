"""Order lines with a site of their own: picked and promised there; no warehouse serves two sites with one invoice."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from fleet_tests.world import World
from mappings.khaos import read_line_sites
from workers.stock_in import demand

SITES = '{ LDS1 = "Main Site", YRK1 = "Annex" }'
ROUTING = "".join(
    f'[[routing]]\nname = "{site}"\nwhen = {{ site = ["{site}"] }}\nto = "leeds"\nfacility = "{facility}"\n'
    for facility, site in (("LDS1", "Main Site"), ("YRK1", "Annex"))
)


@pytest.fixture
def world(build: Callable[..., World], monkeypatch: pytest.MonkeyPatch) -> World:
    """Two buildings, and a Khaos Control that names the Annex on every line of a mug."""
    world = build(sites=SITES, routing=ROUTING)
    world.clarus.post("setup", warehouses=["LDS1", "YRK1"])
    world.runtime.read_facts("leeds")
    world.opening(MUG=10, BOWL=10)
    whole = world.runtime.erp.fetch_orders

    def fetched(orders: list[str]) -> bytes:
        named = rb"<ORDER_ITEM>\1<SITE>Annex</SITE>"
        return re.sub(rb"<ORDER_ITEM>(\s*<STOCK_CODE>MUG</STOCK_CODE>)", named, whole(orders))

    monkeypatch.setattr(world.runtime.erp, "fetch_orders", fetched)
    return world


def promised(world: World, site: str) -> dict[str, int]:
    rows = world.store.rows("select sku, demand from figures(%s, array['MUG', 'BOWL'], 'issue')", site)
    return {row["sku"]: row["demand"] for row in rows if row["demand"]}


def test_lines_of_another_site_go_to_its_warehouse_and_are_promised_there(world: World) -> None:
    order = world.order(("MUG", 4))
    demand.poll_demand(world.runtime)
    assert (promised(world, "Main Site"), promised(world, "Annex")) == ({}, {"MUG": 4})
    world.poll()
    found = world.fulfilment(f"{order}-1")
    assert (found["site"], found["facility"]) == ("Annex", "YRK1")
    demand.poll_demand(world.runtime)
    assert (promised(world, "Main Site"), promised(world, "Annex")) == ({}, {"MUG": 4})


def test_an_invoice_of_two_sites_is_nobodys_and_each_line_is_promised_at_its_own(world: World) -> None:
    order = world.order(("MUG", 4), ("BOWL", 3))
    world.poll()
    assert world.fulfilments(order) == []
    found = world.exception("route_site_conflict")
    assert (found["story"], found["owner"]) == (order, "operations")
    assert "split the invoice" in found["reason"]
    demand.poll_demand(world.runtime)
    assert (promised(world, "Main Site"), promised(world, "Annex")) == ({"BOWL": 3}, {"MUG": 4})


def test_only_lines_of_another_site_than_their_order_are_told_and_several_sites_of_one_sku_as_none() -> None:
    def line(sku: str, site: str) -> str:
        return f"<ORDER_ITEM><STOCK_CODE>{sku}</STOCK_CODE><SITE>{site}</SITE></ORDER_ITEM>"

    header = "<ORDER_HEADER><SORDER_CODE>SO1</SORDER_CODE><SITE>Main</SITE></ORDER_HEADER>"
    items = line("A", "Main") + line("B", "York") + line("C", "York") + line("C", "") + line("D", "")
    text = f"<SALES_ORDERS><SALES_ORDER>{header}<ORDER_ITEMS>{items}</ORDER_ITEMS></SALES_ORDER></SALES_ORDERS>"
    assert read_line_sites(text) == {"SO1": {"B": "York", "C": ""}}
