"""Whose settings stand in the ledger: the digests of those that were laid, in their order."""

from alembic import op

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    """Make the table; the first process that starts lays its own."""
    op.execute(
        "create table laid_settings ("
        " digest text primary key,"  # of what a fleet.toml lays in the ledger
        " number bigint generated always as identity unique,"
        " release text not null,"  # the newest migration of the newest release that has laid it
        " host text not null,"
        " laid_at timestamptz not null default now())"
    )
