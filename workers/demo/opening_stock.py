"""The morning of the demo: products in Khaos Control, stock on both sides, and a fleet that has counted both."""

from __future__ import annotations

import time

from workers.demo import opening_wardrobe
from workers.demo.orders_file.product_facts import facts_of
from workers.demo.orders_file.reading import OrdersFile
from workers.demo.setting import wardrobe
from workers.demo.setting.buildings import BUILDINGS, CLARUS, CONNECTIONS, GXO, HOUSES
from workers.demo.setting.plan import Plan
from workers.demo.setting.stand_ins import Partners
from workers.ledger.store import Store

AT_ONCE = 500  # products in one call
STILL = 6.0  # seconds without another product: the rest cannot come
PATIENCE, EACH_PRODUCT = 180.0, 0.2  # seconds, and more for each product of the file

SYNCED = """
select (select count(*) from message_key where flow = 'sku-sync' and kind = 'product') as told,
       (select count(*) from message where flow = 'sku-sync' and state <> 'dead')
     + (select count(*) from record_unread) as open
"""
COUNT = """
update schedule set due_at = now()
 where running is null and (last_end is null or last_end < %s or last_error is not null)
   and (name like 'compare %%' or name in (
        select 'count ' || site from home where counted_at is null or counted_at < %s))
"""
COUNTED = """
select (select count(*) from home where counted_at is null or (counted_at < %s and site = any (%s)))
     + (select count(*) from schedule where name like 'compare %%'
           and (last_end is null or last_end < %s or running is not null or last_error is not null))
     + (select count(*) from recount) + (select count(*) from level where due_at is not null)
     + (select count(*) from message where flow = 'stock-in' and state <> 'dead') as open
"""


def stock_up(partners: Partners, file: OrdersFile, plan: Plan) -> None:
    """The products in Khaos Control, the file's and ACS's, and the opening stock there and at Clarus."""
    goods = {one.code for one in file.products if one.stock_controlled}
    partners.at_clarus(
        "setup",
        {
            "stock": [
                {"product": sku, "warehouse": house.facility, "quantity": plan.opening[house.site].get(sku, 0)}
                for house in CLARUS
                for sku in sorted(goods)
            ]
        },
    )
    rows = [
        {
            "code": product.code,
            "description": product.description,
            "stock_controlled": product.stock_controlled,
            "price": str(product.price),
            **facts_of(product.code, product.price),
            "site": house.site,
            "in_stock": plan.opening[house.site].get(product.code, 0),
        }
        for house in HOUSES
        for product in file.products
        if house is HOUSES[0] or plan.opening[house.site].get(product.code, 0)
    ]
    rows += opening_wardrobe.rows()
    sites = [site for house in BUILDINGS for site in house.sites]
    for start in range(0, len(rows), AT_ONCE):
        partners.at_khaos("products", {"sites": sites, "products": rows[start : start + AT_ONCE]})


def wait_for_products(store: Store, file: OrdersFile) -> bool:
    """Have the catalogue read now, and wait until every warehouse has confirmed or refused what can be told to it.

    False when that takes too long: the day begins all the same.
    """
    store.run("update schedule set due_at = now() where name like 'catalogue %%'")
    goods = sum(one.stock_controlled for one in file.products) + len(wardrobe.STYLES)
    expected = len(CONNECTIONS) * goods
    ends, told, since = _ends(file), 0, time.monotonic()
    while time.monotonic() < ends:
        row = store.row(SYNCED) or {"told": 0, "open": 1}
        if row["told"] != told:
            told, since = row["told"], time.monotonic()
        if not row["open"] and told and (told >= expected or time.monotonic() - since > STILL):
            return True
        time.sleep(0.3)
    return False


def stock_up_gxo(partners: Partners, plan: Plan) -> None:
    """The plan's opening stock at GXO, of the items that it has accepted: it holds nothing that it does not know."""
    known = partners.gxo_books("items")["items"]
    stock = {
        house.facility: {sku: n for sku, n in plan.opening[house.site].items() if sku in known[house.facility]}
        for house in GXO
    }
    partners.at_gxo("setup", {"stock": stock})


def count_buildings(partners: Partners, store: Store, file: OrdersFile) -> bool:
    """Have every building counted now, as on a first night, and wait until Khaos Control shows it all.

    ACS's file says by its name when it was written, to the second: any file of it will do.

    False when that takes too long: the day begins all the same.
    """
    row = store.row("select clock_timestamp() as at")
    assert row is not None
    at, ends = row["at"], _ends(file)
    ask_for_counts(partners)
    while time.monotonic() < ends:
        store.run(COUNT, at, at)
        left = store.row(COUNTED, at, [house.site for house in HOUSES], at)
        if left and not left["open"]:
            return True
        time.sleep(0.5)
    return False


def _ends(file: OrdersFile) -> float:
    return time.monotonic() + PATIENCE + EACH_PRODUCT * len(file.products)


def ask_for_counts(partners: Partners) -> None:
    """Have each building that cannot be asked by the fleet tell everything that it holds."""
    for house in GXO:
        partners.ask_for_count(house.facility)
    partners.at_acs("floor", {"stock_file": {}})
