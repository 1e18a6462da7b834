"""Rows of tables and routing that people lay over fleet.toml, and every change of them."""

from alembic import op

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    """Add the tables. The number of the last change is the version that every process looks at."""
    op.execute(
        """
        create table table_row (
            name   text not null,                       -- of the table: carriers, routing
            path   text[] not null,                     -- within it: system and word; the rule's name
            value  jsonb not null,
            who    text not null,
            why    text not null,
            at     timestamptz not null default now(),
            primary key (name, path)
        );
        create table table_change (
            id     bigint generated always as identity primary key,
            name   text not null,
            path   text[] not null,
            before jsonb,
            after  jsonb,
            who    text not null,
            why    text not null,
            at     timestamptz not null default now()
        );
        """
    )
