"""Writes down what a person did: in the timeline of what it is about, and in the record of what people did."""

from __future__ import annotations

from typing import Any

from workers.access import audit
from workers.ledger.store import Connection
from workers.spine.people import CannotDo, Person


def reason_of(why: str, what: str) -> str:
    """The reason that a person gives, without white space around it. Raises CannotDo where there is none."""
    if not why.strip():
        raise CannotDo(f"{what} needs a reason: say why")
    return why.strip()


def keep(
    db: Connection, person: Person, action: str, thing: str, *, why: str = "", before: Any = None, after: Any = None
) -> None:
    """Record an act in the caller's transaction, and last in it: whoever else records waits until it ends."""
    audit.record(db, person.actor, action, thing, before=before, after=after, reason=why)


def of_exceptions(db: Connection, numbers: list[int], person: Person, step: str, note: str) -> None:
    """Write a step into the timeline of each of these exceptions."""
    db.execute(
        "insert into timeline (story, subject, flow, connection, step, note, who, message_id)"
        " select story, subject, flow, connection, %s, kind || case when %s = '' then '' else ': ' || %s end, %s,"
        " message_id from exception where id = any (%s)",
        (step, note, note, person.name, numbers),
    )


def of_group(db: Connection, key: str, person: Person, step: str, note: str) -> None:
    """Write a step into the timeline of a group, which is its story there."""
    of_subject(db, f"exceptions {key}", f"group:{key}", person, step, note)


def of_subject(db: Connection, story: str, subject: str, person: Person, step: str, note: str) -> None:
    """Write a step into the timeline of anything else that a person acted on."""
    db.execute(
        "insert into timeline (story, subject, step, note, who) values (%s, %s, %s, %s, %s)",
        (story, subject, step, note, person.name),
    )
