"""SKUs that a count shows as the last one did follow their home's last whole count: no row of theirs is written."""

from alembic import op

revision = "0043"
down_revision = "0042"


def upgrade() -> None:
    """Add the columns; what was counted before has moments of its own, until the next whole count agrees with it."""
    op.execute("alter table told_sku add column follows boolean not null default false")
    op.execute(
        "alter table home add column followed_number bigint not null default 0,"
        " add column followed_written timestamptz not null default '-infinity',"
        " add column followed_at timestamptz not null default '-infinity'"
    )
