"""What Khaos Control posts by itself over its channel: items, levels and order statuses, read from the ledger.

The SOAP polls stay: a push may come twice, late or not at all, so it brings forward what they would find out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mappings.canonical import Product
from workers import sku_sync
from workers.reading import Reading

UNTOLD = ("commodity_code", "country_of_origin", "parent_code", "is_parent", "pack_of", "weight_grams", "buy_price")


def read_stock(reading: Reading) -> None:
    """Reader of items that changed, as the catalogue poll reads them; and of those that were deleted."""
    erp = reading.runtime.configuration.erp.name
    channel, body = reading.runtime.erp.channel, reading.record.body
    products, gone, unreadable = channel.read_stock(body, _codes(reading) if b"Relationship" in body else {})
    for entry in unreadable:
        reading.park("sku-sync", entry)
    rows = reading.run(
        "select code, body from product where erp = %s and code = any (%s)", erp, [product.code for product in products]
    )
    known = {row["code"]: Product.model_validate(row["body"]) for row in rows}
    sku_sync.take(reading, [_whole(product, known[product.code]) for product in products if product.code in known])
    told = [product.code for product in products]
    reading.run("update product set deleted_at = null where erp = %s and code = any (%s)", erp, told)
    if set(told) - set(known):
        # a push does not say which items are packs or parents of variants: a new one is read whole, and now
        reading.run("update schedule set due_at = now() where name = %s", f"catalogue {erp}")
    for stock_id in gone:
        _deleted(reading, stock_id)


def _codes(reading: Reading) -> dict[str, str]:
    rows = reading.run(
        "select body->>'stock_id' as id, code from product where erp = %s", reading.runtime.configuration.erp.name
    )
    return {row["id"]: row["code"] for row in rows}


def _whole(told: Product, known: Product) -> Product:
    """What a push says of a product, and what it has no word for as it was."""
    blank = {name: getattr(known, name) for name in UNTOLD if not getattr(told, name)}
    attributes = {**dict(known.attributes), **dict(told.attributes)}
    return told.model_copy(update={**blank, "attributes": tuple(attributes.items())})


def _deleted(reading: Reading, stock_id: str) -> None:
    """An item is not for sale any more; where a warehouse still holds it, merchandising must say what becomes of it."""
    erp = reading.runtime.configuration.erp.name
    rows = reading.run(
        "update product set deleted_at = coalesce(deleted_at, now()),"
        " body = jsonb_set(body, '{discontinued}', 'true') where erp = %s and body->>'stock_id' = %s"
        " and record_id <= %s returning code",
        erp,
        stock_id,
        reading.record.id,
    )
    for row in rows:
        held = reading.run(
            "select home, good + coalesce((select sum(o.value::integer) from jsonb_each_text(other) o), 0) as units"
            " from position where sku = %s order by home",
            row["code"],
        )
        there = [f"{one['units']} at {one['home']}" for one in held if one["units"]]
        if there:
            reading.file_exception(
                "deleted_in_khaos",
                f"sku:{row['code']}",
                row["code"],
                "sku-sync",
                erp,
                f"{row['code']} was deleted in Khaos Control, and warehouses hold {', '.join(there)}",
            )


def read_levels(reading: Reading) -> None:
    """Reader of levels: kept as what Khaos shows; what is not as it should be is set again."""
    erp = reading.runtime.configuration.erp.name
    levels, unreadable = reading.runtime.erp.channel.read_levels(reading.record.body)
    for entry in unreadable:
        reading.park("stock-in", entry)
    sites = _sites(reading, erp)
    shown: dict[str, dict[str, int]] = {}
    for level in levels:
        site = sites.get(level.site_id)
        if site is not None and level.available is not None:
            shown.setdefault(site, {})[level.code] = level.available
    for site, by_sku in sorted(shown.items()):
        _shown(reading, site, by_sku)


def _sites(reading: Reading, erp: str) -> dict[int, str]:
    """Names of Khaos's sites by id, as they were read last; none while nobody has read them."""
    rows = reading.run("select value from partner_fact where connection = %s", erp)
    named: Mapping[str, Any] = rows[0]["value"].get("sites", {}) if rows else {}
    return {int(number): name for name, number in named.items()}


def _shown(reading: Reading, site: str, by_sku: Mapping[str, int]) -> None:
    runtime = reading.runtime
    kept = reading.run(
        # locked in the order in which everybody locks levels
        "with mine as materialized (select sku from level where site = %s and sku = any (%s) order by sku for update)"
        " update level l set shown = s.units, shown_at = %s from mine m"
        " join unnest(%s::text[], %s::integer[]) s (sku, units) on s.sku = m.sku"
        " where l.site = %s and l.sku = m.sku and (l.shown_at is null or l.shown_at < %s) returning l.home, l.sku",
        site,
        list(by_sku),
        reading.record.received_at,
        list(by_sku),
        list(by_sku.values()),
        site,
        reading.record.received_at,
    )
    if not kept:
        return
    wanted = reading.run(
        "select sku, shows from targets(%s, %s, %s, %s)",
        site,
        [row["sku"] for row in kept],
        runtime.erp.level_semantics,
        runtime.erp.issue_point,
    )
    odd = [row["sku"] for row in wanted if by_sku[row["sku"]] != row["shows"]]
    if odd:
        reading.run("select touch_levels(%s, %s)", kept[0]["home"], odd)


def read_statuses(reading: Reading) -> None:
    """Reader of order statuses: an order of ours is asked for afresh, and nothing else is believed."""
    orders, unreadable = reading.runtime.erp.channel.read_statuses(reading.record.body)
    for entry in unreadable:
        reading.park("orders-out", entry)
    for code in _ours(reading, [order.order_code for order in orders]):
        reading.run("select want_order(%s, %s)", reading.runtime.configuration.erp.name, code)


def _ours(reading: Reading, codes: Iterable[str]) -> list[str]:
    rows = reading.run(
        "select distinct order_code from fulfilment where erp = %s and order_code = any (%s) order by order_code",
        reading.runtime.configuration.erp.name,
        list(codes),
    )
    return [row["order_code"] for row in rows]
