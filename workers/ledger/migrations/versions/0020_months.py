"""The timeline and what was settled are kept by months, as records are; a large table becomes a partition as it is."""

from __future__ import annotations

from typing import Any

import sqlalchemy
from alembic import op

from workers.ledger.ahead import build_indexes, drop_checks, run_limited
from workers.ledger.functions import drop_functions
from workers.ledger.store import Connection

revision = "0020"
down_revision = "0019"

# a table, when a row of it was written, its indexes, and its key
TABLES = {
    "timeline": ("at", {"story": "(story, id)"}, ""),
    "message_settled": (
        "settled_at",
        {
            "story": "(story)",
            "recent": "(settled_at)",
            "figures": "(settled_at) where flow = 'stock-in' and kind in ('recount', 'levels')",
        },
        "id, settled_at",
    ),
}
IS_PLAIN = "select 1 from pg_class where oid = to_regclass(%s) and relkind = 'r'"
# a month away at least: rows are written into the old table until the migration is through, though it be tried again
BOUND = (
    "select (date_trunc('month', now() at time zone 'UTC' + interval '1 month') + interval '1 month')::date::text as it"
)
KEY = {"message_settled_dated": "message_settled (id, settled_at)"}


def ahead(connection: Connection) -> None:
    """Prove that all rows are before the next partition, and build the new key, while rows are written."""
    bound = _bound(connection)
    for table, (at, _, key) in TABLES.items():
        if connection.execute(IS_PLAIN, (table,)).fetchone():
            run_limited(connection, f"alter table {table} drop constraint if exists {table}_old")
            run_limited(
                connection,
                f"alter table {table} add constraint {table}_old check ({at} < '{bound} 00:00+00') not valid",
            )
            connection.execute(f"alter table {table} validate constraint {table}_old".encode())
            if key:
                build_indexes(connection, KEY, unique=True)


def tidy(connection: Connection) -> None:
    """Take the proof back: a fleet that goes on without the migration must write next month as well."""
    drop_checks(connection, {table: f"{table}_old" for table in TABLES})


def upgrade() -> None:
    """Make each table anew in parts; the old one is its first part, up to next month."""
    connection = op.get_bind()
    drop_functions(connection, "keep_partitions(integer)")
    op.execute("drop trigger if exists timeline_only_grows on timeline")  # laid again with the functions
    for table in TABLES:
        _divide(connection, table)


def _divide(connection: sqlalchemy.Connection, table: str) -> None:
    at, indexes, key = TABLES[table]
    bound = connection.exec_driver_sql(BOUND).scalar()
    op.execute(f"lock table {table} in access exclusive mode")
    next_id = None
    if not key:
        next_id = connection.exec_driver_sql(f"select nextval(pg_get_serial_sequence('{table}', 'id'))").scalar()
        op.execute(f"alter table {table} alter column id drop identity")
    op.execute(f"alter table {table} drop constraint {table}_pkey")
    op.execute(f"alter table {table} rename to {table}_old")
    for name in indexes:
        op.execute(f"alter index {table}_{name} rename to {table}_old_{name}")
    op.execute(
        f"create table {table} (like {table}_old including defaults including constraints) partition by range ({at})"
    )
    op.execute(f"alter table {table} drop constraint if exists {table}_old")
    if key:
        op.execute(f"create unique index if not exists {table}_dated on {table}_old ({key})")
        op.execute(f"alter table {table}_old add constraint {table}_old_pkey primary key using index {table}_dated")
        op.execute(f"alter table {table} add primary key ({key})")
    else:
        op.execute(f"alter table {table} alter column id add generated always as identity")
        op.execute(f"alter table {table} alter column id restart with {next_id}")
    for name, on in indexes.items():
        op.execute(f"create index {table}_{name} on {table} {on}")
    if connection.exec_driver_sql(f"select exists (select from {table}_old)").scalar():  # noqa: S608  our own table
        op.execute(
            f"alter table {table} attach partition {table}_old for values from (minvalue) to ('{bound} 00:00+00')"
        )
        op.execute(f"alter table {table}_old drop constraint if exists {table}_old")
    else:
        op.execute(f"drop table {table}_old")
    op.execute(f"create table {table}_other partition of {table} default")


def _bound(connection: Connection) -> Any:
    row = connection.execute(BOUND).fetchone()
    return row["it"] if row else None
