"""What a person does about an exception: retry it, edit and retry it, dismiss it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from workers.domain.edits import store_edit
from workers.domain.fulfilment import read_row
from workers.domain.order_gates import person_gates
from workers.edi.resend import resend
from workers.ledger.store import Connection, Store
from workers.spine import acts, exceptions
from workers.spine.people import CannotDo, Dismissal, Person
from workers.wiring.handlers import ON_DISMISSED, WRITTEN_ANEW

LAID_AGAIN = ("answer_missing", "envelope_faulted")  # a retry lays the same file once more
# over e (exception) and m (its message): whether the message is dead of what the exception says
OF_ITS_OWN = "(m.state = 'dead' and coalesce(m.error_kind, 'crashed') = e.kind)"

# The alarm is over, and what the order waits for is owed as before.
AWAITED_ANEW = """
update expectation x set missed_at = null, due_at = now() + interval '2 days' from fulfilment f
 where x.subject = %s and x.kind = %s and x.missed_at is not null and x.subject = 'order:' || f.reference
   and f.state in ('new', 'sent', 'part_dispatched', 'cancelling')
returning x.due_at
"""


def retry(store: Store, exception_id: int, person: Person, *, body: dict[str, Any] | None = None) -> str:
    """Send an exception's message on its way again, with an edited body if one is given. Returns its reference.

    What may have been sent before is looked up first, and its bytes cannot be edited.
    """
    with store.transaction() as db:
        reference = retry_within(db, exception_id, person, body=body)
        acts.keep(db, person, "exception retried" if body is None else "message edited", f"exception {exception_id}")
        return reference


def retry_within(db: Connection, exception_id: int, person: Person, *, body: dict[str, Any] | None = None) -> str:
    """Do what ``retry`` does, in the caller's transaction."""
    db.execute(exceptions.MESSAGE_FIRST, (exception_id,))
    row = db.execute(
        "select e.id as exception_id, e.kind as trouble, e.subject as awaited, e.record_id,"
        " e.state as exception_state, e.story as about, m.* from exception e"
        " left join message m on m.id = e.message_id where e.id = %s for update of e",
        (exception_id,),
    ).fetchone()
    if row is None:
        raise CannotDo(f"there is no exception {exception_id}; `fleet exceptions list` shows those that stand")
    if row["exception_state"] != "open":
        raise CannotDo(f"exception {exception_id} is {row['exception_state']} already")
    if row["flow"] is None:
        return _without_message(db, row, person, edited=body is not None)
    message = db.execute(
        "select * from message where id = (select message_id from exception where id = %s) for update",
        (exception_id,),
    ).fetchone()
    if message is None or message["state"] == "working":
        raise CannotDo(f"exception {exception_id}: its message is being worked on; wait a moment")
    changed = ""
    if body is not None:
        if message["maybe_sent_at"] is not None:
            raise CannotDo(
                "it may have been sent as it was: its bytes cannot be changed. Retry without an edit; it is"
                " looked up first"
            )
        changed = store_edit(db, message, body, person)
    elif message["maybe_sent_at"] is None and (message["flow"], message["kind"]) in WRITTEN_ANEW:
        db.execute("update message_body set wire = null where message_id = %s", (message["id"],))
    db.execute(
        "update message set state = 'queued', state_since = now(), generation = generation + 1, tries = 0,"
        " deaths = 0, lane = flow, error = null,"
        # a doubt is waited out whoever presses, and what was sent again stays counted
        " due_at = case when maybe_sent_at is null then now() else greatest(now(), due_at) end where id = %s",
        (message["id"],),
    )
    held = _held_by_person(db, message)
    db.execute("select wake()")
    became = f"message {message['state']} -> {'held, as a person holds the order' if held else 'queued'}"
    if body is None:
        _add_to_timeline(db, exception_id, person, "retried", became)
    else:
        _add_to_timeline(db, exception_id, person, "edited and retried", f"{became}; changed: {changed}")
    return str(message["reference"])


def _held_by_person(db: Connection, message: dict[str, Any]) -> bool:
    """Hold an order that is surely not sent at the gates that a person has shut. Whether there are any."""
    if message["kind"] not in ("order", "change") or message["maybe_sent_at"] is not None:
        return False
    rows = db.execute("select * from fulfilment where 'order:' || reference = %s", (message["subject"],)).fetchall()
    names = [gate for row in rows for gate in person_gates(read_row(row))]
    shut = db.execute("select name from gate where name = any (%s) and not open order by 1", (names,)).fetchall()
    if shut:
        db.execute("select hold(%s, %s)", (message["id"], [gate["name"] for gate in shut]))
    return bool(shut)


def _without_message(db: Any, row: dict[str, Any], person: Person, *, edited: bool) -> str:
    """An exception without a message: its file is laid again, or its record read again."""
    number = row["exception_id"]
    if row["trouble"] in LAID_AGAIN and not edited:
        return _resend(db, row, person)
    if row["record_id"] is None or edited:
        raise CannotDo(f"exception {number} has no message to send again: do its next step, then dismiss it")
    if not db.execute("select 1 where read_record_again(%s) is not null", (row["record_id"],)).fetchone():
        raise CannotDo(
            f"exception {number}: what it was read from has been purged by its age, so it cannot be read again: do its"
            " next step, then dismiss it"
        )
    _add_to_timeline(db, number, person, "read again", "")
    return f"record {row['record_id']}"


