"""Turns records into messages: pure understanding and one transaction, no network.

A record that cannot be read becomes a dead message of its own and spoils no neighbour; retrying that
message reads the record again, which is idempotent through the message keys.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import psycopg
import structlog

from mappings.errors import Unmappable, Unreadable
from workers.ledger.store import Connection, NewMessage, run_effects, within
from workers.spine import exceptions

if TYPE_CHECKING:  # people's commands need not load every system
    from workers.spine.runtime import Runtime

log = structlog.get_logger(__name__)

GIVE_UP_AFTER = 5
BATCH = 25
AT_A_TIME = 20_000  # bytes read in one transaction


@dataclass(frozen=True, slots=True)
class Record:
    """One thing that a side said."""

    id: int
    received_at: datetime
    connection: str
    source: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader works with: the process, the open transaction, and the record."""

    runtime: Runtime
    db: Connection
    record: Record

    def post(self, message: NewMessage) -> None:
        """Post a message that this record gave rise to."""
        run_effects(self.db, [message.as_effect(self.record.id)])

    def run(self, sql: str, *values: Any) -> list[dict[str, Any]]:
        """Run a statement in the reading's transaction; its rows, if it has any."""
        return within(self.db)(sql, *values)

    def file_exception(self, kind: str, *, subject: str, story: str, flow: str, connection: str, why: str) -> None:
        """File an exception about this record, with the reading or not at all."""
        exceptions.file(
            self.run,
            kind,
            subject=subject,
            story=story,
            flow=flow,
            connection=connection,
            why=why,
            record=self.record.id,
        )

    def close_exception(self, kind: str, subject: str, why: str) -> None:
        """Close the open exception of a kind and subject with the reading."""
        exceptions.close(self.run, kind, subject, why)

    def park(self, flow: str, unreadable: Unreadable) -> None:
        """An entry of the record that could not be read: a dead message, which reads the record again when retried."""
        self.post(dead_read(flow, self.record, unreadable.subject, unreadable.error))


Reader = Callable[[Reading], None]


def fingerprint(*parts: Any) -> str:
    """A hash of content, the same for the same content."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:32]


def dead_read(flow: str, record: Record, subject: str, error: Unmappable) -> NewMessage:
    """The dead message that stands for an entry that could not be read."""
    return NewMessage(
        flow=flow,
        connection=record.connection,
        kind="read",
        reference=subject or f"record {record.id}",
        subject=f"read:{record.connection}:{record.source}:{subject or record.id}",
        story=subject or f"record {record.id}",
        body={"record": record.id, "received_at": record.received_at.isoformat()},
        fingerprint=fingerprint(error.kind, error.field, error.value),
        wire=b"read",
        args={
            "state": "dead",
            "error_kind": error.kind,
            "error": f"{error.field} {error.value!r}: {error.why}",
            "step": "could not be read",
            "note": f"{error.kind}: {error.field} {error.value!r}: {error.why}",
        },
    )


def read_inbox(runtime: Runtime, readers: Callable[[str, str], tuple[str, Reader]], *, limit: int = 200) -> int:
    """Read records that are due, up to ``limit``. Returns how many were taken up."""
    taken = 0
    while taken < limit:
        try:
            read, more = _read_some(runtime, readers)
        except psycopg.OperationalError as error:
            log.warning("the ledger did not take a reading; the next turn reads again", error=type(error).__name__)
            break
        taken += read
        if not more:
            break
    return taken


def _read_some(runtime: Runtime, readers: Callable[[str, str], tuple[str, Reader]]) -> tuple[int, bool]:
    """One transaction of reading: how many records were taken up, and whether more may be due."""
    read = size = 0
    with runtime.store.transaction() as db:
        rows = db.execute(
            "select u.record_id, u.tries, r.received_at, r.connection, r.source, r.body from record_unread u"
            " join record r on r.id = u.record_id and r.received_at = u.received_at"
            " where u.due_at <= now() order by u.record_id limit %s for update of u skip locked",
            (BATCH,),
        ).fetchall()
        for row in rows:
            record = Record(row["record_id"], row["received_at"], row["connection"], row["source"], row["body"])
            _read_one(runtime, db, record, row["tries"], readers)
            read += 1
            size += len(record.body)
            if size > AT_A_TIME:
                break  # commit: what was read holds locks that settling waits for
    return read, len(rows) == BATCH or read < len(rows)


def read_again(runtime: Runtime, record_id: int) -> bool:
    """Put a record back among the unread. False when it was purged."""
    return bool(
        runtime.store.run(
            "insert into record_unread (record_id, received_at, connection, source)"
            " select id, received_at, connection, source from record where id = %s on conflict do nothing",
            record_id,
        )
    )


def _read_one(
    runtime: Runtime, db: Connection, record: Record, tries: int, readers: Callable[[str, str], tuple[str, Reader]]
) -> None:
    flow = "orders-out"
    try:
        with db.transaction():  # a savepoint: what one record breaks, its neighbours do not notice
            flow, reader = readers(record.connection, record.source)
            reader(Reading(runtime, db, record))
    except psycopg.OperationalError:
        raise  # the ledger's trouble, not the record's: it is read again
    except Unmappable as error:
        run_effects(db, [dead_read(flow, record, "", error).as_effect(record.id)])
    except Exception as error:
        log.exception("a record could not be read", record=record.id, source=record.source)
        if tries + 1 < GIVE_UP_AFTER:
            db.execute(
                "update record_unread set tries = tries + 1, due_at = now() + make_interval(secs => %s)"
                " where record_id = %s",
                (2.0**tries, record.id),
            )
            return
        why = Unmappable(record.source, type(error).__name__, "the reader failed; see the log", kind="unreadable")
        run_effects(db, [dead_read(flow, record, "", why).as_effect(record.id)])
    db.execute("delete from record_unread where record_id = %s", (record.id,))
