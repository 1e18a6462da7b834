"""What moved and what was counted in a building that tells it: positions follow, and finance gets each adjustment."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from mappings.canonical import Cause, StockMovement
from mappings.errors import Unreadable
from workers.reading import Reading
from workers.runtime import Runtime
from workers.stock.movements import as_rows

GOOD = "good"
LATE_COUNT = "no count of the building came in time"
AWAIT_COUNT = (
    "insert into expectation (subject, what, story, due_at, kind, flow, connection)"
    " values (%s, %s, %s, %s, 'count_late', 'stock-in', %s) on conflict (subject, what)"
)


def tell_moves(
    reading: Reading, home: str, document: str, moves: Sequence[dict[str, Any]], why: tuple[str, str] | None = None
) -> int:
    """Take movements of one document: [{sku, condition, units}], below zero for what left. Returns how many were new.

    ``why`` is their cause and the word for the story; None where the movements were told to finance already.
    """
    origin = reading.runtime.telling(reading.record.connection).files.origin(reading.record.body)
    told: dict[str, Any] = {
        "home": home,
        "document": document,
        "number": origin.number,
        "written": origin.written.isoformat(),
        "moves": list(moves),
    }
    if why is not None:
        told |= {"cause": why[0], "word": why[1]}
    new: int = reading.run("select tell_moves(%s) as n", json.dumps(told))[0]["n"]
    return new


def read_adjustment(reading: Reading) -> None:
    """Reader of an adjustment: each movement goes to the journal once, and into the positions."""
    connection = reading.record.connection
    warehouse = reading.runtime.telling(connection)
    movements, bad = warehouse.files.read_adjustment(reading.record.body)
    if movements:
        home = warehouse.sites[movements[0].facility]
        told = {"connection": connection, "home": home, "movements": as_rows(movements)}
        reading.run("select take_movements(%s)", json.dumps(told))
        number = movements[0].movement_id.partition("/")[0]
        tell_moves(reading, home, f"adjustment {number}", moves_of(movements))
        complain(reading, home, bad)


def moves_of(movements: Iterable[StockMovement]) -> list[dict[str, Any]]:
    """What movements put into each condition, and took out of it."""
    moves: list[dict[str, Any]] = []
    for m in movements:
        other = m.to_condition.value if m.to_condition else ""
        match m.cause:
            case Cause.ADJUSTED_UP | Cause.ADJUSTED_DOWN:
                signed = m.units if m.cause is Cause.ADJUSTED_UP else -m.units
                moves.append({"sku": m.sku, "condition": GOOD, "units": signed})
            case Cause.HELD | Cause.RELEASED:
                out = m.units if m.cause is Cause.HELD else -m.units
                moves += [
                    {"sku": m.sku, "condition": GOOD, "units": -out},
                    {"sku": m.sku, "condition": other, "units": out},
                ]
            case _:
                pass  # within one condition: nothing changes its place
    return moves


def complain(reading: Reading, home: str, bad: Iterable[Unreadable]) -> None:
    """Units whose condition no table knows are held as unknown, and a person is told which row is missing."""
    for entry in bad:
        reading.file_exception(
            entry.error.kind,
            f"stock:{home}:{entry.subject}",
            entry.subject,
            "stock-in",
            reading.record.connection,
            f"{entry.error.field} {entry.error.value!r}: {entry.error.why}",
        )


def read_count(reading: Reading) -> None:
    """Reader of a whole count. It is compared with what was told since the last; the less sellable figure counts."""
    files = reading.runtime.telling(reading.record.connection).files
    counted, bad = files.read_count(reading.record.body)
    origin = files.origin(reading.record.body)
    home = reading.runtime.telling(reading.record.connection).sites[counted.facility]
    snapshot = reading.run("insert into snapshot (home, began_at) values (%s, clock_timestamp()) returning id", home)
    number = snapshot[0]["id"]
    with reading.db.cursor().copy("copy snapshot_line (snapshot_id, sku, condition, units) from stdin") as copy:
        for line in counted.lines:
            copy.write_row((number, line.sku, line.condition.value, line.units))
    told = {
        "home": home,
        "document": counted.number,
        "number": origin.number,
        "written": origin.written.isoformat(),
        "at": counted.at.isoformat(),
    }
    reading.run("select take_told_count(%s, %s)", json.dumps(told), number)
    complain(reading, home, bad)
    _next_count(reading, home, counted.facility)


def _next_count(reading: Reading, home: str, facility: str) -> None:
    """The next day's count is awaited by its local time."""
    files = reading.runtime.telling(reading.record.connection).files
    due = _due(files.snapshot_by(facility), reading.record.received_at + timedelta(days=1), today=True)
    reading.run(AWAIT_COUNT + " do update set due_at = greatest(expectation.due_at, excluded.due_at),"
                " missed_at = null", f"count:{home}", LATE_COUNT, home, due, reading.record.connection)  # fmt: skip
    reading.run("select close_exception('count_late', %s, 'a count has come', 'fleet')", f"count:{home}")


def await_counts(runtime: Runtime) -> int:
    """A building that has not told a count yet owes one as well. Returns how many began to."""
    begun = 0
    for home, (connection, facility) in runtime.configuration.homes.items():
        if runtime.connection(connection).tells:
            by = runtime.telling(connection).files.snapshot_by(facility)
            due = _due(by, datetime.now(UTC), today=False)
            begun += runtime.store.run(AWAIT_COUNT + " do nothing", f"count:{home}", LATE_COUNT, home, due, connection)
    return begun


def _due(by: tuple[time, ZoneInfo], moment: datetime, *, today: bool) -> datetime:
    """The local time on a moment's day; where that is over and ``today`` need not be, on the next."""
    at, zone = by
    due = datetime.combine(moment.astimezone(zone).date(), at, zone)
    if not today and due <= moment:
        due = datetime.combine(moment.astimezone(zone).date() + timedelta(days=1), at, zone)
    return due.astimezone(UTC)
