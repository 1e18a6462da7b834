"""What partners refuse for the moment, and what we hold of them: files that are not given out, access tokens."""

from importlib.resources import files

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the tables."""
    here = files("workers.ledger.migrations") / "versions"
    op.get_bind().exec_driver_sql((here / "0009_partners.sql").read_text(encoding="utf-8").replace("%", "%%"))
