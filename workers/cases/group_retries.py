"""Retries or dismisses a whole group: its first alone, then all at a limited rate, by a row that `control` works off.

Each retry is ``recovery.retry``, so what may have been sent is looked up and never sent twice. A retry and its count
are one commit: after a restart the next process goes on where this one was.
"""

from __future__ import annotations

from typing import Any

import psycopg
import structlog

from workers import recovery
from workers.ledger.pool import is_away
from workers.ledger.store import Connection, Row, Store
from workers.spine import acts
from workers.spine.people import CannotDo, Person

log = structlog.get_logger(__name__)

LONGEST_PAUSE = 60.0  # seconds: after a longer one no more are retried at once than in a minute
PER_MINUTE = 120
DISMISSED_PER_MINUTE = 3000


def retry_first(store: Store, key: str, person: Person) -> dict[str, Any]:
    """Retry the oldest exception of a group. Returns ``exception`` and ``retried``, its reference."""
    row = store.row("select id from exception where group_key = %s and state = 'open' order by id limit 1", key)
    if row is None:
        raise _none(key)
    return {"exception": row["id"], "retried": recovery.retry(store, row["id"], person)}


def retry_group(
    store: Store, key: str, person: Person, why: str = "", *, per_minute: int = PER_MINUTE, after: float = 0.0
) -> int:
    """Have all exceptions that stand open in a group retried, ``per_minute`` of them a minute. Returns its number.

    It begins ``after`` so many seconds. What joins the group later is not among them. Raises CannotDo where none
    stands, or such a retry goes on already.
    """
    return _begin(store, key, person, why.strip(), "retry", per_minute, after)


def dismiss_group(store: Store, key: str, person: Person, why: str) -> int:
    """Have all exceptions that stand open in a group dismissed for this reason, as ``recovery.dismiss`` does each.

    Returns the number by which it is followed, as that of a retry. Raises CannotDo as ``retry_group`` does.
    """
    return _begin(store, key, person, acts.reason_of(why, "a dismissal"), "dismiss", DISMISSED_PER_MINUTE)


def _begin(store: Store, key: str, person: Person, why: str, act: str, per_minute: int, after: float = 0.0) -> int:
    with store.transaction() as db:
        counted = db.execute(
            "select count(*) as n, max(id) as last from exception where group_key = %s and state = 'open'", (key,)
        ).fetchone()
        if counted is None or not counted["n"]:
            raise _none(key)
        row = db.execute(
            "insert into group_retry (group_key, who, why, total, up_to_id, per_minute, act, moved_at)"
            " values (%s, %s, %s, %s, %s, %s, %s, now() + make_interval(secs => nullif(%s, 0)))"
            " on conflict do nothing returning id",
            (key, person.name, why, counted["n"], counted["last"], per_minute, act, after),
        ).fetchone()
        if row is None:
            raise CannotDo(f"group {key} is being worked off: `fleet exceptions retries` shows how far it is")
        step = "group retried" if act == "retry" else "group dismissed"
        acts.of_group(db, key, person, step, f"{counted['n']} exceptions; {why}".rstrip("; "))
        db.execute("select wake()")
        acts.keep(db, person, step, f"exceptions {key}", why=why, after={"total": counted["n"]})
        return int(row["id"])


def stop(store: Store, number: int, person: Person) -> None:
    """Stop the retry of a group: what was retried already goes on. Raises CannotDo where it does not run."""
    with store.transaction() as db:
        row = db.execute(
            "update group_retry set state = 'stopped', ended_at = now(), ended_by = %s where id = %s"
            " and state = 'running' returning group_key, retried, total",
            (person.name, number),
        ).fetchone()
        if row is None:
            raise CannotDo(f"no retry {number} is running: `fleet exceptions retries` lists them")
        acts.of_group(
            db, row["group_key"], person, "group retry stopped", f"{row['retried']} of {row['total']} were retried"
        )
        acts.keep(db, person, "group retry stopped", f"exceptions {row['group_key']}")


def work_off(store: Store) -> int:
    """Retry as many of each running retry as its rate allows since the last look. Returns how many were."""
    done = 0
    for row in store.rows("select id, who from group_retry where state = 'running' order by id"):
        allowed = _allowed(store, row["id"])
        while allowed > 0 and _next(store, row["id"], Person(row["who"])):
            allowed -= 1
            done += 1
    return done


def _allowed(store: Store, number: int) -> int:
    """How many may be retried now: the first at once, then by the time since the last look."""
    row = store.row(
        "update group_retry r set moved_at = case when n.allowed > 0 then now() else r.moved_at end from ("
        " select id, case when moved_at is null then 1 else floor(per_minute / 60.0 * least(%s,"
        " extract(epoch from now() - moved_at)))::integer end as allowed from group_retry where id = %s for update) n"
        " where r.id = n.id and r.state = 'running' returning n.allowed",
        LONGEST_PAUSE,
        number,
    )
    return int(row["allowed"]) if row else 0


def _next(store: Store, number: int, person: Person) -> bool:
    """Retry the next exception of a running retry, and count it, in one commit. False when there is none any more."""
    with store.transaction() as db:
        row = db.execute(
            "select * from group_retry where id = %s and state = 'running' for update", (number,)
        ).fetchone()
        if row is None:
            return False
        one = db.execute(
            "select id from exception where group_key = %s and state = 'open' and id > %s and id <= %s order by id"
            " limit 1",
            (row["group_key"], row["after_id"], row["up_to_id"]),
        ).fetchone()
        if one is None:
            db.execute("update group_retry set state = 'done', ended_at = now() where id = %s", (number,))
            return False
        well = _act(db, one["id"], person, row)
        db.execute(
            "update group_retry set after_id = %s, retried = retried + %s, refused = refused + %s where id = %s",
            (one["id"], int(well), int(not well), number),
        )
        if well:
            db.execute("update exception set retried_in = %s, retried_at = now() where id = %s", (number, one["id"]))
        return True


def _act(db: Connection, exception_id: int, person: Person, row: Row) -> bool:
    try:
        with db.transaction():
            if row["act"] == "dismiss":
                recovery.dismiss_within(db, exception_id, person, row["why"])
            else:
                recovery.retry_within(db, exception_id, person)
    except CannotDo as error:
        why = str(error)
    except Exception as error:
        if isinstance(error, psycopg.Error) and is_away(error):
            raise  # all of them come to their turn when the ledger is well
        log.exception("an exception of a group cannot be worked off", exception=exception_id)
        why = f"it fails with {type(error).__name__}: see the log of `control`"
    else:
        return True
    acts.of_exceptions(db, [exception_id], person, "not retried" if row["act"] == "retry" else "not dismissed", why)
    return False


def _none(key: str) -> CannotDo:
    return CannotDo(f"no exception stands open in group {key}: `fleet exceptions groups` lists the groups that do")
