"""What owners are told of exceptions, once each; and whole groups are dismissed as they are retried."""

from alembic import op

from workers.ledger.ahead import build_indexes, make_indexes, run_limited
from workers.ledger.store import Connection

revision = "0029"
down_revision = "0028"

COLUMNS = """
alter table if exists exception add column if not exists noticed boolean not null default false
"""
INDEXES = {
    "exception_unnoticed": "exception (id) where state = 'open' and not noticed",
    "exception_owner": "exception (owner) where state = 'open'",
}


def ahead(connection: Connection) -> None:
    """Add the column, which rewrites nothing, and build the indexes beside the fleet's work."""
    run_limited(connection, COLUMNS)
    build_indexes(connection, INDEXES)


def upgrade() -> None:
    """Add what is not there yet."""
    op.execute(COLUMNS)
    make_indexes(op.get_bind(), INDEXES)
    op.execute(
        """
        alter table group_retry add column act text not null default 'retry' check (act in ('retry', 'dismiss'));
        create table notice (
            id         bigint generated always as identity primary key,
            what       text not null check (what in ('urgent', 'late', 'cured', 'digest')),
            owner      text not null,
            channel    text not null check (channel in ('mail', 'webhook')),
            group_key  text,
            kind       text,
            connection text,
            severity   text,
            reference  text,                            -- an order, SKU or file: a code, never a person's
            n          integer,
            since      timestamptz,
            answers    bigint,                          -- the notice that this one says is over
            day        date,                            -- of a digest
            state      text not null default 'waiting' check (state in ('waiting', 'sending', 'told', 'withdrawn')),
            due_at     timestamptz not null default now(),
            tries      integer not null default 0,
            error      text,
            made_at    timestamptz not null default now(),
            told_at    timestamptz,
            closed_at  timestamptz
        );
        create unique index notice_urgent on notice (owner, channel, group_key)
            where what = 'urgent' and closed_at is null and state <> 'withdrawn';
        create unique index notice_digest on notice (owner, channel, day) where what = 'digest';
        create index notice_due on notice (due_at) where state in ('waiting', 'sending');
        """
    )
