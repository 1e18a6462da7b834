"""The hand-written statements of the hot path, and the pool of connections that they run on.

Everything here is one round trip or one short transaction; nothing stays open over a network call.
Reading for people (orders, exceptions, counts) is in ``views``.
"""

from __future__ import annotations

import json
import random
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

import psycopg
import structlog

from workers.ledger.pool import Pool

Row = dict[str, Any]
Connection = psycopg.Connection[Row]
Cursor = psycopg.Cursor[Row]
T = TypeVar("T")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message that this process holds: what to do, and what may have happened before.

    ``doubt_since`` is when it may have been sent by an earlier attempt, None when it surely was not.
    ``wire`` is None until the message was written; afterwards it is frozen. ``after_restore``: the ledger came from a
    backup lately, as far as its connection goes; None where the claim did not say.
    """

    id: int
    attempt: int
    generation: int
    flow: str
    connection: str
    kind: str
    reference: str
    version: int
    subject: str
    story: str
    doubt_since: datetime | None
    tries: int
    resends: int
    body_text: str
    wire: bytes | None
    after_restore: bool | None = None

    @property
    def body(self) -> dict[str, Any]:
        """The message's content as the reader wrote it."""
        read: dict[str, Any] = json.loads(self.body_text)
        return read

    @property
    def task_id(self) -> str:
        """The name under which Flower shows it: flow, connection, reference and version."""
        return task_id(self.flow, self.connection, self.reference, self.version)


def task_id(flow: str, connection: str, reference: str, version: int) -> str:
    """A Celery task id that an engineer can read, for example ``orders-out:leeds:SO02075-1:1``."""
    return f"{flow}:{connection}:{reference}:{version}"


@dataclass(frozen=True, slots=True)
class Effect:
    """A statement that must happen with the settling or the reading, or not at all.

    ``function`` names the ledger's function that it calls, if it is made by ``call``: a turn takes such along.
    """

    sql: str
    values: tuple[Any, ...] = ()
    function: str = ""


def call(function: str, **argument: Any) -> Effect:
    """An effect that is one of the ledger's own functions (in ``ledger/functions``) with one jsonb argument."""
    return Effect(f"select {function}(%s)", (json.dumps(argument),), function)


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message as a reader posts it. ``fingerprint`` is of its content: the same again is no new message."""

    flow: str
    connection: str
    kind: str
    reference: str
    subject: str
    story: str
    body: dict[str, Any]
    fingerprint: str
    wire: bytes | None = None
    gates: tuple[str, ...] = ()
    priority: int = 5
    note: str = ""
    args: dict[str, Any] = field(default_factory=dict)

    def as_effect(self, record_id: int | None = None, source_time: datetime | None = None) -> Effect:
        """The statement that posts it."""
        return Effect(
            "select post(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            (
                self.flow,
                self.connection,
                self.kind,
                self.reference,
                self.fingerprint,
                self.subject,
                self.story,
                json.dumps(self.body),
                self.wire,
                json.dumps(self._args(record_id, source_time)),
            ),
        )

    def as_entry(self, record_id: int | None = None) -> dict[str, Any]:
        """What ``post_some`` is given of it, but for its bytes."""
        return {
            "flow": self.flow,
            "connection": self.connection,
            "kind": self.kind,
            "reference": self.reference,
            "fingerprint": self.fingerprint,
            "subject": self.subject,
            "story": self.story,
            "body": self.body,
            "args": self._args(record_id, None),
        }

    def _args(self, record_id: int | None, source_time: datetime | None) -> dict[str, Any]:
        args: dict[str, Any] = {"priority": self.priority, "note": self.note, **self.args}
        if self.gates:
            args["gates"] = list(self.gates)
        if record_id is not None:
            args["record_id"] = record_id
        if source_time is not None:
            args["source_time"] = source_time.isoformat()
        return args


def within(db: Connection) -> Callable[..., list[Row]]:
    """Run statements in the caller's transaction, each with its values; answers their rows, if they have any."""

    def run(sql: str, *values: Any) -> list[Row]:
        cursor = db.execute(sql, values)
        return cursor.fetchall() if cursor.description else []

    return run


def _touched(cursor: Cursor) -> int:
    return cursor.rowcount


class LateSettle(Exception):
    """The lease was taken away before the settle came; nothing of it was written."""


