"""Files and closes exceptions: their owner, severity and next step come from the verdict table, nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum
from typing import Any

from workers.ledger.store import Effect
from workers.spine.policy import verdict

# Whoever settles a message locks it, and then closes its exceptions: whoever acts on one locks in the same order, with
# this first, or each waits for the other.
MESSAGE_FIRST = "select 1 from message where id = (select message_id from exception where id = %s) for update"
Run = Callable[..., object]  # runs one statement with its values: Store.run, Reading.run, ledger.store.within(db)


class Once(Enum):
    """When the same trouble, seen again, is not filed again. The clause is true while it should be filed."""

    WHILE_OPEN = "not exists (select 1 from exception where kind = %s and subject = %s and state = 'open')"
    WITH_THIS_REASON = (
        "not exists (select 1 from exception where kind = %s and subject = %s and state = 'open' and reason = %s)"
    )
    # what a person dismissed stays dismissed until the reason, so the figures in it, changes
    OR_DISMISSED = (
        "not exists (select 1 from (select state, reason from exception where kind = %s and subject = %s"
        " order by id desc limit 1) newest where newest.state <> 'resolved' and newest.reason = %s)"
    )


def file(
    run: Run,
    kind: str,
    *,
    subject: str,
    story: str,
    flow: str,
    connection: str,
    why: str,
    message: int | None = None,
    record: int | None = None,
    once: Once | None = None,
) -> None:
    """File an exception, or refresh and count the open one of the same kind and subject.

    ``story`` is the order, SKU or file under which people look for it; ``why`` names values and what to do, and holds
    no personal data. ``once`` leaves an exception that stands already as it is.
    """
    effect = filing(
        kind,
        subject=subject,
        story=story,
        flow=flow,
        connection=connection,
        why=why,
        message=message,
        record=record,
        once=once,
    )
    run(effect.sql, *effect.values)


def filing(
    kind: str,
    *,
    subject: str,
    story: str,
    flow: str,
    connection: str,
    why: str,
    message: int | None = None,
    record: int | None = None,
    once: Once | None = None,
) -> Effect:
    """Make the statement of ``file``, to happen with a settling; its one column ``new`` says whether it was opened."""
    row = verdict(kind)
    sql = "select file_exception(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) as new"
    values: tuple[Any, ...] = (
        kind, subject, story, flow, connection, row.owner, row.severity, why, row.next_step, message, record,
    )  # fmt: skip
    if once is None:
        return Effect(sql, values)
    same = (kind, subject) if once is Once.WHILE_OPEN else (kind, subject, why)
    return Effect(f"{sql} where {once.value}", (*values, *same))


def close(run: Run, kind: str, subject: str, why: str, who: str = "fleet") -> None:
    """Close the open exception of a kind and subject, if there is one. ``who`` is a person's name or ``fleet``."""
    effect = closing(kind, subject, why, who)
    run(effect.sql, *effect.values)


def close_kinds(run: Run, kinds: Sequence[str], subject: str, why: str) -> None:
    """Close the open exceptions of some kinds and one subject, by one statement."""
    run("select close_exception(k, %s, %s, 'fleet') from unnest(%s::text[]) k", subject, why, [*kinds])


def closing(kind: str, subject: str, why: str, who: str = "fleet") -> Effect:
    """Make the statement of ``close``, to happen with a settling."""
    return Effect("select close_exception(%s, %s, %s, %s)", (kind, subject, why, who))


def close_all(run: Run, where: str, *values: object, why: str, who: str = "fleet") -> None:
    """Close every open exception for which a clause over the exception table ``e`` is true."""
    effect = closing_all(where, *values, why=why, who=who)
    run(effect.sql, *effect.values)


def closing_all(where: str, *values: object, why: str, who: str = "fleet") -> Effect:
    """Make the statement of ``close_all``, to happen with a settling. ``where`` is code, never a partner's text."""
    return Effect(
        f"select close_exception(e.kind, e.subject, %s, %s) from exception e where e.state = 'open' and ({where})",  # noqa: S608  a clause of ours
        (why, who, *values),
    )
