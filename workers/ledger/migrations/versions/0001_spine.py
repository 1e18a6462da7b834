"""The spine: records, messages, expectations, exceptions, timeline, fulfilments."""

from importlib.resources import files

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the ledger's tables."""
    here = files("workers.ledger.migrations") / "versions"
    for name in ("0001_spine.sql",):
        op.get_bind().exec_driver_sql((here / name).read_text(encoding="utf-8").replace("%", "%%"))
