"""StockUpload and StockStatusUpload: stock items and levels in the channel's words.

Source: the vendor's repository kcc-web-services, README and samples (StockItem, StockStatus). Nothing is on order
here, and the samples' spelling ``ShortDescription`` is the one that is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from adapters.khaos.sandbox.books import Books
from adapters.khaos.sandbox.records import Product

BULK = 50  # items of one call at the first link-up; the vendor says only "several calls"
MOST_LEVELS = 100
NAMES = {
    ("StockItems", "Items"): "StockItem",
    ("StockItems", "Deleted"): "DeletedItem",
    ("StockItem", "Barcodes"): "StockBarcode",
    ("StockItem", "Images"): "StockImage",
    ("StockItem", "SupplierInfo"): "StockSupplierInfo",
    ("Options", "CustomOptions"): "CustomOption",
    ("StockStatuses", "Statuses"): "StockStatus",
}
Row = dict[str, Any]


def stock_items(books: Books, codes: Iterable[str]) -> Iterator[tuple[str, Row]]:
    """(root, document) of each call that it takes to tell these items."""
    rows = [_item(books.products[code]) for code in codes if code in books.products]
    for n in range(0, len(rows), BULK):
        yield "StockItems", {"Items": rows[n : n + BULK], "Deleted": []}


def _item(product: Product) -> Row:
    price = float(product.price)
    item: Row = {
        "StockID": product.stock_id,
        "StockCode": product.code,
        "ShortDescription": product.description,
        "BuyPrice": {"Net": 0.0},
        "SellPrice": {"Net": price},
        "TaxRate": {"Name": "Standard", "Code": "1", "ID": "1"},
        "StockType1": {"Name": "Standard", "ID": "1"},
        "StockType2": {"Name": product.stock_type or "System & Miscellaneous", "ID": "1"},
        "Options": {
            "PublishOnWeb": True,
            "Discontinued": product.discontinued,
            "DropShipItem": product.drop_ship,
            "DiscountsDisabled": False,
            "RunToZero": product.run_to_zero,
            "VatReliefQualified": False,
            "StockControlled": product.stock_controlled and not product.is_parent,
            "FreeText": False,
            "CustomOptions": [],
            "NonPhysical": False,
        },
        "SalesMultiple": 1.0,
        "LeadTime": 1,
        "SupplierInfo": [],
        "Images": [],
        "Barcodes": [{"Barcode": product.barcode, "Type": {"Name": "EAN", "ID": "1"}}] if product.barcode else [],
    }
    return {**item, "OtherRef": product.other_ref} if product.other_ref else item


def changed_levels(
    books: Books, moved: Iterable[tuple[str, str]], told: dict[tuple[str, str], Row]
) -> Iterator[tuple[str, Row]]:
    """(root, document) of each call that it takes to tell what differs from ``told``, which is brought up to date."""
    keys = set(moved)
    packs = [p for p in books.products.values() if p.pack_of]
    keys |= {(p.code, site) for p in packs for code, site in tuple(keys) if code in p.pack_of}
    rows = []
    for code, site in sorted(keys):
        if code not in books.products or site not in books.sites:
            continue
        row = _level(books, books.products[code], site)
        if told.get((code, site)) != row:
            told[code, site] = row
            rows.append(row)
    for n in range(0, len(rows), MOST_LEVELS):
        yield "StockStatuses", {"Statuses": rows[n : n + MOST_LEVELS]}


def _level(books: Books, product: Product, site: str) -> Row:
    """``Levels`` only where stock is controlled; else what could be made of a pack's children."""
    row: Row = {"StockCode": product.code, "StockID": product.stock_id, "SiteID": books.sites.index(site) + 1}
    if product.on_shelves:
        return {**row, "Levels": {"Available": float(books.levels[product.code, site].available), "OnOrder": 0.0}}
    sets = [max(0, books.levels[child, site].available) // n for child, n in product.pack_of.items()]
    return {**row, "RelationshipPotential": {"FromChildren": float(min(sets, default=0)), "FromParents": 0.0}}
