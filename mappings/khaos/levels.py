"""``KSDXMLStockStatus``, both ways: levels as Khaos shows them, and levels to set.

Vendor's Web Integration Guide v7.8d, ExportStockStatus and ImportStockStatus. ``LEVEL`` is what is
available to be sold; on the way in it is the absolute new level, never a change.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, tostring

from mappings.errors import Unmappable, Unreadable
from mappings.khaos.values import document, legal, number, text, whole_text
from mappings.quantities import believable


@dataclass(frozen=True, slots=True)
class StockLevel:
    """Units of a SKU that a site can sell; below zero when more is promised than there is."""

    site: str
    sku: str
    available: int


def read_levels(status_xml: str) -> tuple[list[StockLevel], list[Unreadable]]:
    """Every level of the reply; items without one (not stock controlled) are left out.

    The site is the item's own where it names one (replies for all sites), else the document's.

    Raises:
        Unmappable: the reply as a whole is no such document.
    """
    good: list[StockLevel] = []
    bad: list[Unreadable] = []
    root = document(status_xml, "STOCK_STATUS")
    for item in root.iter("STOCK_ITEM"):
        if not text(item, "LEVEL"):
            continue
        try:
            good.append(_level(item, root.get("SITE", "").strip()))
        except Unmappable as error:
            bad.append(Unreadable(item.get("CODE", "").strip(), error))
    return good, bad


def _level(item: Element, site: str) -> StockLevel:
    whole_text(item)
    sku, level = item.get("CODE", "").strip(), text(item, "LEVEL")
    if not sku:
        raise Unmappable("STOCK_ITEM@CODE", "", "a level without a stock code; ask the merchant")
    units = number("LEVEL", level)
    believable("LEVEL", level, units)
    if units != int(units):
        raise Unmappable("LEVEL", level, "warehouses count whole units; correct the item", kind="fractional_quantity")
    return StockLevel(text(item, "SITE") or site, sku, int(units))


def write_levels(site: str, levels: Mapping[str, int]) -> str:
    """The document that sets these SKUs at ``site`` (a name) to these units; the guide advises few (50) a call."""
    root = Element("STOCK_STATUS", {"SITE": legal(site)})
    for sku, units in levels.items():
        item = SubElement(root, "STOCK_ITEM", {"CODE": legal(sku)})
        SubElement(item, "LEVEL").text = str(units)
    return tostring(root, encoding="unicode")
