"""Garments that are announced to their warehouse, and what it answers."""

from importlib.resources import files

from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Add a table."""
    here = files("workers.ledger.migrations") / "versions"
    op.get_bind().exec_driver_sql((here / "0014_garment_setup.sql").read_text(encoding="utf-8").replace("%", "%%"))
