"""Counts: of SKUs that something was said about, and of whole buildings, page by page in bounded memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from adapters.errors import ReachError
from mappings.canonical import Condition, StockLine
from mappings.errors import Unmappable, Unreadable
from workers.ledger.store import Claimed, Effect
from workers.ledger.store import call as effect
from workers.ports.api import CountPage
from workers.spine import exceptions
from workers.spine.outcomes import Delivered, NotNeeded, Outcome
from workers.spine.polling import Busy, call
from workers.spine.runtime import Runtime
from workers.stock_in.demand import moment
from workers.stock_in.movements import as_rows, poll_movements, since

SKUS_A_COUNT = 100
LINES_AT_ONCE = 2000


@dataclass(frozen=True, slots=True)
class Recount:
    """Counts the SKUs of a home that were spoken of; movements are read after the stock, so that none is missing."""

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
        began = moment(self.runtime)
        self.runtime.pace(connection)
        counted = stock.count(facility, skus, facts)
        ended = moment(self.runtime)
        self.runtime.pace(connection)
        raw = stock.fetch_movements(facility, since(self.runtime, home), facts)
        movements, odd = stock.read_movements(raw)
        return Delivered(
            f"counted {len(skus)} SKUs of {home}",
            (
                effect("take_movements", connection=connection, home=home, movements=as_rows(movements)),
                effect(
                    "count_skus",
                    home=home,
                    began=began.isoformat(),
                    ended=ended.isoformat(),
                    skus=_sums(counted.lines, skus),
                ),
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
        complaints = take_pages(
            runtime, snapshot, iter(lambda: call(runtime, connection, "count", lambda: next(pages, None)), None)
        )
    except (ReachError, Busy) as error:
        runtime.store.run(
            "update snapshot set state = 'broken', ended_at = now(), note = %s where id = %s", str(error), snapshot
        )
        runtime.store.run("delete from snapshot_line where snapshot_id = %s", snapshot)
        raise
    with runtime.store.transaction() as db:
        for complaint in _filings(complaints, home, connection):
            db.execute(complaint.sql, complaint.values)
    return end_snapshot(runtime, snapshot, consistent=stock.snapshot_consistent, absent=stock.absent_after)


def take_pages(runtime: Runtime, snapshot: int, pages: Iterable[CountPage]) -> list[Unreadable]:
    """Take the pages of an open count in, some at a time: memory is bounded, however large the building."""
    complaints: dict[tuple[str, str], Unreadable] = {}
    waiting: list[StockLine] = []
    for page in pages:
        complaints |= {(entry.subject, entry.error.kind): entry for entry in page.unreadable}
        waiting += page.lines
        if len(waiting) >= LINES_AT_ONCE:
            add_lines(runtime, snapshot, waiting)
            waiting = []
    add_lines(runtime, snapshot, waiting)
    return list(complaints.values())


def begin_snapshot(runtime: Runtime, home: str) -> int:
    """Open a count of a building; one that an earlier process left open is broken."""
    runtime.store.run(
        "update snapshot set state = 'broken', note = 'left open' where home = %s and state = 'open'", home
    )
    runtime.store.run("delete from snapshot_line l using snapshot s where s.id = l.snapshot_id and s.state = 'broken'")
    row = runtime.store.row("insert into snapshot (home, began_at) values (%s, clock_timestamp()) returning id", home)
    assert row is not None
    snapshot: int = row["id"]
    return snapshot


def add_lines(runtime: Runtime, snapshot: int, lines: Iterable[StockLine]) -> None:
    """Add lines to an open count."""
    with (
        runtime.store.transaction() as db,
        db.cursor().copy("copy snapshot_line (snapshot_id, sku, condition, units) from stdin") as copy,
    ):
        for line in lines:
            copy.write_row((snapshot, line.sku, line.condition.value, line.units))


def end_snapshot(runtime: Runtime, snapshot: int, *, consistent: bool, absent: int) -> int:
    """The last page was read: the count is complete and is taken over. Returns how many SKUs differed."""
    with runtime.store.transaction() as db:
        db.execute(
            "update snapshot set state = 'complete', ended_at = clock_timestamp(), lines ="
            " (select count(*) from snapshot_line where snapshot_id = %s) where id = %s",
            (snapshot, snapshot),
        )
        row = db.execute("select take_snapshot(%s, %s, %s) as n", (snapshot, consistent, absent)).fetchone()
    assert row is not None
    changed: int = row["n"]
    return changed
