"""A name of the ledger's own, by which its traces elsewhere are recognised after it was restored."""

from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Add a table of one row; the fleet fills it at its next start."""
    op.execute("create table ledger_identity ( one boolean primary key default true check (one), id uuid not null)")
