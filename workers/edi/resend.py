"""Lays a file again that a warehouse may have lost: the same bytes under the same name, by a person's word."""

from __future__ import annotations

from dataclasses import dataclass

from workers.ledger.store import Claimed, Connection, NewMessage, run_effects
from workers.spine.outcomes import Delivered, Outcome
from workers.spine.runtime import Runtime

NEWEST = """
select c.connection, c.number, k.flow, k.reference, s.story, b.wire
  from control_number c join message_key k on k.message_id = c.message_id
  join message_settled s on s.id = c.message_id and s.connection = c.connection
  join message_body b on b.message_id = c.message_id
 where s.story = %s and s.subject = %s and b.wire is not null order by c.number desc limit 1
"""


def resend(db: Connection, story: str, subject: str, occasion: str) -> str | None:
    """Post the last file of an order, a cancellation or an advice once more. Its reference; None where there is none.

    ``occasion`` makes it one more laying, however often there was one before.
    """
    row = db.execute(NEWEST, (story, subject)).fetchone()
    if row is None:
        return None
    posted = NewMessage(
        flow=row["flow"],
        connection=row["connection"],
        kind="again",
        reference=row["reference"],
        subject=f"again:{row['connection']}:{row['number']}",
        story=row["story"],
        body={"number": row["number"]},
        fingerprint=occasion,
        wire=bytes(row["wire"]),
        note=f"control number {row['number']} is laid again: the same bytes under the same name",
    )
    run_effects(db, [posted.as_effect()])
    return str(row["reference"])


@dataclass(frozen=True, slots=True)
class Again:
    """A file that was laid before: a warehouse that has it knows it by its name and its number."""

    runtime: Runtime
    repeatable: bool = True
    refused: str = "refused_by_warehouse"

    def write(self, message: Claimed) -> bytes | Outcome:
        """Its bytes are the first ones."""
        raise AssertionError("a file that is laid again has its bytes")

    def push(self, message: Claimed, wire: bytes) -> Outcome:
        """Lay it; its expected answer stays expected."""
        self.runtime.pace(message.connection)
        warehouse = self.runtime.warehouse(message.connection)
        send = warehouse.returns.send_return if message.flow == "returns-in" else warehouse.orders.send_order
        send(wire)
        return Delivered("laid again")
