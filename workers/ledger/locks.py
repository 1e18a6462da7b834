"""The numbers of the ledger's advisory locks: who holds one is alone at what it names, until the transaction ends.

A lock of one thing among many (a home, an order's SKU) is a hash of its name; those stand in ``functions/locks.sql``.
"""

from __future__ import annotations

from workers.ledger.store import Connection, Effect

MIGRATION = 4_201_977  # of two releases at once, one waits
SCHEDULES = 4_201_978  # connections, slots and schedules are made what the configuration says
STOCK_SITES = 4_201_979  # homes, stock sites and buffers likewise
JOURNAL_FILES = 4_201_980  # their numbers have no gaps
CREDIT_NOTES = 4_201_981  # two readers of Khaos's list would match a note twice
RETURN_SEQUENCE = 4_201_982  # what Khaos pulls is committed in its order: none comes late
ASLEEP = 4_201_983  # held by the ticker while it sleeps; the function ``wake`` tries for it
AUDIT = 4_201_984  # entries of what people did follow each other; the function ``lock_audit`` holds it
SETTINGS = 4_201_985  # whose settings stand, and their rows made what they say: one process after the other
TOKENS = 4_201_986  # a machine has two tokens at the most

_SQL = "select pg_advisory_xact_lock(%s)"


def hold(db: Connection, number: int) -> None:
    """Wait for a lock, and hold it until the transaction of ``db`` ends."""
    db.execute(_SQL, (number,))


def keep_if_free(db: Connection, number: int) -> bool:
    """Hold a lock until ``let_go``, or the end of the session. False when another holds or shares it."""
    row = db.execute("select pg_try_advisory_lock(%s) as held", (number,)).fetchone()
    return bool(row and row["held"])


def let_go(db: Connection, number: int) -> None:
    """Give back a lock that was held by ``keep_if_free``."""
    db.execute("select pg_advisory_unlock(%s)", (number,))


def holding(number: int) -> Effect:
    """Return the statement of ``hold``, for a transaction that the caller does not run."""
    return Effect(_SQL, (number,))
