"""An item line of a pulled order or return: which product it means, how many, at which price."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from adapters.khaos.sandbox.books import Books
from adapters.khaos.sandbox.channel.batch import RejectedEntry, as_dict, as_list
from adapters.khaos.sandbox.records import Product

Finder = Callable[[Product, str], bool]
FINDERS: Mapping[str, tuple[Finder, ...]] = {
    "StockCode": (lambda p, sku: p.code == sku,),
    "OtherRef": (lambda p, sku: p.other_ref == sku,),
    "Barcode": (lambda p, sku: p.barcode == sku,),
    "WebCode": (),
    "Automatic": (
        lambda p, sku: p.code == sku,
        lambda p, sku: p.other_ref == sku,
        lambda p, sku: p.barcode == sku,
    ),
}


def product_of(books: Books, item: Mapping[str, Any]) -> Product:
    """The product that SKU and Mapping name; a return's Mapping is a list, tried in order."""
    sku = str(item.get("SKU") or "")
    given = item.get("Mapping")
    words = [as_dict(m).get("Mapping") for m in given] if isinstance(given, list) else [given]
    words += [as_dict(m).get("Mapping") for m in as_list(item.get("AlternateMapping"))]
    for word in [w for w in words if w] or ["StockCode"]:
        if word not in FINDERS:
            raise RejectedEntry(f"item {sku}: Mapping knows no {word!r}")
        if word == "StockCode" and sku in books.products:
            return books.products[sku]
        for fits in FINDERS[word]:
            found = next((p for p in books.products.values() if fits(p, sku)), None)
            if found is not None:
                return found
    raise RejectedEntry(f"item {sku!r}: no stock item for it")


def units_of(item: Mapping[str, Any]) -> int:
    """Whole units above zero."""
    given = item.get("Quantity")
    try:
        units = float(str(given)) if not isinstance(given, bool) else 0.0
    except ValueError:
        units = 0.0
    if units <= 0 or units != int(units):
        raise RejectedEntry(f"item {item.get('SKU')}: Quantity {given!r} is no whole number above zero")
    return int(units)


def price_of(item: Mapping[str, Any]) -> tuple[str, str]:
    """(``Net`` or ``Gross``, figure) of UnitPrice; two empty texts without one."""
    price = as_dict(item.get("UnitPrice"))
    given = [(name, price[name]) for name in ("Net", "Gross") if price.get(name) not in (None, "")]
    if not given:
        return "", ""
    if len(given) > 1:
        raise RejectedEntry(f"item {item.get('SKU')}: UnitPrice has both Net and Gross")
    try:
        return given[0][0], f"{float(str(given[0][1])):.2f}"
    except ValueError as error:
        raise RejectedEntry(f"item {item.get('SKU')}: UnitPrice {given[0][1]!r} is no number") from error
