"""What Khaos Control last showed of each order, edits of messages, and who wrote a step of the timeline."""

from importlib.resources import files

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add tables and columns; what earlier workers write stays allowed."""
    here = files("workers.ledger.migrations") / "versions"
    op.get_bind().exec_driver_sql((here / "0008_obligations.sql").read_text(encoding="utf-8").replace("%", "%%"))
