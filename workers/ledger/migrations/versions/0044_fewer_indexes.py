"""Drops indexes that another one answers for: each cost every order an entry, and its log."""

from alembic import op

revision = "0044"
down_revision = "0043"

# fulfilment_by_invoice is the same as fulfilment_invoice_code, fulfilment_theirs finds what fulfilment_their_id finds,
# and message_one_worker what is worked on
SPARE = ("fulfilment_invoice_code", "fulfilment_their_id", "message_leases")


def upgrade() -> None:
    """Drop them."""
    for name in SPARE:
        op.execute(f"drop index if exists {name}")
