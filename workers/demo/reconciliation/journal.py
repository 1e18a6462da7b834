"""The journal against the warehouses' own audits: each adjustment, hold and release is entered once, with its units."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from mappings.canonical import Canonical
from workers.demo.reconciliation.ledger_rows import Journalled
from workers.demo.reconciliation.stock import Building
from workers.demo.reconciliation.warehouse_snapshot import WarehouseBook

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


class _Booked(NamedTuple):
    """What a warehouse booked, in words, and the entry that finance must have of it: site, SKU, signed units."""

    what: str
    entry: tuple[str, str, int]


def compare_journal(
    warehouses: Mapping[str, WarehouseBook], journal: Iterable[Journalled], buildings: Iterable[Building]
) -> JournalFigures:
    """Every movement that finance must know of, against the ledger's entries. Pure."""
    homes = {(one.warehouse, one.facility): one.home for one in buildings}
    entered: dict[str, list[Journalled]] = defaultdict(list)
    for entry in journal:
        entered[entry.movement_id.partition("/")[0]].append(entry)  # parts of one movement stand behind a stroke
    booked: dict[str, list[_Booked]] = defaultdict(list)
    for name, book in warehouses.items():
        for one in book.transactions:
            sign, home = SIGNS.get(one.subtype), homes.get((name, one.warehouse), "")
            if sign is not None and home:
                what = f"{one.subtype} {one.id} of {one.quantity} {one.product} at {home}"
                booked[one.id].append(_Booked(what, (home, one.product, sign * one.quantity)))
    missing, doubled, extra = [], [], []
    for number, expected in booked.items():
        found, absent = [(one.site, one.sku, one.units) for one in entered[number]], list[_Booked]()
        for one_booked in expected:
            if one_booked.entry in found:
                found.remove(one_booked.entry)
            else:
                absent.append(one_booked)
        for entry_found in found:
            same = next((one for one in expected if one.entry == entry_found), None)
            if same is not None:
                times = sum((one.site, one.sku, one.units) == entry_found for one in entered[number])
                doubled.append(f"{same.what} is {times} times in the journal")
            else:
                home, sku, units = entry_found
                other = absent.pop(0) if absent else expected[0]
                extra.append(f"{other.what} is in the journal as {units} {sku} at {home}")
        missing += [f"{one.what} is not in the journal" for one in absent]
    extra += [f"the journal has movement {name}, which no warehouse booked" for name in entered if name not in booked]
    return JournalFigures(
        movements=sum(map(len, booked.values())),
        entries=sum(map(len, entered.values())),
        missing=tuple(missing),
        doubled=tuple(doubled),
        extra=tuple(extra),
    )
