"""Garments that came back, what left for good, and what each is worth."""

from importlib.resources import files

from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Add the tables."""
    here = files("workers.ledger.migrations") / "versions"
    op.get_bind().exec_driver_sql((here / "0015_garment_money.sql").read_text(encoding="utf-8").replace("%", "%%"))
