"""What a migration does before its transaction, while the fleet works: no large table is locked for long.

A migration module may have a function ``ahead(connection)``, with the connection in autocommit. It adds only what the
last release's workers do not notice, can be run twice, and passes over what is not there yet: on a new ledger the
migration itself makes it, on empty tables. ``tidy(connection)`` takes back what would be in the way of a fleet whose
migration did not go through.
"""

from __future__ import annotations

import time
from collections.abc import Mapping

import psycopg
from sqlalchemy import Connection as Migrating

from workers.ledger.store import Connection

LOCK = "2s"  # a lock is waited for no longer: whoever writes waits behind it
TRIES, PAUSE = 5, 3.0

WHY = (
    "somebody holds a table that this release changes (a backup, a long report): nothing was changed; run"
    " `fleet migrate` again when that has ended"
)

STANDS = (
    "somebody holds a table that this release changes (a backup, a long report), so the check {checks} still stands,"
    " which this release or an earlier try had prepared, and which refuses rows of the month after next: run"
    " `fleet migrate` again when that has ended, this month"
)

BROKEN = "select 1 from pg_index where indexrelid = to_regclass(%s) and not indisvalid"
PARTS = """
select t.relid::regclass::text as name from pg_partition_tree(to_regclass(%s)) t where t.isleaf
union all select relname from pg_class where oid = to_regclass(%s) and relkind = 'r' and not relispartition
"""


class LockedOut(Exception):
    """Somebody holds a table that a migration needs; nothing was changed, or the message names what was."""


def build_indexes(connection: Connection, indexes: Mapping[str, str], *, unique: bool = False) -> None:
    """Build indexes, each by its name and what follows ``on`` (``exception (subject)``), while rows are written.

    It waits for the transactions that are under way (a backup). The partitions of a table get theirs one by one. What
    is not there yet, a table or a column, is passed over.
    """
    for name, on in indexes.items():
        table, _, rest = on.partition(" ")
        parts = [row["name"] for row in connection.execute(PARTS, (table, table)).fetchall()]
        for part in parts:
            own = name if part == table else f"{part}_{name.removeprefix(table + '_')}"
            try:
                _build(connection, own, f"{part} {rest}", "unique " if unique else "")
            except psycopg.errors.UndefinedColumn:
                break


def _build(connection: Connection, name: str, on: str, kind: str) -> None:
    if connection.execute(BROKEN, (name,)).fetchone():  # an attempt that was cut off leaves a dead one
        connection.execute(f"drop index concurrently {name}".encode())
    connection.execute(f"create {kind}index concurrently if not exists {name} on {on}".encode())


def make_indexes(migrating: Migrating, indexes: Mapping[str, str]) -> None:
    """Make in the migration what ``build_indexes`` found no table for; a partitioned table takes those of its parts."""
    for name, on in indexes.items():
        migrating.exec_driver_sql(f"create index if not exists {name} on {on}".replace("%", "%%"))


def run_limited(connection: Connection, statement: str) -> None:
    """Run a statement that locks a table for a moment; try again where somebody else has it. Raises LockedOut."""
    for left in reversed(range(TRIES)):
        try:
            with connection.transaction():
                connection.execute(f"set local lock_timeout = '{LOCK}'".encode())
                connection.execute(statement.encode())
        except psycopg.errors.LockNotAvailable as error:
            if not left:
                raise LockedOut(WHY) from error
            time.sleep(PAUSE)
        else:
            return


def drop_checks(connection: Connection, checks: Mapping[str, str]) -> None:
    """Drop checks that a migration had prepared, each by its table. Raises LockedOut with those that still stand."""
    standing = []
    for table, check in checks.items():
        if not connection.execute(
            "select 1 from pg_constraint where conrelid = to_regclass(%s) and conname = %s", (table, check)
        ).fetchone():
            continue
        try:
            run_limited(connection, f"alter table {table} drop constraint if exists {check}")
        except LockedOut:
            standing.append(check)
    if standing:
        raise LockedOut(STANDS.format(checks=", ".join(standing)))
