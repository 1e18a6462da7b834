"""Counts that come in parts, and the book of a warehouse that is asked: what its counts and movements make of a SKU."""

from importlib.resources import files

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add a table and four columns with defaults: earlier workers go on beside it."""
    here = files("workers.ledger.migrations") / "versions"
    op.get_bind().exec_driver_sql((here / "0007_whole_counts.sql").read_text(encoding="utf-8").replace("%", "%%"))
