"""Orders that a person sends elsewhere than the rules say."""

from alembic import op

revision = "0034"
down_revision = "0033"


def upgrade() -> None:
    """Add the table."""
    op.execute(
        """
        create table order_route (
            erp        text not null,
            order_code text not null,
            connection text not null,
            facility   text not null,
            who        text not null,
            why        text not null,
            at         timestamptz not null default now(),
            primary key (erp, order_code)
        )
        """
    )
