"""Which garments no set-up row names, though the fleet announces garments to their warehouse."""

from alembic import op

from workers.ledger.ahead import build_indexes, make_indexes, run_limited
from workers.ledger.store import Connection

revision = "0024"
down_revision = "0023"

# Null: no file has named it yet. All that stand there already are adopted.
COLUMN = "alter table if exists garment add column if not exists unannounced boolean default false"
INDEXES = {"garment_unannounced": "garment (home) where unannounced"}


def ahead(connection: Connection) -> None:
    """Add the column, which rewrites nothing, and build the index beside the fleet's work."""
    run_limited(connection, COLUMN)
    build_indexes(connection, INDEXES)


def upgrade() -> None:
    """Add what is not there yet."""
    op.execute(COLUMN)
    make_indexes(op.get_bind(), INDEXES)
