"""How far history is counted and purged, and an index for each question that people ask of it."""

from importlib.resources import files

from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Add the tables and the indexes."""
    here = files("workers.ledger.migrations") / "versions"
    op.get_bind().exec_driver_sql((here / "0018_history.sql").read_text(encoding="utf-8").replace("%", "%%"))
