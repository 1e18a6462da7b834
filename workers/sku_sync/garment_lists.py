"""A merchant's list of garments: a CSV, taken whole or not at all, each line a garment of the catalogue's."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping

from mappings.canonical import GarmentItem
from workers.ledger.store import Store

NEEDED = ("product_sku", "unique_sku", "sizes")
FURTHER = ("name", "designer", "garment_type", "description")


class Refused(Exception):
    """Lines of the list that cannot be taken, one sentence each; nothing was stored."""

    def __init__(self, sentences: Iterable[str]) -> None:
        self.sentences = tuple(sentences)
        super().__init__("; ".join(self.sentences))


def descriptions(store: Store) -> dict[str, str]:
    """The description of each product that a warehouse may hold, by its code."""
    rows = store.rows("select code, body->>'description' as words from product where for_warehouse")
    return {row["code"]: row["words"] or "" for row in rows}


def read_list(text: str, products: Mapping[str, str], *, withdrawn: bool = False) -> list[GarmentItem]:
    """Read a list. ``products`` are descriptions by code. Raises Refused with a sentence for each wrong line."""
    reader = csv.DictReader(io.StringIO(text, newline=""))
    header = [(name or "").strip().lower().replace(" ", "_") for name in reader.fieldnames or ()]
    if missing := [name for name in NEEDED if name not in header]:
        raise Refused([f"line 1: add the columns {', '.join(missing)}; the list has {', '.join(header) or 'none'}"])
    reader.fieldnames = header
    items: dict[str, GarmentItem] = {}
    wrong: list[str] = []
    for row in reader:
        cells = {name: (row.get(name) or "").strip() for name in (*NEEDED, *FURTHER)}
        if not any(cells.values()):
            continue
        if why := _wrong(cells, products, items):
            wrong.append(f"line {reader.line_num}: {why}")
            continue
        cells["name"] = cells["name"] or products[cells["product_sku"]]
        items[cells["unique_sku"]] = GarmentItem(**cells, retired=withdrawn)
    if wrong or not items:
        raise Refused(wrong or ["the list has no garment"])
    return list(items.values())


def _wrong(cells: Mapping[str, str], products: Mapping[str, str], items: Mapping[str, GarmentItem]) -> str:
    if empty := [name for name in NEEDED if not cells[name]]:
        return f"fill {', '.join(empty)}"
    if cells["unique_sku"] in items:
        return f"garment {cells['unique_sku']} stands twice: give each garment a code of its own"
    if cells["product_sku"] not in products:
        return f"{cells['product_sku']} is no stock code of Khaos Control that a warehouse may hold: correct it"
    return ""
