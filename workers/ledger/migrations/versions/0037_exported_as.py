"""With which login a journal's file was exported: the same does not confirm it."""

from alembic import op

revision = "0037"
down_revision = "0036"


def upgrade() -> None:
    """Add the column; files of before are told apart by names alone."""
    op.execute("alter table journal_file add column made_as text not null default ''")
