"""What a person does about an exception: retry it, edit and retry it, dismiss it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from workers.edi.resend import resend
from workers.ledger.store import Connection, Store
from workers.spine.people import CannotDo, Dismissal, Person
from workers.wiring.handlers import ON_DISMISSED, WRITTEN_ANEW

ANSWER_MISSING = "answer_missing"


def retry(store: Store, exception_id: int, person: Person, *, body: dict[str, Any] | None = None) -> str:
    """Send an exception's message on its way again, with an edited body if one is given. Returns its reference.

    What may have been sent before is looked up first, and its bytes cannot be edited.
    """
    with store.transaction() as db:
        row = db.execute(
            "select e.id as exception_id, e.kind as trouble, e.subject as awaited, e.record_id,"
            " e.state as exception_state, m.* from exception e"
            " left join message m on m.id = e.message_id where e.id = %s for update of e",
            (exception_id,),
        ).fetchone()
        if row is None:
            raise CannotDo(f"there is no exception {exception_id}; `fleet exceptions list` shows those that stand")
        if row["exception_state"] != "open":
            raise CannotDo(f"exception {exception_id} is {row['exception_state']} already")
        if row["flow"] is None and row["trouble"] == ANSWER_MISSING and body is None:
            return _lay_again(db, row, person)
        if row["flow"] is None:
            if row["record_id"] is None or body is not None:
                raise CannotDo(
                    f"exception {exception_id} has no message to send again: do its next step, then dismiss it"
                )
            db.execute(
                "insert into record_unread (record_id, received_at, connection, source)"
                " select id, received_at, connection, source from record where id = %s on conflict do nothing",
                (row["record_id"],),
            )
            _add_to_timeline(db, exception_id, person, "read again", "")
            return f"record {row['record_id']}"
        message = db.execute(
            "select * from message where id = (select message_id from exception where id = %s) for update",
            (exception_id,),
        ).fetchone()
        if message is None or message["state"] == "working":
            raise CannotDo(f"exception {exception_id}: its message is being worked on; wait a moment")
        if body is not None:
            if message["maybe_sent_at"] is not None:
                raise CannotDo(
                    "it may have been sent as it was: its bytes cannot be changed. Retry without an edit; it is"
                    " looked up first"
                )
            db.execute(
                "update message_body set body = %s, wire = null where message_id = %s",
                (json.dumps(body), message["id"]),
            )
        elif message["maybe_sent_at"] is None and (message["flow"], message["kind"]) in WRITTEN_ANEW:
            db.execute("update message_body set wire = null where message_id = %s", (message["id"],))
        db.execute(
            "update message set state = 'queued', state_since = now(), generation = generation + 1, tries = 0,"
            " deaths = 0, lane = flow, error = null,"
            # a doubt is waited out whoever presses, and what was sent again stays counted
            " due_at = case when maybe_sent_at is null then now() else greatest(now(), due_at) end where id = %s",
            (message["id"],),
        )
        _add_to_timeline(db, exception_id, person, "edited and retried" if body is not None else "retried", "")
        return str(message["reference"])


def _lay_again(db: Any, row: dict[str, Any], person: Person) -> str:
    """The warehouse may have lost the file: it gets the same once more, and its answer is awaited still."""
    reference = resend(db, row["awaited"], f"exception {row['exception_id']} at {datetime.now(UTC).isoformat()}")
    if reference is None:
        raise CannotDo(
            f"exception {row['exception_id']}: no file of {row['awaited']} can be laid again; ask the warehouse"
        )
    _add_to_timeline(db, row["exception_id"], person, "laid again", "")
    return reference


def dismiss(store: Store, exception_id: int, person: Person, why: str) -> str:
    """Close an exception for good, with a reason; its message ends too. Returns its subject."""
    if not why.strip():
        raise CannotDo('a dismissal needs a reason: --why "…"')
    with store.transaction() as db:
        row = db.execute("select * from exception where id = %s for update", (exception_id,)).fetchone()
        if row is None:
            raise CannotDo(f"there is no exception {exception_id}; `fleet exceptions list` shows those that stand")
        if row["state"] != "open":
            raise CannotDo(f"exception {exception_id} is {row['state']} already")
        if row["message_id"] is not None:
            _end(db, row["message_id"], exception_id, person, why)
        db.execute(
            "update exception set state = 'dismissed', closed_at = now(), closed_by = %s, closed_why = %s where"
            " id = %s",
            (person.name, why, exception_id),
        )
        _add_to_timeline(db, exception_id, person, "dismissed", why)
        return str(row["subject"])


def _end(db: Connection, message_id: int, exception_id: int, person: Person, why: str) -> None:
    """End the message of a dismissed exception, and have its queue do what that means there."""
    message = db.execute(
        "select flow, kind, reference, state from message where id = %s for update", (message_id,)
    ).fetchone()
    if message is None:  # it has ended already
        return
    if message["state"] == "working":
        raise CannotDo(f"exception {exception_id}: its message is being worked on; wait a moment")
    db.execute("select finish(%s, 'dismissed', %s, %s)", (message_id, why, person.name))
    if on_dismissed := ON_DISMISSED.get((message["flow"], message["kind"])):
        on_dismissed(db, Dismissal(message["reference"], person, why))


def _add_to_timeline(db: Any, exception_id: int, person: Person, step: str, note: str) -> None:
    db.execute(
        "insert into timeline (story, subject, flow, connection, step, note, who, message_id)"
        " select story, subject, flow, connection, %s, kind || case when %s = '' then '' else ': ' || %s end,"
        " %s, message_id"
        " from exception where id = %s",
        (step, note, note, person.name, exception_id),
    )
