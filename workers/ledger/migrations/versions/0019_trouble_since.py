"""Since when a connection is in trouble, through short openings between."""

from importlib.resources import files

from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Add the column."""
    here = files("workers.ledger.migrations") / "versions"
    op.get_bind().exec_driver_sql((here / "0019_trouble_since.sql").read_text(encoding="utf-8").replace("%", "%%"))
