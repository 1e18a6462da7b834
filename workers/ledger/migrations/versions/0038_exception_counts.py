"""Open exceptions are counted as they change: no page and no question counts all of them."""

from alembic import op

from workers.ledger.ahead import build_indexes, make_indexes
from workers.ledger.store import Connection

revision = "0038"
down_revision = "0037"

INDEXES = {
    "exception_of_group": "exception (group_key, id) where state = 'open'",
    "exception_group_due": "exception (group_key, respond_by) include (snoozed_until) where state = 'open'",
    "exception_group_last": "exception (group_key, last_at) where state = 'open'",
    "exception_late": "exception (respond_by) where state = 'open' and escalated_at is null and assignee is null",
    "exception_escalated": "exception (group_key) where state = 'open' and escalated_at is not null",
    "exception_assigned": "exception (assignee, id) where state = 'open' and assignee is not null",
}
# What the release before asked of them is answered by the new ones.
REPLACED = ("exception_groups", "exception_overdue")


def ahead(connection: Connection) -> None:
    """Build the indexes beside the fleet's work."""
    build_indexes(connection, INDEXES)


def upgrade() -> None:
    """Make the counts and fill them. Nobody writes an exception until the triggers are laid with the functions."""
    make_indexes(op.get_bind(), INDEXES)
    for name in REPLACED:
        op.execute(f"drop index if exists {name}")
    op.execute("lock table exception in share row exclusive mode")
    op.execute(
        """
        create table exception_count (
            cell           text primary key,          -- of all the columns that tell one count from another
            group_key      text not null,             -- empty: filed before there were groups
            kind           text not null,
            flow           text not null,
            connection     text not null,
            owner          text not null,
            severity       text not null,
            assignee       text not null,             -- empty: nobody
            tags           text[] not null,
            snoozed_until  timestamptz,
            n              bigint not null,           -- that stand open
            valued         bigint not null,           -- of them those whose goods have a known value
            value          numeric not null           -- the sum of those values
        )
        """
    )
    op.execute("create index exception_count_group on exception_count (group_key)")
    op.execute(
        """
        create table exception_change (
            id             bigint generated always as identity primary key,
            group_key      text not null,
            kind           text not null,
            flow           text not null,
            connection     text not null,
            owner          text not null,
            severity       text not null,
            assignee       text not null,
            tags           text[] not null,
            snoozed_until  timestamptz,
            n              bigint not null,           -- how many more stand open; fewer where it is negative
            valued         bigint not null,
            value          numeric not null
        ) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000)
        """
    )
    op.execute(
        """
        insert into exception_change (group_key, kind, flow, connection, owner, severity, assignee, tags, snoozed_until,
                                      n, valued, value)
        select coalesce(group_key, ''), kind, flow, connection, owner, severity, coalesce(assignee, ''), tags,
               snoozed_until, count(*), count(value), coalesce(sum(value), 0)
          from exception where state = 'open' group by 1, 2, 3, 4, 5, 6, 7, 8, 9
        """
    )
