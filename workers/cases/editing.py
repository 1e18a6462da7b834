"""A person's edit of a message: shown as a difference, and where fleet.toml says so, sent only when another approves.

What was there before is kept beside it (``message_edit``). A proposal holds a whole body, so it is forgotten when it is
decided, and with the bodies when it never is.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from workers import recovery
from workers.domain.edits import Difference, check, differences
from workers.ledger.store import Connection, Row, Store
from workers.spine import acts, exceptions
from workers.spine.people import CannotDo, Person

GUARDS: dict[str, tuple[str, ...]] = {  # what a guard is about: names that a changed path has
    "address": ("address", "first_name", "last_name"),
    "quantity": ("quantity", "requested", "lines"),
    "sku": ("sku", "requested", "lines"),
}
LINES = ("lines", "requested")  # as a whole: one was added or taken out


@dataclass(frozen=True, slots=True)
class Edited:
    """What became of an edit: it goes (``reference``), or another person must approve it (``proposal``)."""

    reference: str = ""
    proposal: int = 0


def show(store: Store, exception_id: int, body: dict[str, Any]) -> list[Difference]:
    """What an edit would change, by path: ``path``, ``before``, ``after``. Customers' data.

    Raises CannotDo where it is no body of such a message, or the message cannot be edited any more.
    """
    with store.transaction() as db:
        message, before = _message(db, exception_id)
        return _checked(message, before, body)


def edit(
    store: Store, exception_id: int, person: Person, body: dict[str, Any], why: str, guarded: Iterable[str] = ()
) -> Edited:
    """Store an edited body and send it; or propose it, where it changes what ``guarded`` names. Needs a reason.

    Raises CannotDo as ``show`` does; nothing is stored then.
    """
    why = acts.reason_of(why, "an edit")
    with store.transaction() as db:
        message, before = _message(db, exception_id)
        changed = _checked(message, before, body)
        if not changed:
            raise CannotDo("nothing is changed: retry it as it is, or change something")
        if touched := guarded_in(changed, guarded):
            return _propose(db, exception_id, message, person, body, before, f"{why} (changes {', '.join(touched)})")
        reference = recovery.retry_within(db, exception_id, person, body=body)
        acts.keep(db, person, "message edited", f"exception {exception_id}", why=why, before=before, after=body)
        return Edited(reference=reference)


def guarded_in(changed: Iterable[Difference], guarded: Iterable[str]) -> list[str]:
    """Which of the guarded kinds of change are among these."""
    parts = [one.path.split(".") for one in changed]
    return [name for name in guarded if any(_touches(path, GUARDS[name]) for path in parts)]


def _touches(path: list[str], names: tuple[str, ...]) -> bool:
    """A field of a line counts by its own name, unless lines came or went as a whole."""
    return any(part in names and (part not in LINES or part == path[-1] or part == "requested") for part in path)


def _propose(
    db: Connection, exception_id: int, message: Row, person: Person, body: dict[str, Any], before: Any, why: str
) -> Edited:
    db.execute(
        "update edit_proposal set state = 'refused', body = null, decided_at = now(), decided_by = %s,"
        " decided_why = 'another edit was proposed' where exception_id = %s and state = 'waiting'",
        (person.name, exception_id),
    )
    row = db.execute(
        "insert into edit_proposal (exception_id, message_id, who, subject, why, before, body)"
        " values (%s, %s, %s, %s, %s, %s, %s) returning id",
        (exception_id, message["id"], person.name, person.actor.subject, why, json.dumps(before), json.dumps(body)),
    ).fetchone()
    assert row is not None
    acts.of_exceptions(db, [exception_id], person, "edit proposed", why)
    acts.keep(db, person, "edit proposed", f"exception {exception_id}", why=why, before=before, after=body)
    return Edited(proposal=row["id"])


def read_proposal(store: Store, number: int, person: Person) -> tuple[Row, list[Difference]]:
    """What a waiting proposal would change: customers' data, and the look is recorded. Raises CannotDo."""
    with store.transaction() as db:
        row = _waiting(db, number)
        acts.of_exceptions(db, [row["exception_id"]], person, "body shown", f"proposal {number}")
        acts.keep(db, person, "body shown", f"exception {row['exception_id']}", why=f"proposal {number}")
        return row, differences(row["before"], row["body"])


def approve(store: Store, number: int, person: Person) -> str:
    """Send what another person proposed. Returns its reference.

    Raises CannotDo for one's own proposal, one that is decided, or whose message is not any more what it was.
    """
    with store.transaction() as db:
        row = _waiting(db, number)
        same = person.name.strip().casefold() == row["who"].strip().casefold()  # Mo and mo are one person
        if same or (person.proven and person.actor.subject == row["subject"]):
            raise CannotDo("another person must approve what you proposed")
        _, before = _message(db, row["exception_id"])
        if before != row["before"]:
            raise CannotDo("the message has changed since this was proposed: refuse it, and edit the message anew")
        reference = recovery.retry_within(db, row["exception_id"], person, body=row["body"])
        _decide(db, row, person, "approved", "")
        return reference


def refuse(store: Store, number: int, person: Person, why: str) -> None:
    """Refuse a proposal, one's own too. The message stays as it is."""
    with store.transaction() as db:
        _decide(db, _waiting(db, number), person, "refused", acts.reason_of(why, "a refusal"))


def _waiting(db: Connection, number: int) -> Row:
    row = db.execute("select * from edit_proposal where id = %s for update", (number,)).fetchone()
    if row is None or row["state"] != "waiting":
        state = row["state"] if row else "not there"
        raise CannotDo(f"proposal {number} is {state}: `fleet exceptions proposals` lists those that wait")
    return row


def _decide(db: Connection, row: Row, person: Person, state: str, why: str) -> None:
    db.execute(
        "update edit_proposal set state = %s, before = null, body = null, decided_at = now(), decided_by = %s,"
        " decided_why = %s where id = %s",
        (state, person.name, why, row["id"]),
    )
    said = f"of {row['who']}{': ' if why else ''}{why}"
    acts.of_exceptions(db, [row["exception_id"]], person, f"edit {state}", said)
    acts.keep(db, person, f"edit {state}", f"exception {row['exception_id']}", why=said)


def _message(db: Connection, exception_id: int) -> tuple[Row, dict[str, Any]]:
    db.execute(exceptions.MESSAGE_FIRST, (exception_id,))
    row = db.execute(
        "select m.*, b.body, e.state as exception_state from exception e join message m on m.id = e.message_id"
        " join message_body b on b.message_id = m.id where e.id = %s for update of e, m",
        (exception_id,),
    ).fetchone()
    if row is None or row["exception_state"] != "open":
        raise CannotDo(f"exception {exception_id} stands open with no message: there is nothing to edit")
    if row["maybe_sent_at"] is not None:
        raise CannotDo("it may have been sent as it was: its bytes cannot be changed. Retry it; it is looked up first")
    return row, row["body"]


def _checked(message: Row, before: dict[str, Any], body: dict[str, Any]) -> list[Difference]:
    check(message["kind"], before, body)
    return differences(before, body)
