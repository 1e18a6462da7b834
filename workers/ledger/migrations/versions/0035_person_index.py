"""Messages are found by the person whom they are about, over one index: for search, and for what the law asks."""

from alembic import op

from workers.ledger.ahead import build_indexes, make_indexes
from workers.ledger.functions import sql_of
from workers.ledger.store import Connection

revision = "0035"
down_revision = "0034"

HAS_ADDRESS = "body ?| array['address', 'invoice_address', 'delivery_address', 'fulfilment']"
INDEXES = {"message_body_people": f"message_body using gin (person_keys(body)) where {HAS_ADDRESS}"}


def ahead(connection: Connection) -> None:
    """Lay the function that the index asks, and build it beside the fleet's work."""
    connection.execute(sql_of("people").encode())
    build_indexes(connection, INDEXES)


def upgrade() -> None:
    """Make it where the table is new."""
    op.get_bind().exec_driver_sql(sql_of("people").replace("%", "%%"))
    make_indexes(op.get_bind(), INDEXES)
