"""The merchant's calendar, and journal entries that wait for a cost."""

from importlib.resources import files

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add a table and a state; what earlier workers write stays allowed."""
    here = files("workers.ledger.migrations") / "versions"
    op.get_bind().exec_driver_sql((here / "0005_merchant.sql").read_text(encoding="utf-8").replace("%", "%%"))
