"""Indexes for what people ask on the desk, and the filters that each of them keeps."""

from alembic import op

from workers.ledger.ahead import build_indexes, make_indexes
from workers.ledger.store import Connection

revision = "0036"
down_revision = "0035"

INDEXES = {
    "fulfilment_by_invoice": "fulfilment (invoice_code)",
    "fulfilment_unbooked": "fulfilment (changed_at) where not confirmed"
    " and state in ('part_dispatched', 'dispatched', 'closed_short')",
    "shipment_told": "shipment (told_at)",
    "demand_order": "demand (order_code)",
    "return_line_received": "return_line (received_at)",
    "credit_note_order": "credit_note (erp, order_code)",
    "partner_file_by_name": "partner_file (name)",
    "partner_file_taken": "partner_file (connection, facility, taken_at)",
    "received_line_order": "received_line (purchase_order)",
    "told_move_sku": "told_move (sku, written)",
}


def ahead(connection: Connection) -> None:
    """Build the indexes beside the fleet's work."""
    build_indexes(connection, INDEXES)


def upgrade() -> None:
    """Make what is not there yet, and the table of filters."""
    make_indexes(op.get_bind(), INDEXES)
    op.execute(
        """
        create table saved_filter (
            person    text not null,
            name      text not null,
            address   text not null,                  -- the page with its filters
            saved_at  timestamptz not null default now(),
            primary key (person, name)
        )
        """
    )
