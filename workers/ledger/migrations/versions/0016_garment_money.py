"""Garments that came back, what left for good, and what each is worth."""

from importlib.resources import files

from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Add the tables."""
    here = files("workers.ledger.migrations") / "versions"
    op.get_bind().exec_driver_sql((here / "0016_garment_money.sql").read_text(encoding="utf-8").replace("%", "%%"))
