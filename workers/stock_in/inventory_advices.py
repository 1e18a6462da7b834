"""Adjustments (947) and counts (846) that a warehouse sends: positions follow, finance gets each adjustment."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from mappings.canonical import Cause, StockLine, StockMovement
from workers.domain.clocks import local_moment, next_local, not_later
from workers.domain.stock_movements import file_unreadable, tell_moves
from workers.ledger.store import Connection
from workers.ledger.text import copied
from workers.ports.sources import Kind
from workers.spine.reading import Reading
from workers.spine.runtime import Runtime
from workers.stock_in.movements import as_rows

GOOD = "good"
NAMED = 5  # SKUs that an exception names
AT_ONCE = 5000  # lines of a count
STAGE = "create temp table said (sku text not null, units jsonb not null) on commit drop"
COPY = "copy said from stdin"


def read_adjustment(reading: Reading) -> None:
    """Reader of an adjustment: each movement goes to the journal once, and into the positions."""
    connection = reading.record.connection
    warehouse = reading.runtime.warehouse(connection)
    movements, bad = warehouse.stock_documents.read_adjustment(reading.record.body)
    if movements:
        facility = movements[0].facility
        home = warehouse.sites[facility]
        # each facility may number its own adjustments
        rows = [{**row, "id": f"{row['id']}/{facility}"} for row in as_rows(movements, reading.record.received_at)]
        argument = {"connection": connection, "home": home, "movements": rows}
        reading.run("select take_movements(%s)", json.dumps(argument))
        origin = warehouse.stock_documents.origin(reading.record.body)
        number = movements[0].movement_id.rsplit("/", 2)[0]
        tell_moves(reading, origin, home, f"adjustment {number}", moves_of(movements))
        file_unreadable(reading, home, bad)


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


def read_count(reading: Reading) -> None:
    """Reader of a whole count, compared with the movements since the last; the less sellable figure counts."""
    warehouse = reading.runtime.warehouse(reading.record.connection)
    documents = warehouse.stock_documents
    counted, bad = documents.read_count(reading.record.body)
    origin = documents.origin(reading.record.body)
    home = warehouse.sites[counted.facility]
    snapshot = reading.run("insert into snapshot (home, began_at) values (%s, clock_timestamp()) returning id", home)
    number = snapshot[0]["id"]
    reading.run(STAGE)
    with reading.db.cursor().copy(COPY) as copy:
        for block in _blocks(counted.lines):
            copy.write(block)
    came = reading.record.received_at
    written = not_later(origin.written, came)
    at = min(counted.at, written)
    argument = {
        "home": home,
        "document": counted.number,
        "number": origin.number,
        "written": written.isoformat(),
        "at": at.isoformat(),
        "parts": origin.parts,
    }
    news = reading.run("select take_said(%s, %s) as news", json.dumps(argument), number)[0]["news"]
    reading.run("drop table said")
    file_unreadable(reading, home, bad)
    if news.get("otherwise"):
        _told_otherwise(reading, counted.number, counted.facility, news["otherwise"])
    if news["differing"] is not None and not news["missing"]:  # else an older one than the last, or a part of one
        by, zone = documents.snapshot_by(counted.facility)
        due = local_moment(at.astimezone(zone).date() + timedelta(days=1), by, zone)
        reading.run("select await_count(%s, %s, %s)", home, reading.record.connection, due)
        if due > datetime.now(UTC):
            reading.close_exception("count_late", f"count:{home}", "a count has come")


def _blocks(lines: Iterable[StockLine]) -> Iterator[str]:
    """Lines as COPY takes them, many at a time: a building is never held in memory as a whole."""
    rest = iter(lines)
    while some := list(islice(rest, AT_ONCE)):
        yield "".join(
            [
                f'{copied(sku)}\t{{"{what}": {units}}}\n' if units else f"{copied(sku)}\t{{}}\n"
                for sku, what, units in some
            ]
        )


def _told_otherwise(reading: Reading, number: str, facility: str, skus: list[str]) -> None:
    connection = reading.record.connection
    reading.file_exception(
        "told_otherwise",
        subject=f"told:{connection}:{Kind.COUNT.value}:{facility} {number}",
        story=number,
        flow="stock-in",
        connection=connection,
        why=f"{connection} told stock count {number} of {facility} again, and otherwise: {', '.join(skus[:NAMED])}"
        " stand in both. The first counts, and nothing of this one does",
    )


def await_first_counts(runtime: Runtime, db: Connection) -> None:
    """Expect the first count of each building by its next morning."""
    for home, (connection, facility) in runtime.configuration.homes.items():
        parts = runtime.warehouse(connection).parts
        if parts.garments is not None and parts.garments.files is not None:
            by, zone = parts.garments.files.due_by, parts.garments.rules.calendar.zone
        elif parts.stock_documents is not None:
            by, zone = parts.stock_documents.snapshot_by(facility)
        else:
            continue
        due = next_local(datetime.now(UTC), by, zone)
        db.execute(
            "select await_count(%s, %s, %s) where not exists (select 1 from told_count where home = %s)"
            " and not exists (select 1 from home where site = %s and counted_at is not null)"
            " and not exists (select 1 from expectation where subject = 'count:' || %s)",
            (home, connection, due, home, home, home),
        )
