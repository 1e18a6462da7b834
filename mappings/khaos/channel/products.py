"""``StockUpload`` -> products, the same that the SOAP export gives for the same item in the fields that it has.

README of ``kcc-web-services``, "StockItem". The channel knows neither commodity code nor country of origin, and its
unit of weight is not published: it is taken for the one of the SOAP export (grams, by the vendor's convention).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mappings.canonical import PickLine, Product
from mappings.errors import Unmappable, Unreadable
from mappings.khaos.channel.codec import Form, inner, judge, open_document
from mappings.khaos.channel.parts import Price
from mappings.khaos.channel.scalars import units
from mappings.khaos.channel.stock_words import (
    DeletedItem,
    ProvidedStock,
    Relationship,
    Relationships,
    StockItem,
    StockItems,
)
from mappings.khaos.products import TYPES

PACKS: Mapping[str, bool] = {"None": False, "Build": False, "Pack": True}  # a build is put together before it is picked


def read_stock_upload(
    body: bytes, form: Form, *, codes: Mapping[str, str] | None = None
) -> tuple[list[Product], list[str], list[Unreadable]]:
    """The products that changed, the stock ids of those that were deleted, and what could not be read.

    A non-physical item is not stock controlled. ``attributes`` are the four stock types under their SOAP tags and
    ("USER_DEFINED:<name>", text). Relationships are read where the body holds them (beside the items or around them);
    ``codes`` (stock id to stock code) names the items beyond the body that they speak of. What cannot be read is named
    by its stock code, else its id, else its place.

    Raises:
        Unmappable: the body as a whole is no such document.
    """
    items, relations = _opened(body, form)
    entries = items.get("Items", ())
    codes_by_id = {**(codes or {}), **_codes(entries)}
    good: list[Product] = []
    gone: list[str] = []
    bad: list[Unreadable] = []
    belonging: dict[str, Any] = {}
    for place, entry in enumerate(relations, 1):
        stock_id = _member_text(entry, Relationship, "StockID")
        if stock_id:
            belonging[stock_id] = entry
        else:
            why = "a relationship without a stock id; have the item sent again"
            bad.append(Unreadable(f"Relationship {place}", Unmappable("Relationship.StockID", "", why)))
    for place, entry in enumerate(entries, 1):
        try:
            item = judge(StockItem, entry)
            relation = belonging.get(item.stock_id.strip())
            good.append(_product(item, None if relation is None else judge(Relationship, relation), codes_by_id))
        except Unmappable as error:
            names = (_member_text(entry, StockItem, name) for name in ("StockCode", "StockID"))
            bad.append(Unreadable(next(filter(None, names), f"StockItem {place}"), error))
    for place, entry in enumerate(items.get("Deleted", ()), 1):
        try:
            gone.append(judge(DeletedItem, entry).stock_id.strip())
        except Unmappable as error:
            bad.append(Unreadable(f"Deleted {place}", error))
    return good, gone, bad


def _opened(body: bytes, form: Form) -> tuple[Mapping[str, Any], tuple[Any, ...]]:
    try:
        raw = open_document(ProvidedStock, body, form)
    except Unmappable:
        raw = {}
    items = inner(StockItems, raw["StockItems"]) if "StockItems" in raw else open_document(StockItems, body, form)
    relations = inner(Relationships, raw.get("Relationships", items.get("Relationships")))
    return items, relations.get("Relationships", ())


def _member_text(entry: Any, word: type[StockItem | Relationship], name: str) -> str:
    found = inner(word, entry).get(name)
    return found.strip() if isinstance(found, str) else ""


def _codes(entries: tuple[Any, ...]) -> dict[str, str]:
    return {_member_text(entry, StockItem, "StockID"): _member_text(entry, StockItem, "StockCode") for entry in entries}


def _product(item: StockItem, relation: Relationship | None, codes: Mapping[str, str]) -> Product:
    for name, value in (("StockCode", item.stock_code), ("StockID", item.stock_id)):
        if not value.strip():
            raise Unmappable(f"StockItem.{name}", "", "is missing; correct the stock item in Khaos")
    child = relation.scs_child if relation else None
    return Product(
        stock_id=item.stock_id.strip(),
        code=item.stock_code.strip(),
        description=(item.short_description or "").strip(),
        other_ref=(item.other_ref or "").strip(),
        barcodes=tuple(dict.fromkeys(code for b in item.barcodes or () if (code := b.barcode.strip()))),
        weight_grams=item.average_weight if item.average_weight and item.average_weight > 0 else None,
        stock_controlled=item.options.stock_controlled and not item.options.non_physical,
        drop_ship=bool(item.options.drop_ship_item),
        discontinued=bool(item.options.discontinued),
        parent_code=_code("SCSChild.ParentStockID", child.parent_stock_id, codes) if child else "",
        is_parent=relation is not None and relation.scs_parent is not None,
        pack_of=_pack(relation, codes) if relation else (),
        buy_price=_price(item.buy_price),
        sell_price=_price(item.sell_price),
        attributes=_attributes(item),
    )


def _price(price: Price | None) -> Any:
    if price is None:
        return None
    return price.gross if price.net is None else price.net


def _code(field: str, stock_id: str, codes: Mapping[str, str]) -> str:
    found = codes.get(stock_id.strip(), "")
    if not found:
        raise Unmappable(field, stock_id[:40], "no item of that id is known yet; read the catalogue, then this again")
    return found


def _pack(relation: Relationship, codes: Mapping[str, str]) -> tuple[PickLine, ...]:
    kind = relation.pack_type or ("None" if not relation.pack_items else "")
    if kind not in PACKS:
        why = "unknown type of pack; add a row to PACKS in mappings/khaos/channel/products.py"
        raise Unmappable("Relationship.PackType", kind[:40], why)
    content: dict[str, int] = {}
    for entry in (relation.pack_items or ()) if PACKS[kind] else ():
        sku = _code("PackItem.LinkedStockID", entry.linked_stock_id, codes)
        content[sku] = content.get(sku, 0) + units("PackItem.Quantity", entry.quantity)
    if any(n < 0 for n in content.values()):
        raise Unmappable("PackItem.Quantity", str(min(content.values())), "less than none; correct the pack in Khaos")
    return tuple(PickLine(sku=sku, quantity=n) for sku, n in content.items() if n)


def _attributes(item: StockItem) -> tuple[tuple[str, str], ...]:
    kinds = zip(TYPES, (item.stock_type1, item.stock_type2, item.stock_type3, item.stock_type4), strict=True)
    found = {tag: word for tag, kind in kinds if kind and (word := (kind.name or "").strip())}
    for field in item.user_defined_fields or ():
        name, value = (field.get("Name"), field.get("Value")) if isinstance(field, Mapping) else (None, None)
        if isinstance(name, str) and isinstance(value, str) and name.strip() and value.strip():
            found[f"USER_DEFINED:{name.strip()}"] = value.strip()
    return tuple(found.items())
