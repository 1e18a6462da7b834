"""What an order says beside its lines, address and courier is kept, so that a change of it is seen after release."""

from alembic import op

revision = "0041"
down_revision = "0040"


def upgrade() -> None:
    """Add the column; of what was sent before nobody knows it, and nothing is compared."""
    op.execute("alter table fulfilment add column wishes text")
