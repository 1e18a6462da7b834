"""The credit notes that may name a return of ours, found without a look at the others."""

from alembic import op

from workers.ledger.ahead import build_indexes, make_indexes
from workers.ledger.store import Connection

revision = "0022"
down_revision = "0021"

INDEXES = {"credit_note_named": "credit_note (erp) where reference ~ 'RT[0-9]{7}'"}


def ahead(connection: Connection) -> None:
    """Build the index beside the fleet's work."""
    build_indexes(connection, INDEXES)


def upgrade() -> None:
    """Make it where there is no such table yet."""
    make_indexes(op.get_bind(), INDEXES)
