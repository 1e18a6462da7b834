"""An exception of a shut connection notes that its alert was sent, like any other; those of before were told."""

from alembic import op

revision = "0039"
down_revision = "0038"


def upgrade() -> None:
    """Mark them, so that none is told again."""
    op.execute(
        "update exception set alerted = true where not alerted and kind in ('connection_shut', 'suspect_release')"
    )
