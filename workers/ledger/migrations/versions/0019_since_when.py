"""Since when a connection is in trouble, and when a garment came back that waits for its dispatch."""

from importlib.resources import files

from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Add the columns."""
    here = files("workers.ledger.migrations") / "versions"
    op.get_bind().exec_driver_sql((here / "0019_since_when.sql").read_text(encoding="utf-8").replace("%", "%%"))
