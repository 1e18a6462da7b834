"""A whole file of garments taken in one go: row by row into a staging table, and from there set by set."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from mappings.canonical import GarmentRow
from mappings.working_days import WorkingDays
from workers.ledger.store import Connection
from workers.ledger.text import copied

STAGE = (
    'create temp table garment_row (tag text collate "C", sku text, unique_sku text, state text, grade text,'
    " order_reference text, place text) on commit drop"
)
COPY = "copy garment_row from stdin"
AT_ONCE = 1000  # rows


@dataclass(frozen=True, slots=True)
class Count:
    """A file that counts. ``whole``: every row of it could be read, so what it does not name is missing.

    ``lists_away`` says whether such files name garments that are with customers; ``zone`` is the warehouse's.
    """

    connection: str
    home: str
    at: datetime
    day: date
    whole: bool = True
    lists_away: bool = True
    buffer_hours: int = 0
    zone: ZoneInfo = field(default_factory=lambda: WorkingDays().zone)


@dataclass(frozen=True, slots=True)
class Taken:
    """The effect of a file: garments that are new, garments that it misses, SKUs whose position changed."""

    new: int
    missed: int
    changed: int
    first: bool


def take(db: Connection, count: Count, rows: Iterable[GarmentRow]) -> Taken:
    """Take a whole file, some rows in memory at a time, in the caller's transaction."""
    db.execute(STAGE)
    with db.cursor().copy(COPY) as copy:
        rest = iter(rows)
        while some := list(islice(rest, AT_ONCE)):
            copy.write("".join(map(_line, some)))
    db.execute("analyze garment_row")
    argument: dict[str, Any] = {
        "connection": count.connection,
        "home": count.home,
        "at": count.at.isoformat(),
        "day": count.day.isoformat(),
        "whole": count.whole,
        "lists_away": count.lists_away,
        "buffer_hours": count.buffer_hours,
        "zone": count.zone.key,
    }
    found = db.execute("select take_garment_file(%s) as taken", (json.dumps(argument),)).fetchone()
    assert found is not None
    db.execute("drop table garment_row")
    return Taken(**found["taken"])


def _line(row: GarmentRow) -> str:
    """A garment's row as COPY takes it."""
    tag, sku, state, unique, words, grade, order = row
    return f"{copied(tag)}\t{copied(sku)}\t{copied(unique)}\t{state}\t{grade or ''}\t{copied(order)}\t{copied(words)}\n"
