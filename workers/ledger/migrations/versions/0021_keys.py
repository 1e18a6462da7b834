"""When a key was said last, and an index for each question about keys: by its age, and by its message."""

from alembic import op

from workers.ledger.ahead import build_indexes, make_indexes, run_limited
from workers.ledger.store import Connection

revision = "0021"
down_revision = "0020"

# all that was said before counts as said now: no key goes sooner than it should
SAID_AT = "alter table if exists message_key add column if not exists said_at timestamptz not null default now()"
INDEXES = {
    "message_key_said": "message_key (said_at)",
    "message_key_message": "message_key (message_id)",  # whose answer a control number is
    "record_key_received": "record_key (received_at)",
}


def ahead(connection: Connection) -> None:
    """Add the column, which rewrites nothing, and build the indexes beside the fleet's work."""
    run_limited(connection, SAID_AT)
    build_indexes(connection, INDEXES)


def upgrade() -> None:
    """Add what is not there yet."""
    op.execute(SAID_AT)
    make_indexes(op.get_bind(), INDEXES)
