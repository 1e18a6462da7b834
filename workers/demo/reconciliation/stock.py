"""The sum rule, SKU by SKU: what Khaos Control's sites show together against what the warehouse holds.

In stock in Khaos Control over all sites of a building = physically held there + dispatched and not issued - the open
terms, to the unit. Where more is promised than is held, a level of *available* units cannot fall below what is
promised: that shortage is counted apart, as ``oversold``.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from mappings.canonical import Canonical
from workers.demo.reconciliation.khaos_snapshot import KhaosBooks, Level
from workers.demo.reconciliation.ledger_rows import Term
from workers.demo.reconciliation.warehouse_snapshot import Shelf, WarehouseBook

IssuePoint = Literal["issue", "confirmation"]
Semantics = Literal["available", "in_stock"]  # of LEVEL
# Invoice stages in which in-stock has fallen (guide, ExportOrderStatusEx: 16 issue, 70 issued).
FALLEN: dict[IssuePoint, frozenset[int]] = {"issue": frozenset({70}), "confirmation": frozenset({16, 70})}
IN_KHAOS = "khaos_quarantine"  # a term that Khaos Control carries itself, in its own quarantine


class Building(Canonical):
    """A warehouse's building, its Khaos site, and the sites beside it that sell nothing."""

    home: str
    beside: tuple[str, ...] = ()
    warehouse: str
    facility: str


class StockFigures(Canonical):
    """``skus`` counts what was compared. ``stock_off`` has a sentence for each SKU that does not add up."""

    skus: int = 0
    units_held: int = 0
    units_in_khaos: int = 0
    terms: dict[str, int] = Field(default_factory=dict)
    oversold: int = 0
    stockouts: int = 0
    stock_off: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Sums:
    """One SKU of one building."""

    in_stock: int
    quarantine: int
    assigned: int
    shelf: Shelf
    not_issued: int
    terms: Sequence[Term]
    level: Semantics

    def units(self, *kinds: str) -> int:
        return sum(t.units for t in self.terms if t.kind in kinds)

    @property
    def oversold(self) -> int:
        if self.level == "in_stock":  # it is set as it is, whatever is promised
            return 0
        pending = sum(t.units for t in self.terms if t.condition == "good" and _is_at_the_warehouse(t))
        promised = max(0, self.assigned - max(0, self.not_issued))
        return max(0, promised - (self.shelf.good - pending))  # a good unit that came back may lie damaged by now

    @property
    def expected(self) -> int:
        elsewhere = sum(t.units for t in self.terms if t.kind != IN_KHAOS)
        return self.shelf.physically_there + self.not_issued - elsewhere + self.oversold


def compare_stock(
    khaos: KhaosBooks,
    warehouses: Mapping[str, WarehouseBook],
    terms: Iterable[Term],
    buildings: Iterable[Building],
    issue_on: IssuePoint,
    level: Semantics = "available",
) -> StockFigures:
    """The rule over both books and the ledger's open terms. Pure."""
    terms, figures = list(terms), StockFigures(stockouts=sum(book.stockouts for book in warehouses.values()))
    off: list[str] = []
    for building in buildings:
        book = warehouses[building.warehouse]
        own_terms = [term for term in terms if term.home == building.home]
        left, issued = _left(book, building.facility), _issued(khaos, building.home, issue_on)
        here = _levels(khaos, building)
        skus = {sku for sku, shelves in book.stock.items() if building.facility in shelves}
        for sku in sorted(skus | set(here) | {one.sku for one in own_terms} | set(left) | set(issued)):
            sums = _Sums(
                in_stock=sum(one.in_stock for one in here[sku]),
                quarantine=sum(one.quarantine for one in here[sku]),
                assigned=sum(one.assigned for one in here[sku]),
                shelf=book.stock.get(sku, {}).get(building.facility, Shelf()),
                not_issued=left[sku] - issued[sku],
                terms=[one for one in own_terms if one.sku == sku],
                level=level,
            )
            off += _sentences(sku, building, sums)
            figures = figures.model_copy(
                update={
                    "skus": figures.skus + 1,
                    "units_held": figures.units_held + sums.shelf.physically_there,
                    "units_in_khaos": figures.units_in_khaos + sums.in_stock + sums.quarantine,
                    "oversold": figures.oversold + sums.oversold,
                }
            )
    open_terms = Counter[str]()
    for term in terms:
        open_terms[term.kind] += term.units
    return figures.model_copy(update={"terms": dict(sorted(open_terms.items())), "stock_off": tuple(off)})


def _sentences(sku: str, building: Building, sums: _Sums) -> Iterable[str]:
    if sums.in_stock + sums.quarantine != sums.expected:
        terms = ", ".join(f"{t.kind.replace('_', ' ')} {t.units} {t.condition}" for t in sums.terms) or "no terms"
        yield (
            f"{sku} at {building.home}: Khaos Control shows {sums.in_stock} and {sums.quarantine} in quarantine, not"
            f" {sums.expected}: {sums.shelf.physically_there} held, {sums.not_issued} dispatched and not issued,"
            f" {sums.oversold} oversold, {terms}"
        )
    if sums.quarantine != sums.units(IN_KHAOS):
        yield (
            f"{sku} at {building.home}: Khaos Control has {sums.quarantine} in its quarantine, the ledger knows of"
            f" {sums.units(IN_KHAOS)}"
        )


def _levels(khaos: KhaosBooks, building: Building) -> dict[str, list[Level]]:
    found: dict[str, list[Level]] = defaultdict(list)
    for level in khaos.levels:
        if level.site in {building.home, *building.beside}:
            found[level.code].append(level)
    return found


def _is_at_the_warehouse(term: Term) -> bool:
    return term.kind != "pending_journal" or term.units > 0


def _left(book: WarehouseBook, facility: str) -> Counter[str]:
    units = Counter[str]()
    for out in book.goods_outs:
        if (out.warehouse or "") == facility:
            units.update(out.left)
    return units


def _issued(khaos: KhaosBooks, home: str, issue_on: IssuePoint) -> Counter[str]:
    here = {one.order for one in khaos.orders if one.site == home}
    units = Counter[str]()
    for invoice in khaos.invoices:
        if invoice.order in here and invoice.stage in FALLEN[issue_on]:
            units.update(invoice.warehouse_lines)
    return units
