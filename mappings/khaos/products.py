"""``KSDXMLStock`` -> products, flat or with size/colour/style variants nested in their parent.

Vendor's Web Integration Guide v7.8d, ExportStock, and its example file; what a live build shows
over and above (commodity code, country of manufacture) is read when it is there.
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from mappings.canonical import PickLine, Product
from mappings.errors import Unmappable, Unreadable
from mappings.khaos.countries import read_country
from mappings.khaos.values import document, flag, money, text, whole, whole_text

PACK = "3"  # LINK_TYPE
TYPES = ("STOCK_TTYPE", "STOCK_TYPE", "STOCK_MID_TYPE", "STOCK_SUB_TYPE")  # levels 1 to 4
# what a variant must say for itself: its parent's answer is another item's
OWN = frozenset({"STOCK_ID", "STOCK_CODE", "ASSOCIATED_REF", "DESCRIPTION", "STOCK_CONTROLLED"})


def read_products(stock_xml: str) -> tuple[list[Product], list[Unreadable]]:
    """Every stock item of the reply, and behind each parent its variants.

    A variant inherits what it does not say, except its identity, barcodes, pack content and whether
    it is stock controlled (the parent, never sold itself, says no). ``weight_grams`` takes the
    site's unit for grams, as is the vendor's convention. ``attributes`` are (tag, text) of the four
    stock types and ("USER_DEFINED:<name>", text). An item that cannot be read is named by its code,
    else by its place, among the unreadable; its variants are tried all the same.

    Raises:
        Unmappable: the reply as a whole is no such document.
    """
    good: list[Product] = []
    bad: list[Unreadable] = []
    for place, item in enumerate(document(stock_xml, "STOCK_ITEMS").iterfind("STOCK_ITEM"), 1):
        for element, parent in _family(item):
            try:
                good.append(_product(element, parent))
            except Unmappable as error:
                bad.append(Unreadable(text(element, "STOCK_CODE") or f"STOCK_ITEM {place}", error))
    return good, bad


def _family(item: Element) -> Iterator[tuple[Element, Element | None]]:
    yield item, None
    for child in item.iterfind("SCS//SCS_ITEM"):
        yield child, item


def _product(element: Element, parent: Element | None) -> Product:
    def own_or_inherited(tag: str) -> str:
        own = text(element, tag)
        return own if own or parent is None or tag in OWN else text(parent, tag)

    for one in (element, parent):
        if one is not None:
            whole_text(one, but="SCS")  # a variant speaks for itself
    code, stock_id = own_or_inherited("STOCK_CODE"), own_or_inherited("STOCK_ID")
    for tag, value in (("STOCK_CODE", code), ("STOCK_ID", stock_id)):
        if not value:
            raise Unmappable(tag, "", "is missing; correct the stock item in Khaos")
    description = own_or_inherited("DESCRIPTION") if parent is not None else ""
    weight = money("WEIGHT", own_or_inherited("WEIGHT"))
    return Product(
        stock_id=stock_id,
        code=code,
        description=description or own_or_inherited("STOCK_DESC"),
        other_ref=own_or_inherited("ASSOCIATED_REF"),
        barcodes=tuple(dict.fromkeys(b for e in element.iterfind("BARCODES/BARCODE") if (b := (e.text or "").strip()))),
        weight_grams=weight if weight and weight > 0 else None,
        commodity_code=own_or_inherited("ICN_CODE"),
        country_of_origin=read_country(own_or_inherited("COUNTRY_OF_MANUFACTURE"), own_or_inherited("COUNTRY_NAME")),
        stock_controlled=flag("STOCK_CONTROLLED", own_or_inherited("STOCK_CONTROLLED"), absent=None),
        drop_ship=flag("DROP_SHIP", own_or_inherited("DROP_SHIP")),
        discontinued=flag("DISCONTINUED", own_or_inherited("DISCONTINUED")),
        parent_code=text(parent, "STOCK_CODE"),
        is_parent=parent is None and (element.find("SCS/STYLE") is not None or element.find("SCS/HEADING") is not None),
        pack_of=_pack(element),
        buy_price=money("BUY_PRICE", own_or_inherited("BUY_PRICE")),
        sell_price=money("SELL_PRICE", own_or_inherited("SELL_PRICE")),
        attributes=_attributes(element, parent),
    )


def _pack(element: Element) -> tuple[PickLine, ...]:
    units: dict[str, int] = {}
    for link in element.iterfind("LINKED_ITEMS/LINK_ITEM"):
        sku = text(link, "STOCK_CODE")
        if text(link, "LINK_TYPE") == PACK and sku:
            units[sku] = units.get(sku, 0) + whole("LINK_VALUE", text(link, "LINK_VALUE"))
    return tuple(PickLine(sku=sku, quantity=n) for sku, n in units.items() if n)


def _attributes(element: Element, parent: Element | None) -> tuple[tuple[str, str], ...]:
    found: dict[str, str] = {}
    for source in (parent, element):  # what the variant says stands over what its parent says
        if source is None:
            continue
        found |= {tag: word for tag in TYPES if (word := text(source, tag))}
        for field in source.iterfind("USER_DEFINED"):
            name, word = field.get("NAME", "").strip(), (field.text or "").strip()
            if name and word:
                found[f"USER_DEFINED:{name}"] = word
    return tuple(found.items())
