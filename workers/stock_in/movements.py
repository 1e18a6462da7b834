"""Movements as a warehouse booked them: read by a cursor of their clock, with an overlap, each taken once."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from mappings.canonical import Cause, StockMovement
from workers.domain.clocks import close_ahead, file_ahead, is_ahead, not_later
from workers.domain.rereads import taken_back
from workers.ports.sources import Source
from workers.spine.polling import call, now, receipt
from workers.spine.reading import Reading
from workers.spine.runtime import Runtime

OVERLAP = timedelta(minutes=75)  # more than the hour that their clock is set back in autumn


def since(runtime: Runtime, home: str) -> datetime | None:
    """From which moment of the warehouse's clock movements are to be read; None before the first time."""
    row = runtime.store.row("select value from cursor where connection = %s and source = 'movements'", home)
    return min(datetime.fromisoformat(row["value"]["until"]), now(runtime)) - OVERLAP if row else None


def poll_movements(runtime: Runtime, home: str) -> int:
    """Read what was booked since the last time. Returns how many records are new.

    The first time only finds where to begin: what was booked before the fleet's first count is no news.
    """
    connection, facility = runtime.configuration.homes[home]
    facts, begin, asked_at = runtime.facts(connection), since(runtime, home), now(runtime)
    stock = runtime.warehouse(connection).stock
    raw = call(runtime, connection, "movements", lambda: stock.fetch_movements(facility, begin, facts))
    body = json.dumps({"home": home, "baseline": begin is None, "raw": raw.decode()}, sort_keys=True).encode()
    stored = runtime.store.receive(connection, Source.MOVEMENTS, receipt(body), body)
    movements, _unreadable = stock.read_movements(raw)
    # a clock that is ahead moves no cursor: what is booked until then would never be read
    until = max((m.moved_at for m in movements if m.moved_at <= asked_at), default=None)
    latest = max((m.moved_at for m in movements), default=None)
    if latest is not None and is_ahead(latest, asked_at):
        file_ahead(runtime.store.run, connection, latest, asked_at)
    elif latest is not None:
        close_ahead(runtime.store.run, connection)
    if begin is None:
        until = asked_at
    if until is not None:
        runtime.store.run(
            "insert into cursor (connection, source, value) values (%s, 'movements', %s)"
            " on conflict (connection, source) do update set value = excluded.value, moved_at = now()"
            " where (cursor.value->>'until')::timestamptz < (excluded.value->>'until')::timestamptz",
            home,
            json.dumps({"until": until.isoformat()}),
        )
    return int(stored is not None)


def read_movements(reading: Reading) -> None:
    """Reader of a page of movements."""
    payload = json.loads(reading.record.body)
    connection = reading.record.connection
    movements, unreadable = reading.runtime.warehouse(connection).stock.read_movements(payload["raw"].encode())
    for entry in unreadable:
        reading.park("stock-in", entry)
    rows = as_rows(movements, reading.record.received_at)
    if payload["baseline"]:
        rows = [{**row, "cause": Cause.INSIDE.value} for row in rows]
    argument = {"connection": connection, "home": payload["home"], "movements": rows}
    reading.run("select take_movements(%s)", json.dumps(argument))
    taken_back(reading, payload["home"], [row["sku"] for row in rows if row["cause"] == Cause.UNRECEIVED.value])


def as_rows(movements: Iterable[StockMovement], came: datetime) -> list[dict[str, Any]]:
    """Movements as the ledger's function takes them; one of a clock that is ahead was booked when it ``came``."""
    return [
        {
            "id": m.movement_id,
            "sku": m.sku,
            "cause": m.cause.value,
            "word": m.cause_word,
            "units": m.units,
            "reason": m.reason,
            "location": m.location,
            "to_condition": m.to_condition.value if m.to_condition else "",
            "at": not_later(m.moved_at, came).isoformat(),
        }
        for m in movements
    ]
