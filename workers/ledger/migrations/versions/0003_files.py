"""Warehouses that speak in files: control numbers, files taken, stock that is told, item files."""

from importlib.resources import files

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add tables; what earlier workers use stays as it is."""
    here = files("workers.ledger.migrations") / "versions"
    for name in ("0003_files.sql", "0003_told_stock.sql"):
        op.get_bind().exec_driver_sql((here / name).read_text(encoding="utf-8").replace("%", "%%"))
