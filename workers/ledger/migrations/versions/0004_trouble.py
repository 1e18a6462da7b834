"""Doubts, leases and lasting trouble: what the spine notes of claims, processes, readings and schedules."""

from importlib.resources import files

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the columns."""
    here = files("workers.ledger.migrations") / "versions"
    for name in ("0004_trouble.sql",):
        op.get_bind().exec_driver_sql((here / name).read_text(encoding="utf-8").replace("%", "%%"))
