"""Edits of messages that wait for another person."""

from alembic import op

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    """Add the table. Its bodies are customers' data: they go when the edit is decided, or with other bodies."""
    op.execute(
        """
        create table edit_proposal (
            id           bigint generated always as identity primary key,
            exception_id bigint not null,
            message_id   bigint not null,
            who          text not null,
            subject      text not null,                -- who that is proven to be
            why          text not null,
            before       jsonb,
            body         jsonb,
            at           timestamptz not null default now(),
            state        text not null default 'waiting' check (state in ('waiting', 'approved', 'refused')),
            decided_at   timestamptz,
            decided_by   text,
            decided_why  text
        );
        create unique index edit_proposal_waiting on edit_proposal (exception_id) where state = 'waiting';
        """
    )
