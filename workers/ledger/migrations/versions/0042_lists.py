"""One index for each question of the desk's lists: late, not ready, to be done, over."""

from alembic import op

from workers.ledger.ahead import build_indexes, make_indexes
from workers.ledger.store import Connection

revision = "0042"
down_revision = "0041"

INDEXES = {
    "expectation_awaited": "expectation (due_at) include (what) where missed_at is null",
    "expectation_missed": "expectation (due_at) include (what) where missed_at is not null",
    "expectation_gaps": "expectation (connection) where kind = 'file_gap'",
    "demand_stage": "demand (stage, order_code)",
    "exception_closed": "exception (state, closed_at) where state <> 'open'",
    "exception_closed_kind": "exception (state, kind, closed_at) where state <> 'open'",
    "return_line_to_do": "return_line (received_at, reference) where state not in ('refunded', 'stopped')",
    "return_line_state": "return_line (state, received_at, reference)",
    "sku_refused": "sku (connection, code) where state = 'refused'",
    "term_quarantine": "term (subject) where kind = 'khaos_quarantine' and cleared_at is null",
}


def ahead(connection: Connection) -> None:
    """Build the indexes beside the fleet's work."""
    build_indexes(connection, INDEXES)


def upgrade() -> None:
    """Make what is not there yet; the first index answers what the one before it was asked."""
    make_indexes(op.get_bind(), INDEXES)
    op.execute("drop index if exists expectation_due")
