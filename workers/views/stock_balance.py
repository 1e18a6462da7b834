"""The running balance of a SKU's good units at each building, with what each movement came from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine

from workers.views.snapshot import Row, fetch, snapshot

LATEST = 60  # movements of each building
UP, DOWN = (
    ("received", "adjusted_up", "undispatched", "released"),
    ("unreceived", "adjusted_down", "dispatched", "held"),
)
MOVED = """
select m.moved_at as at, m.home, m.cause, m.cause_word, m.units, m.reason, m.location, m.movement_id as source,
       j.id as entry, j.state as journal from movement m
  left join journal j on j.connection = m.connection and j.movement_id = m.movement_id
 where m.sku = :sku and m.cause <> 'inside' order by m.moved_at desc, m.movement_id desc limit :limit
"""
TOLD = """
select written as at, home, document as source, units from told_move
 where sku = :sku and condition = 'good' order by written desc, document desc limit :limit
"""
HELD = """
select p.home, p.good, p.ended_at as at from position p join home h on h.site = p.home where p.sku = :sku and not h.told
union all
select h.site, coalesce(cast(f.book->>'good' as integer), 0), now() from home h
  join told_sku t on t.home = h.site and t.sku = :sku
 cross join lateral told_figures(h.site, array[cast(:sku as text)]) f where h.told
"""


@dataclass(frozen=True, slots=True)
class Moved:
    """One movement and the good units that stood there after it. ``change`` is signed."""

    at: datetime
    what: str
    change: int
    balance: int
    source: str
    reason: str
    entry: int | None  # its journal entry


def balances(engine: Engine, sku: str) -> dict[str, list[Moved]]:
    """The latest movements of a SKU by building, the newest first, each with the balance after it.

    The balance is reckoned from what is held now, backwards and forwards from the moment of the last count.
    """
    with snapshot(engine) as reading:
        held = {row["home"]: row for row in fetch(reading, HELD, sku=sku)}
        moved = [_plain(row) for row in fetch(reading, MOVED, sku=sku, limit=LATEST)]
        moved += [_told(row) for row in fetch(reading, TOLD, sku=sku, limit=LATEST)]
    found: dict[str, list[Moved]] = {}
    for home, anchor in held.items():
        mine = sorted((row for row in moved if row["home"] == home), key=lambda row: row["at"])
        if mine:
            found[home] = list(reversed(running(mine, anchor["good"], anchor["at"])))
    return found


def running(moved: Iterable[Row], good: int, counted_at: datetime) -> list[Moved]:
    """Movements in the order of time, with the balance after each: ``good`` stood there at ``counted_at``."""
    rows = list(moved)
    balance = good - sum(row["change"] for row in rows if row["at"] <= counted_at)
    listed = []
    for row in rows:
        balance += row["change"]
        listed.append(
            Moved(row["at"], row["what"], row["change"], balance, row["source"], row["reason"], row.get("entry"))
        )
    return listed


def _plain(row: Row) -> Row:
    change = row["units"] if row["cause"] in UP else -row["units"] if row["cause"] in DOWN else 0
    what = row["cause"] if row["cause"] != "unknown" else row["cause_word"]
    return {**row, "change": change, "what": what}


def _told(row: Row) -> Row:
    return {**row, "change": row["units"], "what": "told", "reason": ""}


def plot(moved: list[Moved], width: int = 600, height: int = 80) -> str:
    """The points of a line of steps through the balances, the oldest first, for an SVG of this size; empty for one."""
    steps = list(reversed(moved))
    if len(steps) < 2:  # noqa: PLR2004  one point is no line
        return ""
    first, last = steps[0].at, steps[-1].at
    length = max((last - first).total_seconds(), 1)
    low, high = min(0, *(one.balance for one in steps)), max(one.balance for one in steps)
    points: list[str] = []
    before: float | None = None
    for one in steps:
        x = (one.at - first).total_seconds() / length * width
        y = height - (one.balance - low) / max(high - low, 1) * (height - 8) - 4
        if before is not None:
            points.append(f"{x:.1f},{before:.1f}")
        points.append(f"{x:.1f},{y:.1f}")
        before = y
    return " ".join(points)
