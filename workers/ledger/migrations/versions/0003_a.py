"""A count takes its recounts away before it marks what left as counted; a lane's booked slot is no poll's."""

from importlib.resources import files

from alembic import op

revision = "0003a"
down_revision = "0002"


def upgrade() -> None:
    """Replace two functions; what release 0002's workers use stays as it is."""
    here = files("workers.ledger.migrations") / "versions"
    op.get_bind().exec_driver_sql((here / "0003_a.sql").read_text(encoding="utf-8").replace("%", "%%"))
