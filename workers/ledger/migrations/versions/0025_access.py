"""Who may use the desk, and the record of what each person did."""

from importlib.resources import files

from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    """Add the tables."""
    here = files("workers.ledger.migrations") / "versions"
    op.get_bind().exec_driver_sql((here / "0025_access.sql").read_text(encoding="utf-8").replace("%", "%%"))
