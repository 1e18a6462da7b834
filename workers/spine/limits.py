"""The limits of calls to a connection: its call slots, and the gate that failures and a partner's waits shut."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from workers.ledger.store import Store
from workers.spine.tokens import Tokens

__all__ = ["Health", "Tokens", "poll_slot", "reopen", "shut"]

LONGEST_REST = 3600.0  # seconds that a partner's word shuts a connection at most; then it is asked again

FIRST_PAUSE, LONGEST_PAUSE = 0.02, 0.1  # seconds between two tries of a waiting poll


@contextmanager
def poll_slot(store: Store, connection: str, what: str, lease: float) -> Iterator[bool]:
    """A call slot for a poll, waited for at most ten seconds.

    Messages let a waiting poll pass, but for a lane that has booked the next slot. Yields False when the connection is
    shut or no slot came free.
    """
    holder = f"{what}:{time.monotonic_ns()}"
    ends, pause = time.monotonic() + 10.0, FIRST_PAUSE
    found = _take(store, connection, holder, lease)
    while not found.taken and found.open and time.monotonic() < ends:
        if not found.waits:  # written once a second, as another poll that had its slot says that none waits
            store.run("update connection set poll_waiting = now() where name = %s and shut_kind is null", connection)
        time.sleep(pause)
        pause = min(pause * 1.5, LONGEST_PAUSE)
        found = _take(store, connection, holder, lease)
    store.run("update connection set poll_waiting = null where name = %s and poll_waiting is not null", connection)
    try:
        yield found.taken
    finally:
        if found.taken:
            store.run("select free_slots(%s, %s)", connection, holder)


@dataclass(frozen=True, slots=True)
class _Found:
    """What a poll found that asked for a slot; ``waits``: messages know by now that a poll waits."""

    taken: bool
    open: bool
    waits: bool


def _take(store: Store, connection: str, holder: str, lease: float) -> _Found:
    row = store.row(
        "select c.shut_kind is null as open, coalesce(c.poll_waiting > now() - interval '1 second', false) as waits,"
        " c.shut_kind is null and (c.turn_lane is null or c.turn_until < now())"
        " and take_slots(c.name, '', %s, %s, make_interval(secs => %s)) as taken from connection c where c.name = %s",
        holder,
        store.process_id,
        lease,
        connection,
    )
    return _Found(bool(row["taken"]), row["open"], row["waits"]) if row else _Found(False, False, False)


class Health:
    """Counts a connection's failures in a row within this process, and shuts its gate at the limit."""

    def __init__(self, store: Store, *, limit: int = 4) -> None:
        """``limit`` failures in a row shut the gate."""
        self._store = store
        self._limit = limit
        self._failures: dict[str, int] = {}

    def well(self, connection: str) -> None:
        """A call went through."""
        if self._failures.get(connection):
            self._failures[connection] = 0

    def failed(self, connection: str, kind: str, why: str, *, at_once: bool = False) -> bool:
        """A call failed for the connection's sake. True when this shut the gate (or found it shut)."""
        count = self._failures.get(connection, 0) + 1
        self._failures[connection] = count
        if count < self._limit and not at_once:
            return False
        self._failures[connection] = 0
        shut(self._store, connection, kind, why)
        return True

    def told_to_wait(self, connection: str, seconds: float) -> None:
        """Shut the gate for the wait that the partner asked for, an hour at most; it opens by itself.

        A rest that begins within a minute after the last one goes on with it: ``resting_since`` stays.
        """
        self._store.run(
            "update connection set shut_kind = 'throttled', shut_since = now(), shut_reason = %s,"
            " shut_until = now() + make_interval(secs => %s), resting_since = case when"
            " opened_at > now() - interval '1 minute' then coalesce(resting_since, now()) else now() end"
            " where name = %s and shut_kind is null",
            f"asked to wait {seconds:.0f} s" if seconds <= LONGEST_REST else "asked to wait for more than an hour",
            resting(seconds),
            connection,
        )


def resting(seconds: float | None) -> float:
    """Return how long a partner's wait is obeyed: five seconds when it named none, an hour at most."""
    return min(max(5.0 if seconds is None else seconds, 0.0), LONGEST_REST)


def shut(store: Store, connection: str, kind: str, why: str) -> bool:
    """Shut a connection's gate. True when it was open until now.

    One that refuses us again and again although it answers the probe is opened ever more seldom.
    """
    done = store.run_named(
        "update connection set shut_kind = %(kind)s, shut_since = now(), shut_reason = %(why)s, shut_until = null,"
        " trouble_since = coalesce(trouble_since, now()), alerted = false, probe_at = now() +"
        " case when %(kind)s = 'unauthorised' then gentle_pause(trouble_since) else interval '1 second' end"
        " where name = %(connection)s and shut_kind is null",
        {"kind": kind, "why": why, "connection": connection},
    )
    return done > 0


def reopen(store: Store, connection: str, *, but_not: Sequence[str] = ()) -> float | None:
    """Open a connection's gate, unless it is shut for a reason of ``but_not``.

    Returns how many seconds it was shut, None when it was not, or stays so.
    """
    row = store.row(
        "with was as (select name, extract(epoch from now() - shut_since) as shut_for from connection"
        "              where name = %s and shut_kind is not null and shut_kind <> all (%s::text[]) for update)"
        " update connection c set shut_kind = null, shut_since = null, shut_reason = null, shut_until = null,"
        " opened_at = now(), alerted = false from was where c.name = was.name returning was.shut_for",
        connection,
        list(but_not),
    )
    return float(row["shut_for"]) if row else None
