"""How a warehouse showed an order last, and whether the moment at which a unit left is a read-back's."""

from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    """Add the columns; what left before counts as dated by its own event."""
    op.execute("alter table fulfilment add column status_there text not null default ''")
    # an order that is read back names the moment of its last dispatch alone: a unit of it may have left before
    op.execute("alter table departed_item add column left_by boolean not null default false")