GIVE_WAY = (0.05, 0.2, 0.5)  # seconds until a statement that lost a deadlock runs again
LOST_FOR = 60.0  # seconds within which a claim whose answer was lost may still be committed


class Store:
    """A process's door to the ledger. Make it after a fork, never before."""

    def __init__(self, dsn: str, *, size: int = 5, application: str = "fleet") -> None:
        """``size`` connections at most, whatever the number of threads."""
        self.process_id = uuid.uuid4()
        self._pool = Pool(dsn, size=size, application=application)
        self._remembering = threading.Lock()
        self._lost: list[tuple[int, float]] = []  # tokens of claims whose answer was lost, and until when

    def close(self) -> None:
        """Give the connections back."""
        self._pool.close()

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """A connection in autocommit; use ``transaction`` for more than one statement. Raises PoolTimeout."""
        with self._pool.connection() as connection:
            yield connection

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """One short transaction."""
        with self.connection() as connection, connection.transaction():
            yield connection

    def rows(self, sql: str, *values: Any) -> list[Row]:
        """All rows of one statement."""
        return self._alone(sql, values, Cursor.fetchall)

    def rows_of(self, sql: str, named: Mapping[str, Any]) -> list[Row]:
        """All rows of one statement with named values."""
        return self._alone(sql, named, Cursor.fetchall)

    def row(self, sql: str, *values: Any) -> Row | None:
        """The first row of one statement, or None."""
        return self._alone(sql, values, Cursor.fetchone)

    def run(self, sql: str, *values: Any) -> int:
        """Run one statement; the number of rows that it touched."""
        return self._alone(sql, values, _touched)

    def run_named(self, sql: str, named: Mapping[str, Any]) -> int:
        """Run one statement with named values; the number of rows that it touched."""
        return self._alone(sql, named, _touched)

    def _alone(self, sql: str, values: Sequence[Any] | Mapping[str, Any], take: Callable[[Cursor], T]) -> T:
        """Run one statement by itself. Where two wait for each other and Postgres ends this one, it runs again."""
        with self.connection() as connection:
            for pause in GIVE_WAY:
                try:
                    return take(connection.execute(sql, values))
                except psycopg.errors.DeadlockDetected as error:
                    log.warning("a statement gave way to another, and runs again", where=error.diag.context)
                    time.sleep(pause)  # the other is to be first now
            return take(connection.execute(sql, values))

    def receive(
        self, connection: str, source: str, receipt_key: str, body: bytes, source_time: datetime | None = None
    ) -> int | None:
        """Store a record. None when the same was stored before. Durable when it returns."""
        row = self.row("select receive(%s, %s, %s, %b, %s) as id", connection, source, receipt_key, body, source_time)
        return row["id"] if row else None

    def claim(self, lane: str, lease: float) -> Claimed | None:
        """Claim the most urgent message that may go, for ``lease`` seconds."""
        with self.naming_claim() as token, self.connection() as connection:
            return self._claim(connection, lane, lease, token)

    def _claim(self, connection: Connection, lane: str, lease: float, token: int) -> Claimed | None:
        row = connection.execute(
            "select * from claim_v2(%s, %s, make_interval(secs => %s), %s)", (lane, self.process_id, lease, token)
        ).fetchone()
        return claimed_from(row) if row is not None else None

    @contextmanager
    def naming_claim(self) -> Iterator[int]:
        """Name a claim. One whose answer was lost is given back before the next: it may have been committed."""
        if self._lost:
            with self._remembering:
                self._lost = [lost for lost in self._lost if lost[1] > time.monotonic()]
                tokens = [lost[0] for lost in self._lost]
            self.run("select give_back_lost(%s, %s)", self.process_id, tokens)
        token = random.getrandbits(62)
        try:
            yield token
        except psycopg.OperationalError:
            with self._remembering:
                self._lost.append((token, time.monotonic() + LOST_FOR))
            raise

    def give_back(self, message: Claimed, rest: float | None = None) -> bool:
        """Give a message back of which surely nothing was sent in this attempt: the next claim takes it as it was.

        With ``rest`` its connection is not claimed from for so many seconds. False when it was taken away before.
        """
        row = self.row(
            "select give_back(%s, %s, %s, %s, make_interval(secs => %s)) as ok",
            message.id, message.attempt, message.doubt_since, message.resends, rest,
        )  # fmt: skip
        return bool(row and row["ok"])

    def count_resend(self, message: Claimed, step: int) -> None:
        """Count a re-send before its bytes leave, or take that back. Raises LateSettle when it was taken away."""
        done = self.run(
            "update message set resends = resends + %s where id = %s and attempt = %s and state = 'working'",
            step,
            message.id,
            message.attempt,
        )
        if not done:
            raise LateSettle(message.task_id)

    def has_settled(self, message: Claimed) -> bool:
        """Tell whether this very attempt at a message was settled."""
        row = self.row(
            "select 1 as one from message_settled where id = %s and attempt = %s union all"
            " select 1 from message where id = %s and attempt = %s and state <> 'working'",
            message.id, message.attempt, message.id, message.attempt,
        )  # fmt: skip
        return row is not None

    def settle_and_claim(
        self,
        message: Claimed,
        state: str,
        note: str,
        args: dict[str, Any],
        effects: Sequence[Effect],
        lane: str | None,
        lease: float,
    ) -> Claimed | None:
        """Settle a message with its effects and claim the next (of ``lane``, if given) in one commit.

        Raises LateSettle, with nothing written, when this process no longer holds the message.
        """
        with self.naming_claim() as token, self.connection() as connection:
            if lane is not None and all(effect.function for effect in effects):
                # one statement, so one commit, without a transaction's own round trips
                calls = ",".join(f'["{effect.function}",{effect.values[0]}]' for effect in effects)
                as_json = json.dumps(args) if args else "{}"
                row = connection.execute(
                    "select * from turn_v2(%s, %s, %s, %s, %s, %s, %s, %s, make_interval(secs => %s), %s)",
                    (
                        message.id,
                        message.attempt,
                        state,
                        note,
                        as_json,
                        f"[{calls}]",
                        lane,
                        self.process_id,
                        lease,
                        token,
                    ),
                ).fetchone()
                if row is None or not row["ok"]:
                    raise LateSettle(message.task_id)
                return claimed_from(row) if row["id"] is not None else None
            with connection.transaction():
                row = connection.execute(
                    "select settle(%s, %s, %s, %s, %s) as ok",
                    (message.id, message.attempt, state, note, json.dumps(args)),
                ).fetchone()
                if row is None or not row["ok"]:
                    raise LateSettle(message.task_id)
                run_effects(connection, effects)
                return self._claim(connection, lane, lease, token) if lane is not None else None

    def freeze(self, message: Claimed, wire: bytes) -> None:
        """Store the bytes of a message before they are sent for the first time: from here on it may have been sent.

        Raises LateSettle when the message was taken away.
        """
        if not self.freeze_some([(message, wire)]):
            raise LateSettle(message.task_id)

    def freeze_some(self, written: Sequence[tuple[Claimed, bytes]]) -> set[int]:
        """Freeze the bytes of several messages in one commit. Returns the ids of those that were not taken away."""
        rows = self.rows(
            "with written as (select * from unnest(%s::bigint[], %s::integer[], %s::bytea[]) w (id, attempt, wire)),"
            " mine as (update message m set maybe_sent_at = now() from written w where m.id = w.id"
            " and m.attempt = w.attempt and m.state = 'working' returning m.id, w.wire)"
            " update message_body b set wire = mine.wire from mine where b.message_id = mine.id returning mine.id",
            [message.id for message, _ in written],
            [message.attempt for message, _ in written],
            [wire for _, wire in written],
        )
        return {row["id"] for row in rows}


def claimed_from(row: Row) -> Claimed:
    """The message of a row that a claim returned."""
    return Claimed(
        row["id"],
        row["attempt"],
        row["generation"],
        row["flow"],
        row["connection"],
        row["kind"],
        row["reference"],
        row["version"],
        row["subject"],
        row["story"],
        row["maybe_sent_at"],
        row["tries"],
        row["resends"],
        row["body"],
        row["wire"],
        row.get("after_restore"),
    )


def run_effects(connection: Connection, effects: Sequence[Effect]) -> None:
    """Run effects in order, inside the caller's transaction."""
    for effect in effects:
        connection.execute(effect.sql, effect.values)
