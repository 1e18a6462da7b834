"""What people do about exceptions: groups, who has one, when it is due, retries of whole groups."""

from alembic import op

from workers.ledger.ahead import build_indexes, make_indexes, run_limited
from workers.ledger.store import Connection

revision = "0027"
down_revision = "0026"

# Null: filed before; `control` names the group and the time of those that stand open.
COLUMNS = """
alter table if exists exception
    add column if not exists group_key text,
    add column if not exists group_words text,             -- its reason without codes, numbers and references
    add column if not exists value numeric,                -- of the order's goods, where the ledger knows it
    add column if not exists respond_by timestamptz,       -- reckoned in working hours
    add column if not exists clocked boolean not null default false,  -- owner and time are set
    add column if not exists escalated_at timestamptz,
    add column if not exists assignee text,
    add column if not exists tags text[] not null default '{}',
    add column if not exists snoozed_until timestamptz,
    add column if not exists retried_in bigint,            -- the retry of its group that took it last
    add column if not exists retried_at timestamptz
"""
INDEXES = {
    "exception_groups": "exception (group_key, id) include (severity, first_at, last_at, respond_by, snoozed_until,"
    " value, connection, owner, assignee, kind, flow) where state = 'open'",
    "exception_retried": "exception (retried_in) where retried_in is not null",
    "exception_unclocked": "exception (id) where state = 'open' and not clocked",
    "exception_overdue": "exception (respond_by) where state = 'open' and escalated_at is null",
}


def ahead(connection: Connection) -> None:
    """Add the columns, which rewrites nothing, and build the indexes beside the fleet's work."""
    run_limited(connection, COLUMNS)
    build_indexes(connection, INDEXES)


def upgrade() -> None:
    """Add what is not there yet, and the retries of groups."""
    op.execute(COLUMNS)
    make_indexes(op.get_bind(), INDEXES)
    op.execute(
        """
        create table group_retry (
            id         bigint generated always as identity primary key,
            group_key  text not null,
            state      text not null default 'running' check (state in ('running', 'done', 'stopped')),
            who        text not null,
            why        text not null default '',
            total      integer not null,               -- exceptions that stood open when it was asked for
            after_id   bigint not null default 0,      -- worked off up to this exception
            up_to_id   bigint not null,
            retried    integer not null default 0,
            refused    integer not null default 0,     -- could not be retried: each says why in its timeline
            per_minute integer not null,
            asked_at   timestamptz not null default now(),
            moved_at   timestamptz,
            ended_at   timestamptz,
            ended_by   text
        )
        """
    )
    op.execute("create unique index group_retry_running on group_retry (group_key) where state = 'running'")
    op.execute("create index group_retry_key on group_retry (group_key, id)")
