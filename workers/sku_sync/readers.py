"""Reads products of Khaos Control's catalogue: what changed becomes a message for every warehouse."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from mappings.canonical import Product
from mappings.errors import Unmappable, Unreadable
from workers.ledger.store import NewMessage
from workers.ports.edi import ItemFiles
from workers.ports.orders import Products
from workers.spine.reading import Reading, fingerprint

NOT_SENT = {"buy_price", "sell_price", "attributes"}  # no warehouse's business: their change is no new version


def read_products(reading: Reading) -> None:
    """Reader of the catalogue: remember every product, and post the stock ones to every warehouse."""
    products, unreadable = reading.runtime.erp.read_products(reading.record.body)
    for entry in unreadable:
        reading.park("sku-sync", entry)
    take(reading, products)


def take(reading: Reading, products: Iterable[Product]) -> None:
    """Remember products and post the stock ones to every warehouse, whether a poll or a push brought them."""
    erp = reading.runtime.configuration.erp.name
    facts = facts_of(reading)
    for product in products:
        newest = reading.run(
            "with before as (select deleted_at from product where erp = %s and code = %s)"
            " insert into product (erp, code, for_warehouse, body, record_id) values (%s, %s, %s, %s, %s)"
            " on conflict (erp, code) do update set for_warehouse = excluded.for_warehouse, body = excluded.body,"
            " record_id = excluded.record_id, seen_at = now(), deleted_at = null"
            " where product.record_id <= excluded.record_id"
            " returning (select deleted_at is not null from before) as is_back",
            erp,
            product.code,
            erp,
            product.code,
            product.for_warehouse,
            product.model_dump_json(),
            reading.record.id,
        )
        if not newest:
            continue  # an old record, read again: a newer one has said otherwise since
        if newest[0]["is_back"]:
            reading.close_exception("deleted_in_khaos", f"sku:{product.code}", "it is in Khaos Control again")
        if product.for_warehouse:
            post(reading, product, facts)
        else:
            for warehouse in reading.runtime.configuration.warehouses:
                reading.run(
                    "select open_gates(array[g.name], 'it is no stock') from gate g where g.name = %s and not g.open",
                    f"sku:{warehouse.name}:{product.code}",
                )


def facts_of(reading: Reading) -> dict[str, dict[str, Any]]:
    """Read the reference data of every connection that has some."""
    return {row["connection"]: row["value"] for row in reading.run("select connection, value from partner_fact")}


def post(reading: Reading, product: Product, facts: Mapping[str, dict[str, Any]]) -> None:
    """Post a stock product to every warehouse that takes products from us."""
    for warehouse in reading.runtime.configuration.warehouses:
        _post(reading, warehouse.name, product, facts.get(warehouse.name))


def _written(takes: Products | ItemFiles, product: Product, facts: dict[str, Any] | None) -> bytes | None:
    """The bytes, where they can be written already; a product that has no room there dies alone, when it is sent."""
    if facts is None:
        return None
    try:
        return takes.write_product(product, facts)
    except Unmappable:
        return None


def read_unaddressable(reading: Reading) -> None:
    """Reader of codes that Khaos's own calls cannot name."""
    for code in json.loads(reading.record.body):
        why = "Khaos Control parts code lists by commas, so a code with one cannot be asked for: rename it there"
        reading.park("sku-sync", Unreadable(code, Unmappable("STOCK_CODE", code, why)))


def _post(reading: Reading, warehouse: str, product: Product, facts: dict[str, Any] | None) -> None:
    parts = reading.runtime.warehouse(warehouse).parts
    takes = parts.item_files or parts.products
    if takes is None:
        return  # it takes none from us: a person sets its SKUs up
    body = product.model_dump(mode="json")
    reading.post(
        NewMessage(
            flow="sku-sync",
            connection=warehouse,
            kind="product",
            reference=product.code,
            subject=f"sku:{warehouse}:{product.code}",
            story=product.code,
            body=body,
            fingerprint=fingerprint({k: v for k, v in body.items() if k not in NOT_SENT}),
            wire=_written(takes, product, facts),
        )
    )