def _resend(db: Any, row: dict[str, Any], person: Person) -> str:
    """The warehouse may have lost the file: it gets the same once more, and its answer is awaited still."""
    occasion = f"exception {row['exception_id']} at {datetime.now(UTC).isoformat()}"
    reference = resend(db, row["about"], row["awaited"], occasion)
    if reference is None:
        raise CannotDo(
            f"exception {row['exception_id']}: no file of {row['awaited']} can be laid again; ask the warehouse"
        )
    _add_to_timeline(db, row["exception_id"], person, "laid again", "")
    return reference


def order_of(store: Store, exception_id: int) -> tuple[str, bool]:
    """Name the unsent order that an exception is about, and tell whether it ends when the exception is dismissed."""
    row = store.row(
        f"select m.reference, {OF_ITS_OWN} as ends from exception e join message m on m.id = e.message_id"  # noqa: S608  a clause of ours
        " where e.id = %s and m.kind = 'order'",
        exception_id,
    )
    return (str(row["reference"]), bool(row["ends"])) if row else ("", False)


def dismiss(store: Store, exception_id: int, person: Person, why: str, *, end_order: bool = False) -> str:
    """Close an exception for good, with a reason. Returns its subject.

    A message that died of what the exception says ends with it. An alarm about a message that may still go ends
    nothing but itself, unless ``end_order`` says so: what an order still waits for is told again two days later.
    """
    with store.transaction() as db:
        subject = dismiss_within(db, exception_id, person, why, end_order=end_order)
        acts.keep(db, person, "exception dismissed", f"exception {exception_id}", why=why)
        return subject


def dismiss_within(db: Connection, exception_id: int, person: Person, why: str, *, end_order: bool = False) -> str:
    """Do what ``dismiss`` does, in the caller's transaction."""
    if not why.strip():
        raise CannotDo("a dismissal needs a reason: say why")
    db.execute(exceptions.MESSAGE_FIRST, (exception_id,))
    row = db.execute("select * from exception where id = %s for update", (exception_id,)).fetchone()
    if row is None:
        raise CannotDo(f"there is no exception {exception_id}; `fleet exceptions list` shows those that stand")
    if row["state"] != "open":
        raise CannotDo(f"exception {exception_id} is {row['state']} already")
    note = _end(db, exception_id, person, why, end_order=end_order)
    awaited = db.execute(AWAITED_ANEW, (row["subject"], row["kind"])).fetchone()
    if awaited is not None:
        note += f" (told again if it has not come by {awaited['due_at'].astimezone(UTC):%Y-%m-%d %H:%M} UTC)"
    db.execute(
        "update exception set state = 'dismissed', closed_at = now(), closed_by = %s, closed_why = %s where id = %s",
        (person.name, why, exception_id),
    )
    _add_to_timeline(db, exception_id, person, "dismissed", note)
    return str(row["subject"])


def _end(db: Connection, exception_id: int, person: Person, why: str, *, end_order: bool) -> str:
    """End the message of a dismissed exception, and have its queue do what that means there. Returns what to note."""
    message = db.execute(
        f"select m.id, m.flow, m.kind, m.reference, m.state, {OF_ITS_OWN} as of_its_own from exception e"  # noqa: S608  as above
        " join message m on m.id = e.message_id where e.id = %s for update of m",
        (exception_id,),
    ).fetchone()
    if message is not None and message["state"] == "working":
        raise CannotDo(f"exception {exception_id}: its message is being worked on; wait a moment")
    if end_order and (message is None or message["kind"] != "order"):
        raise CannotDo(
            f"exception {exception_id} is about no order that could still go: dismiss it without ending its order"
        )
    if message is None:  # it has ended already
        return why
    named = f"{message['kind']} {message['reference']}"
    if not message["of_its_own"] and not end_order:
        return f"{why} ({named} stays {message['state']})"
    db.execute("select finish(%s, 'dismissed', %s, %s)", (message["id"], why, person.name))
    if on_dismissed := ON_DISMISSED.get((message["flow"], message["kind"])):
        on_dismissed(db, Dismissal(message["reference"], person, why))
    return f"{why} ({named}: {message['state']} -> dismissed)"


def looked(store: Store, exception_id: int, person: Person) -> None:
    """Write down that somebody looked at a message's body and record: customers' data."""
    with store.transaction() as db:
        _add_to_timeline(db, exception_id, person, "body shown", "")
        acts.keep(db, person, "body shown", f"exception {exception_id}")


def _add_to_timeline(db: Any, exception_id: int, person: Person, step: str, note: str) -> None:
    db.execute(
        "insert into timeline (story, subject, flow, connection, step, note, who, message_id)"
        " select story, subject, flow, connection, %s, kind || case when %s = '' then '' else ': ' || %s end,"
        " %s, message_id"
        " from exception where id = %s",
        (step, note, note, person.name, exception_id),
    )
