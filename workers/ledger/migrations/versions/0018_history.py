"""How far history is counted and purged, and an index for each question that people ask of it."""

from importlib.resources import files

from alembic import op

from workers.ledger.ahead import build_indexes, make_indexes
from workers.ledger.store import Connection

revision = "0018"
down_revision = "0017"

INDEXES = {
    # counts and flushes of levels, which are purged after days: what is left of them, and nothing else
    "message_settled_figures": "message_settled (settled_at) where flow = 'stock-in' and kind in ('recount', 'levels')",
    # the codes that a person may have in hand
    "exception_listed": "exception (array_position(array['critical', 'error', 'warning', 'info'], severity), first_at,"
    " id) where state = 'open'",
    "exception_kinds": "exception (kind, owner, severity, first_at) where state = 'open'",
    "exception_subject": "exception (subject)",
    "fulfilment_invoice_code": "fulfilment (invoice_code)",
    "fulfilment_theirs": "fulfilment (their_id) where their_id is not null",
    "shipment_parcels": "shipment using gin (parcels jsonb_path_ops)",
    "control_number_given": "control_number (number)",
}


def ahead(connection: Connection) -> None:
    """Build the indexes beside the fleet's work."""
    build_indexes(connection, INDEXES)


def upgrade() -> None:
    """Add the tables, and the indexes that are not there yet."""
    here = files("workers.ledger.migrations") / "versions"
    op.get_bind().exec_driver_sql((here / "0018_history.sql").read_text(encoding="utf-8").replace("%", "%%"))
    make_indexes(op.get_bind(), INDEXES)
