"""Turns records into messages: pure understanding and one transaction, no network.

A record that cannot be read becomes a dead message of its own and spoils no neighbour; retrying that
message reads the record again, which is idempotent through the message keys.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

import psycopg
import structlog

from mappings.errors import Unmappable, Unreadable
from workers.ledger.pool import TOO_MUCH, is_away
from workers.ledger.store import Connection, NewMessage, Row, run_effects, within
from workers.spine import exceptions
from workers.spine.inbox import Due, take_up

if TYPE_CHECKING:  # people's commands need not load every system
    from workers.spine.runtime import Runtime

log = structlog.get_logger(__name__)

GIVE_UP_AFTER = 5


@dataclass(frozen=True, slots=True)
class Record:
    """One stored reply, event or file of a partner."""

    id: int
    received_at: datetime
    connection: str
    source: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader works with: the process, the open transaction, and the record.

    ``kept`` is what was looked up for this record already, under a name for each kind of fact.
    """

    runtime: Runtime
    db: Connection
    record: Record
    kept: dict[str, dict[str, Any]] = field(default_factory=dict)

    def post(self, message: NewMessage) -> None:
        """Post a message that this record gave rise to."""
        run_effects(self.db, [message.as_effect(self.record.id)])

    def post_all(self, messages: Sequence[NewMessage]) -> None:
        """Post messages that this record gave rise to, together: those that are new altogether by one statement."""
        entries = json.dumps([message.as_entry(self.record.id) for message in messages])
        self.run("select post_some(%s, %s::bytea[])", entries, [message.wire for message in messages])

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

    def park(self, flow: str, unreadable: Unreadable, story: str = "") -> None:
        """An entry of the record that could not be read: a dead message, which reads the record again when retried."""
        self.post(dead_read(flow, self.record, unreadable.subject, unreadable.error, story))


Reader = Callable[[Reading], None]
Readers = Callable[[str, str], tuple[str, Reader]]  # connection and source -> flow and reader


def fingerprint(*parts: Any) -> str:
    """A hash of content, the same for the same content."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:32]


def dead_read(flow: str, record: Record, subject: str, error: Unmappable, story: str = "") -> NewMessage:
    """The dead message that stands for an entry that could not be read; ``story`` is the order that it is of."""
    return NewMessage(
        flow=flow,
        connection=record.connection,
        kind="read",
        reference=subject or f"record {record.id}",
        subject=f"read:{record.connection}:{record.source}:{subject or record.id}",
        story=story or subject or f"record {record.id}",
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


def read_inbox(runtime: Runtime, readers: Readers, *, limit: int = 200) -> int:
    """Read records that are due, up to ``limit``. Returns how many were taken up."""
    taken = 0
    while taken < limit:
        try:
            batch, convicted = take_up(runtime.store)
            for due in convicted:
                _convict(runtime, due, readers)
            _read(runtime, batch, readers)
        except psycopg.OperationalError as error:
            log.warning("the ledger did not take a reading; the next turn reads again", error=type(error).__name__)
            break
        if not batch and not convicted:
            break
        taken += len(batch) + len(convicted)
    return taken


def _read(runtime: Runtime, batch: list[Due], readers: Readers) -> None:
    """Read a batch in one transaction; when one of several records breaks it, all again, each for itself."""
    if len(batch) > 1:
        try:
            with runtime.store.transaction() as db:
                records = _lock(db, batch)
                _strike_off(db, [record.id for record in records])
                for record in records:
                    _, reader = readers(record.connection, record.source)
                    reader(Reading(runtime, db, record))
        except Exception as error:  # what broke is found out and logged below
            if is_away(error):
                raise
        else:
            return
    if batch:
        tries = {due.id: due.tries for due in batch}
        with runtime.store.transaction() as db:
            for record in _lock(db, batch):
                _read_one(runtime, db, record, tries[record.id], readers)


def _lock(db: Connection, batch: list[Due]) -> list[Record]:
    """Lock those of a batch that nobody else reads, with their bodies: only a record that is alone may be a big one.

    As bytes from the start: as text a body would be held twice as large.
    """
    rows: list[Row] = (
        db.cursor(binary=True)
        .execute(
            "select r.id, r.received_at, r.connection, r.source, r.body from record_unread u cross join lateral"
            " (select * from record r where r.id = u.record_id and r.received_at = u.received_at offset 0) r"
            " where u.record_id = any (%s) order by u.record_id for update of u skip locked",
            ([due.id for due in batch],),
        )
        .fetchall()
    )
    return [Record(**row) for row in rows]


def _strike_off(db: Connection, records: list[int]) -> None:
    """Take records from the list of what is to be read, before they are read.

    So one that a later record of the same batch has read again stands on the list once more.
    """
    db.execute("delete from record_unread where record_id = any (%s)", (records,))


def _convict(runtime: Runtime, due: Due, readers: Readers) -> None:
    """Make a dead message of a record that killed its reader; a person retries it after a mend."""
    with runtime.store.transaction() as db:
        row = db.execute(
            "select connection, source from record_unread where record_id = %s for update skip locked", (due.id,)
        ).fetchone()
        if row is None:
            return
        record = Record(due.id, due.received_at, row["connection"], row["source"], b"")
        why = Unmappable(record.source, f"record {due.id}", "the process that read it alone died", kind="kills_worker")
        run_effects(db, [dead_read(_flow(readers, record), record, "", why).as_effect(record.id)])
        _strike_off(db, [due.id])


def _flow(readers: Readers, record: Record) -> str:
    try:
        return readers(record.connection, record.source)[0]
    except Exception:  # noqa: BLE001  a source that nobody reads any more
        return "orders-out"


def _read_one(runtime: Runtime, db: Connection, record: Record, tries: int, readers: Readers) -> None:
    flow = "orders-out"
    try:
        with db.transaction():  # a savepoint: what one record breaks, its neighbours do not notice
            _strike_off(db, [record.id])
            flow, reader = readers(record.connection, record.source)
            reader(Reading(runtime, db, record))
            return
    except TOO_MUCH:
        too_long = (
            "a number or name in it is longer than 2,704 bytes and cannot be looked up: ask the partner to mend it"
        )
        _park(db, record, flow, Unmappable(record.source, "", too_long, kind="unreadable"))
    except psycopg.OperationalError:
        raise  # the ledger's trouble, not the record's: it is read again
    except Unmappable as error:
        _park(db, record, flow, error)
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
        _park(db, record, flow, why)
    _strike_off(db, [record.id])


def _park(db: Connection, record: Record, flow: str, error: Unmappable) -> None:
    """Make the record's dead message; if even that is refused, file the exception alone: its neighbours go on."""
    try:
        with db.transaction():
            run_effects(db, [dead_read(flow, record, "", error).as_effect(record.id)])
    except psycopg.OperationalError:
        raise
    except Exception as refused:
        log.exception("a record could not be parked", record=record.id, source=record.source)
        exceptions.file(
            within(db),
            "unreadable",
            subject=f"record:{record.id}",
            story=f"record {record.id}",
            flow=flow,
            connection=record.connection,
            why=f"{record.source} cannot be read, and its reason not be stored: {type(refused).__name__}; see the log",
            record=record.id,
        )
