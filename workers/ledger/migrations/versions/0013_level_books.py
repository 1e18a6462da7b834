"""Khaos Control's own book of each level, as it was last seen."""

from importlib.resources import files

from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Add columns and a table; nothing is known of levels that were seen before."""
    here = files("workers.ledger.migrations") / "versions"
    op.get_bind().exec_driver_sql((here / "0013_level_books.sql").read_text(encoding="utf-8").replace("%", "%%"))
