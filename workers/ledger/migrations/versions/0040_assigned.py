"""Since when somebody has an exception: its response time begins anew with that, and what is forgotten is told."""

from alembic import op

from workers.ledger.ahead import build_indexes, make_indexes, run_limited
from workers.ledger.store import Connection

revision = "0040"
down_revision = "0039"

COLUMNS = """
alter table if exists exception add column if not exists assigned_at timestamptz;
alter table if exists notice add column if not exists assignee text  -- who has what is late
"""
INDEXES = {"exception_forgotten": "exception (respond_by) where state = 'open' and assignee is not null"}


def ahead(connection: Connection) -> None:
    """Add the columns, which rewrites nothing, and build the index beside the fleet's work."""
    run_limited(connection, COLUMNS)
    build_indexes(connection, INDEXES)


def upgrade() -> None:
    """Add what is not there yet; what somebody has already must be over within its response time from now on."""
    op.execute(COLUMNS)
    make_indexes(op.get_bind(), INDEXES)
    op.execute(
        "update exception set assigned_at = now(), respond_by = null, clocked = false"
        " where state = 'open' and assignee is not null"
    )
