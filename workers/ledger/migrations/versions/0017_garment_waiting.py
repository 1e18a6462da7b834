"""Words about garments that came back before their dispatch was heard of."""

from importlib.resources import files

from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Add the table."""
    here = files("workers.ledger.migrations") / "versions"
    op.get_bind().exec_driver_sql((here / "0017_garment_waiting.sql").read_text(encoding="utf-8").replace("%", "%%"))
