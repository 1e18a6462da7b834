"""Expectations that are overdue become exceptions, with an owner and a next step."""

from __future__ import annotations

from typing import Any

import psycopg
import structlog

from workers.ledger.expected import in_words
from workers.ledger.pool import is_away
from workers.ledger.store import Connection, within
from workers.spine import exceptions
from workers.spine.runtime import Runtime

log = structlog.get_logger(__name__)


def check(runtime: Runtime) -> int:
    """File an exception for each expectation that is overdue. Returns how many.

    Of a connection that is not live nothing is overdue: nothing is sent to it, and nothing asked of it. Nor does an
    order wait for its SKUs that is held until a person has looked: ``go_live_unmatched`` stands for it.
    """
    with runtime.store.transaction() as db:
        # the rows stay locked until the exception stands: what comes at this very moment closes it again
        missed = db.execute(
            "update expectation e set missed_at = now() where missed_at is null and due_at < now() and not exists"
            " (select 1 from connection c where c.name = e.connection and c.shut_kind = 'not_live') and not exists"
            " (select 1 from message m join message_gate g on g.message_id = m.id where m.subject = e.subject and"
            " e.what = 'sku_confirmed' and g.gate like 'go-live:%') returning *"
        ).fetchall()
        for row in missed:
            try:
                with db.transaction():
                    _file(db, row)
            except Exception as error:
                if isinstance(error, psycopg.Error) and is_away(error):
                    raise
                log.exception("an expectation cannot be told", subject=row["subject"], what=row["what"])
                _file_unsaid(db, row, error)
    return len(missed)


def _file(db: Connection, row: dict[str, Any]) -> None:
    message = db.execute("select id from message where subject = %s order by id limit 1", (row["subject"],)).fetchone()
    missing = db.execute(
        "select distinct g.gate from message_gate g join message m on m.id = g.message_id where m.subject = %s"
        " order by 1 limit 5",
        (row["subject"],),
    ).fetchall()
    reason = in_words(row["what"]).missed.format(
        missing=", ".join(r["gate"].split(":", 2)[2] for r in missing) or "-",
        shown=_shown(db, row["subject"]),
    )
    exceptions.file(
        within(db),
        row["kind"],
        subject=row["subject"],
        story=row["story"],
        flow=row["flow"],
        connection=row["connection"],
        why=reason,
        message=message["id"] if message else None,
    )


def _file_unsaid(db: Connection, row: dict[str, Any], error: Exception) -> None:
    """What is overdue is told also where its words cannot be made: it is nobody's else, and so are all behind it."""
    exceptions.file(
        within(db),
        row["kind"],
        subject=row["subject"],
        story=row["story"],
        flow=row["flow"],
        connection=row["connection"],
        why=f"awaited in vain: {row['what']} (its words cannot be made: {type(error).__name__})",
    )


def _shown(db: Connection, subject: str) -> str:
    """How its warehouse showed an order last; empty for one that it never shows."""
    row = db.execute(
        "select warehouse, status_there from fulfilment where reference = %s and status_there <> ''",
        (subject.removeprefix("order:"),),
    ).fetchone()
    return f"; {row['warehouse']} showed it last as {row['status_there']}" if row else ""
