"""The evidence that Khaos has booked goods in: it shows more than was set, while goods wait for their delivery note."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from workers.spine.runtime import Runtime


class Looking(Protocol):
    """What a flush of a selling site can look at."""

    runtime: Runtime
    home: str

    def read(self, skus: Sequence[str], site: str = "") -> dict[str, int]:
        """What a site shows."""

    def read_demand(self) -> None:
        """Read the open invoices anew."""


def booked(flush: Looking, skus: Sequence[str]) -> bool:
    """Clear the terms of goods in that Khaos shows now. True when there were some.

    What shows too much is looked at once more, after fresh invoices: a cancellation raises a level as well. The
    buffer's site counts as well: while Khaos sells what it has just booked, the level itself may show nothing.
    """
    waiting = waits(flush.runtime, flush.home, skus)
    if not waiting or not _more(flush, waiting):
        return False
    flush.read_demand()
    cleared = 0
    for sku, units in _more(flush, waiting).items():
        row = flush.runtime.store.row(
            "select book_received(%s, %s, %s, 'fleet', 'Khaos Control shows it') as n", flush.home, sku, units
        )
        cleared += row["n"] if row else 0
    return cleared > 0


def waits(runtime: Runtime, home: str, skus: Sequence[str]) -> list[str]:
    """Those of some SKUs of which received goods wait to be booked."""
    rows = runtime.store.rows(
        "select distinct sku from received_line where home = %s and sku = any (%s) and booked < received order by sku",
        home,
        list(skus),
    )
    return [row["sku"] for row in rows]


def uncounted(runtime: Runtime, home: str, skus: Sequence[str]) -> set[str]:
    """Those of some SKUs of which more was received than the last count can show.

    Their position lacks what their terms take off already, so that any level would seem too high, and booked.
    """
    rows = runtime.store.rows(
        "select distinct l.sku from received_line l left join position p on p.home = l.home and p.sku = l.sku"
        " where l.home = %s and l.sku = any (%s) and l.booked < l.received"
        " and (p.began_at is null or p.began_at < l.told_at)",
        home,
        list(skus),
    )
    return {row["sku"] for row in rows}


def _more(flush: Looking, skus: Sequence[str]) -> dict[str, int]:
    """Units that Khaos shows, at the selling site and the buffer's, beyond what both should show."""
    runtime, home = flush.runtime, flush.home
    buffer = runtime.store.row("select site from stock_site where home = %s and purpose = 'buffer'", home)
    shown = flush.read(skus)
    kept = flush.read(skus, buffer["site"]) if buffer else {}
    rows = runtime.store.rows(
        "select t.sku, t.shows + f.buffer as should from targets(%s, %s, %s, %s) t"
        " join figures(%s, %s, %s) f on f.sku = t.sku",
        *(home, list(skus), runtime.erp.level_semantics, runtime.erp.issue_point),
        *(home, list(skus), runtime.erp.issue_point),
    )
    there = {sku: shown.get(sku, 0) + kept.get(sku, 0) for sku in skus}
    return {row["sku"]: more for row in rows if (more := there[row["sku"]] - row["should"]) > 0}
