"""A count takes its recounts away before it marks what left as counted; a lane's booked slot is no poll's."""

from importlib.resources import files

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Replace two functions; what earlier releases's workers use stays as it is."""
    here = files("workers.ledger.migrations") / "versions"
    op.get_bind().exec_driver_sql((here / "0005_races.sql").read_text(encoding="utf-8").replace("%", "%%"))
