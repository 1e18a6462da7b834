"""Asks warehouses what came in: a webhook or the sweep says that something happened, and only a re-read counts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from workers.domain.rereads import _post
from workers.ledger.store import Claimed, Effect
from workers.ports.goods_in import ReceiptHint
from workers.ports.sources import Source, event_of
from workers.spine.outcomes import Delivered, NotNeeded, Outcome
from workers.spine.polling import call, now
from workers.spine.reading import Reading
from workers.spine.runtime import Runtime

OVERLAP = timedelta(minutes=75)  # more than the hour that their clock is set back in autumn


FIRST_LOOK = timedelta(days=7)  # how far back the first sweep of a building looks


def read_hint(reading: Reading) -> None:
    """Reader of a webhook about goods in: its receipts are re-read, its SKUs counted."""
    connection = reading.record.connection
    warehouse = reading.runtime.warehouse(connection)
    hint = warehouse.goods_in.read_hint(event_of(reading.record.source) or "", reading.record.body)
    if hint.skus:
        for home in warehouse.sites.values():
            reading.run("select want_recount(%s, %s, %s)", home, sorted(hint.skus), reading.record.source)
    for receipt in hint.receipts:
        _remember(reading, receipt)
        _post(reading, receipt)


def _remember(reading: Reading, receipt: ReceiptHint) -> None:
    """Keep the lines that a hint names: Clarus lists none, so each re-read asks for every line named so far."""
    for line_id in receipt.line_ids if receipt.their_id else ():
        reading.run(
            "insert into goods_in_line (connection, their_id, line_id) values (%s, %s, %s) on conflict do nothing",
            reading.record.connection,
            receipt.their_id,
            line_id,
        )


@dataclass(frozen=True, slots=True)
class Receipt:
    """Reads a receipt at its warehouse; the fact becomes a fresh record."""

    runtime: Runtime
    repeatable: bool = True  # a read
    refused: str = "refused_by_warehouse"

    def write(self, message: Claimed) -> bytes | Outcome:
        """Nothing to write."""
        return b"receipt"

    def push(self, message: Claimed, wire: bytes) -> Outcome:
        """Fetch it with every line named so far, and store what was shown."""
        body, connection = message.body, message.connection
        their_id, reference = _named(self.runtime, connection, body)
        self.runtime.pace(connection)
        shown = fetch(self.runtime, connection, ReceiptHint(their_id, reference, tuple(body["lines"])))
        if shown is None:
            return NotNeeded("the warehouse does not show it any more")
        return Delivered("re-read", (_kept(self.runtime, connection, their_id, shown),))


def _named(runtime: Runtime, connection: str, body: dict[str, Any]) -> tuple[str, str]:
    """Id and reference of a hint's receipt; the one that it lacks comes from the ledger."""
    row = runtime.store.row(
        "select their_id, reference from goods_in where connection = %s and (their_id = %s or (%s = '' and reference"
        " = %s))",
        connection,
        body["their_id"],
        body["their_id"],
        body["reference"],
    )
    stored = row or {"their_id": "", "reference": ""}
    return body["their_id"] or stored["their_id"], body["reference"] or stored["reference"]


def fetch(runtime: Runtime, connection: str, hint: ReceiptHint) -> bytes | None:
    """Fetch a receipt with every line named so far; None when the warehouse lacks it. Raises what adapters raise."""
    rows = runtime.store.rows(
        "select line_id from goods_in_line where connection = %s and their_id = %s order by line_id",
        connection,
        hint.their_id,
    )
    lines = list(dict.fromkeys([*(row["line_id"] for row in rows), *hint.line_ids]))
    return runtime.warehouse(connection).goods_in.fetch(hint.their_id, hint.reference, lines, runtime.facts(connection))


def _kept(runtime: Runtime, connection: str, their_id: str, shown: bytes) -> Effect:
    return Effect(
        "select receive(%s, %s, %s, %s, null)",
        (connection, Source.RECEIPT, _key(runtime, connection, their_id, shown), shown),
    )


def _key(runtime: Runtime, connection: str, their_id: str, shown: bytes) -> str:
    """The receipt key: the body and the receipt's state in the ledger, so that a changed state is read again."""
    row = runtime.store.row(
        "select md5((body - 'read_at')::text) as known from goods_in where connection = %s and their_id = %s",
        connection,
        their_id,
    )
    return hashlib.sha256(shown + (row["known"].encode() if row else b"")).hexdigest()


def sweep(runtime: Runtime, home: str) -> int:
    """Re-read receipts worked on since the last sweep, in case a webhook was lost. Returns how many were new."""
    connection, facility = runtime.configuration.homes[home]
    source = f"goods in {home}"
    row = runtime.store.row("select value from cursor where connection = %s and source = %s", connection, source)
    asked_at = now(runtime)
    since = min(datetime.fromisoformat(row["value"]["until"]), asked_at) - OVERLAP if row else asked_at - FIRST_LOOK
    side, facts, references = (
        runtime.warehouse(connection).goods_in,
        runtime.facts(connection),
        _references(runtime, connection),
    )
    found = call(runtime, connection, "goods in", lambda: side.moved_since(facility, since, references, facts))
    over = _over(runtime, connection)
    new = sum(_take(runtime, connection, hint) for hint in found if hint.line_ids or hint.their_id not in over)
    runtime.store.run(
        "insert into cursor (connection, source, value) values (%s, %s, %s) on conflict (connection, source) do update"
        " set value = excluded.value, moved_at = now()",
        connection,
        source,
        json.dumps({"until": asked_at.isoformat()}),
    )
    return new


def _references(runtime: Runtime, connection: str) -> dict[str, str]:
    rows = runtime.store.rows("select their_id, reference from goods_in where connection = %s", connection)
    return {row["their_id"]: row["reference"] for row in rows}


def _over(runtime: Runtime, connection: str) -> set[str]:
    """Finished receipts: read again only when one of their lines moved."""
    rows = runtime.store.rows(
        "select their_id from goods_in where connection = %s and status in ('completed', 'cancelled')", connection
    )
    return {row["their_id"] for row in rows}


def _take(runtime: Runtime, connection: str, hint: ReceiptHint) -> bool:
    _named_lines(runtime, connection, hint.their_id, hint.line_ids)
    shown = call(runtime, connection, "goods in", lambda: fetch(runtime, connection, hint))
    if shown is None:
        return False
    key = _key(runtime, connection, hint.their_id, shown)
    return runtime.store.receive(connection, Source.RECEIPT, key, shown) is not None


def _named_lines(runtime: Runtime, connection: str, their_id: str, line_ids: Iterable[str]) -> None:
    for line_id in line_ids:
        runtime.store.run(
            "insert into goods_in_line (connection, their_id, line_id) values (%s, %s, %s) on conflict do nothing",
            connection,
            their_id,
            line_id,
        )
