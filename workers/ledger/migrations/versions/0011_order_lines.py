"""Orders line by line, for warehouses that keep garments, and each unit that left for a line."""

from importlib.resources import files

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Add two tables."""
    here = files("workers.ledger.migrations") / "versions"
    op.get_bind().exec_driver_sql((here / "0011_order_lines.sql").read_text(encoding="utf-8").replace("%", "%%"))
