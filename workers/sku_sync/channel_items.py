"""What Khaos Control posts by itself over its channel: items, levels and order statuses, read from the ledger.

The SOAP polls stay: a push may come twice, late or not at all, so it brings forward what they would find out.
"""

from __future__ import annotations

from mappings.canonical import Product
from workers.sku_sync import deleted, readers
from workers.spine import schedule_names, scheduler
from workers.spine.reading import Reading

NOT_PUSHED = ("commodity_code", "country_of_origin", "parent_code", "is_parent", "pack_of", "weight_grams", "buy_price")


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
    stored = {row["code"]: Product.model_validate(row["body"]) for row in rows}
    readers.take(reading, [_whole(product, stored[product.code]) for product in products if product.code in stored])
    codes = [product.code for product in products]
    if set(codes) - set(stored):
        # a push does not say which items are packs or parents of variants: a new one is read whole, and now
        scheduler.bring_forward(reading.run, schedule_names.catalogue(erp))
    for stock_id in gone:
        deleted.delete(reading, stock_id=stock_id)


def _codes(reading: Reading) -> dict[str, str]:
    rows = reading.run(
        "select body->>'stock_id' as id, code from product where erp = %s", reading.runtime.configuration.erp.name
    )
    return {row["id"]: row["code"] for row in rows}


def _whole(pushed: Product, stored: Product) -> Product:
    """The product as a push shows it; fields that the channel lacks keep their stored values."""
    blank = {name: getattr(stored, name) for name in NOT_PUSHED if not getattr(pushed, name)}
    attributes = {**dict(stored.attributes), **dict(pushed.attributes)}
    return pushed.model_copy(update={**blank, "attributes": tuple(attributes.items())})
