"""A message that stands behind an earlier one of its subject names it, and is not among those that may go."""

from alembic import op

from workers.ledger.ahead import build_indexes, make_indexes, run_limited
from workers.ledger.functions import drop_functions
from workers.ledger.store import Connection

revision = "0026"
down_revision = "0025"

COLUMN = "alter table if exists message add column if not exists behind bigint"
INDEXES = {
    # what may go now, in its order; message_ready, which it replaces, held what is blocked as well
    "message_next": "message (lane, connection, priority, due_at, id)"
    " where state in ('queued', 'waiting') and behind is null",
    "message_behind": "message (behind) where behind is not null",
}
# a ledger of long ago gets its columns in their order, in the migration itself
IS_RECENT = (
    "select 1 from information_schema.columns"
    " where table_schema = current_schema() and table_name = 'message' and column_name = 'claim_token'"
)
MARK = """
with marked as (
    select m.id, (select max(e.id) from message e where e.subject = m.subject and e.id < m.id) as before
      from message m where m.state in ('queued', 'waiting', 'held', 'dead'))
update message m set behind = marked.before from marked where marked.id = m.id and marked.before is not null
"""


def ahead(connection: Connection) -> None:
    """Add the column, which rewrites nothing, and build the indexes beside the fleet's work."""
    if connection.execute(IS_RECENT).fetchone():
        run_limited(connection, COLUMN)
    build_indexes(connection, INDEXES)


def upgrade() -> None:
    """Name the earlier message of each that has one; from here on the functions do."""
    op.execute(COLUMN)
    make_indexes(op.get_bind(), INDEXES)
    op.execute("lock table message in access exclusive mode")  # none is settled by functions that free nobody
    op.execute(MARK)
    op.execute("drop index if exists message_ready")
    drop_functions(op.get_bind(), "settle_delivered(jsonb)")
