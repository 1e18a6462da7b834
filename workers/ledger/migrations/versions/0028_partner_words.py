"""What partners wrote in their own words: beside the bodies, for those who may see customers' data."""

from alembic import op

revision = "0028"
down_revision = "0027"

TABLE = """
create table partner_words (
    id          bigint generated always as identity primary key,
    at          timestamptz not null default now(),
    story       text not null,
    subject     text not null,
    connection  text not null,
    message_id  bigint,
    record_id   bigint,
    words       text not null
)
"""
INDEXES = ("(subject, id)", "(story)", "(at)")


def upgrade() -> None:
    """Make the table, which is empty, and its indexes."""
    op.execute(TABLE)
    for columns in INDEXES:
        op.execute(f"create index on partner_words {columns}")
