"""Stock, journals, goods in, returns, and the two other routes of a dispatch."""

from importlib.resources import files

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add tables; what release 0001's workers use stays as it is."""
    here = files("workers.ledger.migrations") / "versions"
    for name in ("0002_stock.sql", "0002_returns.sql", "0002_turns.sql"):
        op.get_bind().exec_driver_sql((here / name).read_text(encoding="utf-8").replace("%", "%%"))
