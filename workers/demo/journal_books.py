"""The journal against the warehouses' own audits: each adjustment, hold and release is entered once, with its units."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from mappings.canonical import Canonical
from workers.demo.ledger_pages import Journalled
from workers.demo.stock_books import Building
from workers.demo.warehouse_pages import WarehouseBook

SIGNS = {"POSADJ": 1, "NEGADJ": -1, "HOLD": -1, "RELEASE": 1}  # of good units, by the warehouse's subtype


class JournalFigures(Canonical):
    """``movements`` counts what the warehouses booked; the rest are sentences, none when all is well."""

    movements: int = 0
    entries: int = 0
    missing: tuple[str, ...] = ()
    doubled: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()

    @property
    def good(self) -> bool:
        """Whether nothing is missing, doubled or invented."""
        return not (self.missing or self.doubled or self.extra)


def compare_journal(
    warehouses: Mapping[str, WarehouseBook], journal: Iterable[Journalled], buildings: Iterable[Building]
) -> JournalFigures:
    """Every movement that finance must know of, against the ledger's entries. Pure."""
    homes = {(one.warehouse, one.facility): one.home for one in buildings}
    entered: dict[str, list[Journalled]] = defaultdict(list)
    for entry in journal:
        entered[entry.movement_id].append(entry)
    missing, doubled, extra = [], [], []
    booked: set[str] = set()
    for name, book in warehouses.items():
        for one in book.transactions:
            sign, home = SIGNS.get(one.subtype), homes.get((name, one.warehouse), "")
            if sign is None or not home:
                continue
            booked.add(one.id)
            what = f"{one.subtype} {one.id} of {one.quantity} {one.product} at {home}"
            found = entered.get(one.id, [])
            if not found:
                missing.append(f"{what} is not in the journal")
            if len(found) > 1:
                doubled.append(f"{what} is {len(found)} times in the journal")
            extra += [
                f"{what} is in the journal as {entry.units} {entry.sku} at {entry.site}"
                for entry in found
                if (entry.site, entry.sku, entry.units) != (home, one.product, sign * one.quantity)
            ]
    extra += [f"the journal has movement {name}, which no warehouse booked" for name in entered if name not in booked]
    return JournalFigures(
        movements=len(booked),
        entries=sum(map(len, entered.values())),
        missing=tuple(missing),
        doubled=tuple(doubled),
        extra=tuple(extra),
    )
