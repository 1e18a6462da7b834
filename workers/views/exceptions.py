"""The exception table as people read it: which stand open, whose they are, and everything about one."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from operator import itemgetter
from typing import Any, Literal

from sqlalchemy import Engine

from workers.views.snapshot import LONGEST_LIST, Row, fetch, snapshot

State = Literal["open", "resolved", "dismissed", "all"]
STATES: tuple[State, ...] = ("open", "resolved", "dismissed", "all")

LISTED = """
select id, kind, subject, story, flow, connection, owner, severity, reason, next_step, message_id, record_id,
       state, times, first_at, last_at, closed_at, closed_by, closed_why, group_key, assignee, tags, snoozed_until,
       respond_by, value from exception
"""
MESSAGE = """
select id, flow, connection, kind, reference, version, state, attempt, tries, error_kind, error,
       maybe_sent_at, due_at, created_at from message where id = :id
union all
select id, flow, connection, kind, reference, version, state, attempt, null, null, null, null, null, created_at
  from message_settled where id = :id
"""
THEIR_WORDS = "select at, words from partner_words where subject = :subject order by id desc limit 20"


OPEN_FIRST = "array_position(array['critical', 'error', 'warning', 'info'], severity), first_at, id"


def exceptions(engine: Engine, *, state: State = "open", kind: str = "", owner: str = "", limit: int = 50) -> list[Row]:
    """Open exceptions, the gravest and then the oldest first; closed ones behind them, the last closed first.

    An empty ``kind`` or ``owner`` means any.
    """
    chosen: tuple[State, ...] = ("open", "resolved", "dismissed") if state == "all" else (state,)
    wanted = (" and kind = :kind" if kind else "") + (" and owner = :owner" if owner else "")
    most = min(limit, LONGEST_LIST)
    with snapshot(engine) as reading:
        parts = [
            fetch(
                reading,
                # the state by the word itself: only then does Postgres know which index serves
                f"{LISTED} where state = '{one}'{wanted}"
                f" order by {OPEN_FIRST if one == 'open' else 'closed_at desc'} limit :limit",
                kind=kind,
                owner=owner,
                limit=most,
            )
            for one in chosen
        ]
    closed = sorted((row for row in chain(*parts) if row["closed_at"]), key=itemgetter("closed_at"), reverse=True)
    return [*(row for row in chain(*parts) if not row["closed_at"]), *closed][:most]


@dataclass(frozen=True, slots=True)
class Case:
    """One exception: its row, its message if it has one, what happened to its subject, and (asked for) bodies.

    ``body`` is what the message says, ``record`` what the partner sent, as text, and ``their_words`` what partners
    wrote about it (``at``, ``words``), the newest first. All hold customers' data: they are empty unless asked for.
    """

    exception: Row
    message: Row | None
    timeline: tuple[Row, ...]
    body: Any = None
    record: str | None = None
    their_words: tuple[Row, ...] = ()


def exception(engine: Engine, exception_id: int, *, body: bool = False) -> Case | None:
    """Everything about one exception; None when there is no such. ``body`` adds personal data."""
    with snapshot(engine) as reading:
        found = fetch(reading, LISTED + " where id = :id", id=exception_id)
        if not found:
            return None
        row = found[0]
        message = fetch(reading, MESSAGE, id=row["message_id"])
        timeline = fetch(
            reading,
            "select at, step, note, who, os_user, flow, connection, message_id from timeline"
            " where story = :story and subject = :subject order by at, id limit :limit",
            story=row["story"],
            subject=row["subject"],
            limit=LONGEST_LIST,
        )
        content, kept, words = None, None, list[Row]()
        if body:
            bodies = fetch(reading, "select body from message_body where message_id = :id", id=row["message_id"])
            content = bodies[0]["body"] if bodies else None
            kept = _record(fetch(reading, "select body from record where id = :id", id=row["record_id"]))
            words = fetch(reading, THEIR_WORDS, subject=row["subject"])
        return Case(row, message[0] if message else None, tuple(timeline), content, kept, tuple(words))


def _record(rows: list[Row]) -> str | None:
    return bytes(rows[0]["body"]).decode(errors="replace") if rows else None


def proposals(engine: Engine, exception_id: int | None = None) -> list[Row]:
    """Edits that wait for another person, of one exception or of all: what is proposed stands in ``editing``."""
    with snapshot(engine) as reading:
        return fetch(
            reading,
            "select id, exception_id, who, why, at from edit_proposal where state = 'waiting'"
            " and (cast(:one as bigint) is null or exception_id = :one) order by id limit :limit",
            one=exception_id,
            limit=LONGEST_LIST,
        )
