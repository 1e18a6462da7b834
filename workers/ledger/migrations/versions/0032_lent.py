"""How many units of an open invoice are hires that Khaos Control has as services: it gives them no stock."""

from alembic import op

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    """Add the column; what stands there is hired as stock, or sold."""
    op.execute("alter table demand add column lent integer not null default 0")
