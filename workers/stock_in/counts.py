"""Counts of SKUs that a hint named, and of whole buildings, page by page in bounded memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from mappings.canonical import Condition, StockLine
from mappings.errors import Unmappable, Unreadable
from workers.ledger.store import Claimed, Effect
from workers.ledger.store import call as effect
from workers.ports.api import CountPage
from workers.spine import exceptions
from workers.spine.outcomes import Delivered, NotNeeded, Outcome
from workers.spine.polling import call, now
from workers.spine.runtime import Runtime
from workers.stock_in.movements import as_rows, poll_movements, since
from workers.stock_in.snapshots import begin_snapshot, break_snapshot, end_snapshot, take_pages

SKUS_A_COUNT = 100
OF_RECORDS = ("absurd_quantity", "fractional_quantity", "unmappable")  # what stands about a SKU's records


@dataclass(frozen=True, slots=True)
class Recount:
    """A count of SKUs that hints named; movements are read after the stock, so that none is missing."""

    runtime: Runtime
    repeatable: bool = True  # a read
    refused: str = "refused_by_warehouse"

    def write(self, message: Claimed) -> bytes | Outcome:
        """Nothing to write."""
        return b"recount"

    def push(self, message: Claimed, wire: bytes) -> Outcome:
        """Read stock, then movements; both become true in one transaction."""
        home = message.body["home"]
        if home not in self.runtime.configuration.homes:
            return NotNeeded("the site is not in fleet.toml any more")
        rows = self.runtime.store.rows(
            "select sku from recount where home = %s order by asked_at limit %s", home, SKUS_A_COUNT
        )
        skus = [row["sku"] for row in rows]
        if not skus:
            return NotNeeded("everything was counted meanwhile")
        connection, facility = self.runtime.configuration.homes[home]
        stock, facts = self.runtime.warehouse(connection).stock, self.runtime.facts(connection)
        began = now(self.runtime)
        self.runtime.pace(connection)
        counted = stock.count(facility, skus, facts)
        ended = now(self.runtime)
        self.runtime.pace(connection)
        raw = stock.fetch_movements(facility, since(self.runtime, home), facts)
        movements, odd = stock.read_movements(raw)
        return Delivered(
            f"counted {len(skus)} SKUs of {home}",
            (
                effect("take_movements", connection=connection, home=home, movements=as_rows(movements, ended)),
                effect(
                    "count_skus",
                    home=home,
                    began=began.isoformat(),
                    ended=ended.isoformat(),
                    skus=_sums(counted.lines, skus),
                ),
                effect(
                    "compare_books",
                    home=home,
                    ended=ended.isoformat(),
                    skus=_totals(counted, skus),
                ),
                _clean(counted, skus, home),
                *_filings((*counted.unreadable, *odd), home, connection),
            ),
        )


def _sums(lines: Iterable[StockLine], skus: Iterable[str]) -> list[dict[str, Any]]:
    """The count of each SKU asked for; one that is not shown is counted as nothing."""
    good: dict[str, int] = dict.fromkeys(skus, 0)
    other: dict[str, dict[str, int]] = defaultdict(dict)
    for line in lines:
        if line.sku not in good or not line.units:
            continue
        if line.condition is Condition.GOOD:
            good[line.sku] += line.units
        else:
            held = other[line.sku]
            held[line.condition] = held.get(line.condition, 0) + line.units
    return [{"sku": sku, "good": n, "other": other.get(sku, {})} for sku, n in sorted(good.items())]


def _totals(counted: CountPage, skus: Iterable[str]) -> list[dict[str, Any]]:
    """All units of each SKU, in whatever condition; of one with a record that cannot be read nothing is said."""
    units = dict.fromkeys(sorted(set(skus) - {entry.subject for entry in counted.unreadable}), 0)
    for line in counted.lines:
        if line.sku in units:
            units[line.sku] += line.units
    return [{"sku": sku, "units": n} for sku, n in units.items()]


def _clean(counted: CountPage, skus: Iterable[str], home: str) -> Effect:
    """What stood about a SKU's records is over where each of them can be read."""
    well = sorted(set(skus) - {entry.subject for entry in counted.unreadable})
    return exceptions.closing_all(
        "e.kind = any (%s) and e.subject = any (%s)",
        list(OF_RECORDS),
        [f"stock:{home}:{sku}" for sku in well],
        why="every stock record of it can be read",
    )


def _filings(unreadable: Iterable[Unreadable], home: str, connection: str) -> list[Effect]:
    errors: dict[tuple[str, str], Unmappable] = {(entry.subject, entry.error.kind): entry.error for entry in unreadable}
    return [
        exceptions.filing(
            error.kind,
            subject=f"stock:{home}:{subject}",
            story=subject,
            flow="stock-in",
            connection=connection,
            why=f"{error.field} {error.value!r}: {error.why}",
        )
        for (subject, _kind), error in sorted(errors.items())
    ]


def count_building(runtime: Runtime, home: str) -> int:
    """Count a whole building. A count that breaks off is never used. Returns how many SKUs differed."""
    connection, facility = runtime.configuration.homes[home]
    if since(runtime, home) is None:
        poll_movements(runtime, home)  # what is booked from here on is news
    stock, facts = runtime.warehouse(connection).stock, runtime.facts(connection)
    snapshot = begin_snapshot(runtime, home)
    pages = stock.pages(facility, facts)
    try:
        lines, complaints = take_pages(
            runtime, snapshot, iter(lambda: call(runtime, connection, "count", lambda: next(pages, None)), None)
        )
    except Exception as error:
        break_snapshot(runtime, snapshot, str(error))
        raise
    with runtime.store.transaction() as db:
        for complaint in _filings(complaints, home, connection):
            db.execute(complaint.sql, complaint.values)
    consistent, absent = stock.snapshot_consistent, stock.absent_after
    return end_snapshot(runtime, snapshot, lines, consistent=consistent, absent=absent)
