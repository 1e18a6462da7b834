"""${message}

Expand first, contract in a later release: old and new workers run side by side while a release is under way.
Tables only: functions stand in workers/ledger/functions, and are laid when all migrations are through.
"""

from alembic import op

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    """${message}."""
    ${upgrades if upgrades else "op.execute('')"}
