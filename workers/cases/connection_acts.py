"""What a person does about one connection: pause it, and open it again. Both stand in the record of what people did."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from workers.ledger.store import Store, within
from workers.spine import acts, exceptions, gates
from workers.spine.live import NOT_LIVE
from workers.spine.people import CannotDo, Person

NAMES = "select name from connection order by name"
SHUT_ANYWAY = {
    NOT_LIVE: "{name} is not live: nothing is sent to it until `fleet go-live {name}`",
    gates.PAUSED: "{name} is paused already: `fleet open {name}` resumes it",
    "suspect_release": "{name} is shut until a person opens it: nothing is sent to it now",
    "restored_suspected": "{name} is shut until a person says whether the ledger was restored: nothing is sent to it",
}


def pause(store: Store, name: str, person: Person, why: str) -> None:
    """Send nothing to a connection and ask nothing of it, until a person resumes it. Its messages wait.

    What is being sent at this moment ends as it does. Raises CannotDo for a connection that the ledger does not know,
    and for one to which nothing is sent before a person acts anyway.
    """
    name, why = name.strip(), acts.reason_of(why, "a pause")
    with store.transaction() as db:
        run = within(db)
        rows = run("select shut_kind from connection where name = %s for update", name)
        if not rows:
            raise CannotDo(_unknown(name, run(NAMES)))
        before = rows[0]["shut_kind"]
        if before in SHUT_ANYWAY:
            raise CannotDo(SHUT_ANYWAY[before].format(name=name))
        run(
            "update connection set shut_kind = %s, shut_since = now(), shut_reason = %s, shut_until = null,"
            " resting_since = null, probe_at = null, alerted = true where name = %s",
            gates.PAUSED,
            f"{person.name}: {why}",
            name,
        )
        exceptions.file(
            run,
            gates.PAUSE_STANDS,
            subject=f"connection:{name}",
            story=f"connection {name}",
            flow="",
            connection=name,
            why=f"{person.name} paused it: {why}",
        )
        _step(run, name, person, "paused", why)
        acts.keep(db, person, "connection paused", f"connection {name}", why=why, before=before or "open")


def open_(store: Store, name: str, person: Person, why: str = "") -> bool:
    """Resume a connection that was paused, or open one that is shut. False where it is open already.

    Raises CannotDo for a connection that the ledger does not know, and for one that is not live.
    """
    name = name.strip()
    row = store.row("select shut_kind from connection where name = %s", name)
    if row is None:
        raise CannotDo(_unknown(name, store.rows(NAMES)))
    if row["shut_kind"] == NOT_LIVE:
        raise CannotDo(f"{name} is not live: run `fleet go-live {name}`")
    if not gates.open_connection(store, name, person.name):
        return False
    with store.transaction() as db:
        step = "resumed" if row["shut_kind"] == gates.PAUSED else "opened"
        _step(within(db), name, person, step, why.strip())
        acts.keep(db, person, f"connection {step}", f"connection {name}", why=why.strip(), before=row["shut_kind"])
    return True


def _step(run: exceptions.Run, name: str, person: Person, step: str, why: str) -> None:
    run(
        "insert into timeline (story, subject, connection, step, note, who) values (%s, %s, %s, %s, %s, %s)",
        f"connection {name}",
        f"connection:{name}",
        name,
        step,
        why,
        person.name,
    )


def _unknown(name: str, known: Iterable[Mapping[str, Any]]) -> str:
    names = ", ".join(row["name"] for row in known)
    return f"there is no connection {name!r}; known are: {names or 'none yet'}"
