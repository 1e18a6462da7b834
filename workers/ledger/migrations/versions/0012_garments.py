"""Garments by their tags, and the stock files that counted them."""

from importlib.resources import files

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Add the tables."""
    here = files("workers.ledger.migrations") / "versions"
    op.get_bind().exec_driver_sql((here / "0012_garments.sql").read_text(encoding="utf-8").replace("%", "%%"))
