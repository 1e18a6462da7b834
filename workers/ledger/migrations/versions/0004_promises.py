"""What is promised is reckoned for each invoice by itself; goods that are booked are not waited for."""

from importlib.resources import files

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Replace functions; what the workers of earlier releases call stays callable."""
    here = files("workers.ledger.migrations") / "versions"
    op.get_bind().exec_driver_sql((here / "0004_promises.sql").read_text(encoding="utf-8").replace("%", "%%"))
