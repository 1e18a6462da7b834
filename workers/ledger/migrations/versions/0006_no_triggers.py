"""No business in triggers: whoever confirms a SKU, books a received line or dismisses a message says what follows.

While workers of the release before still run: a SKU that one of them confirms opens its gate, and its level stays as
it is (nothing is sold too much) until its next count or comparison; a line that one of them books may be reminded of
once more, until its receipt is read again; a return whose exception is dismissed by a command of that release is not
offered and not credited, and stands as graded until ``fleet returns stop``.
"""

from alembic import op

from workers.ledger.functions import drop_functions

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Drop the three triggers and their functions."""
    op.execute("drop trigger if exists returns_dismissed on message_settled")
    op.execute("drop trigger if exists received_line_booked on received_line")
    op.execute("drop trigger if exists sku_levels on sku")
    drop_functions(op.get_bind(), "dismissed_with_its_message()", "goods_are_booked()", "sku_touches_levels()")
