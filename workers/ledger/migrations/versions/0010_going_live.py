"""Day one of a connection, the day after a restore, and references of an integration before this one."""

from importlib.resources import files

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add columns and a table. Connections that are there already trade already: they are live."""
    here = files("workers.ledger.migrations") / "versions"
    op.get_bind().exec_driver_sql((here / "0010_going_live.sql").read_text(encoding="utf-8").replace("%", "%%"))
