"""Readers of records that are read again after a mend, and of poison from a queue."""

from __future__ import annotations

from dataclasses import dataclass

from workers.ledger.store import Claimed, Effect
from workers.spine.dead_letters import file_poison
from workers.spine.outcomes import Dead, Delivered, Outcome
from workers.spine.poison import SOURCES
from workers.spine.reading import Reading
from workers.spine.runtime import Runtime


@dataclass(frozen=True, slots=True)
class ReadAgain:
    """The retry of an entry that could not be read: puts its record back among the unread."""

    runtime: Runtime
    repeatable: bool = True
    refused: str = "unreadable"

    def write(self, message: Claimed) -> bytes | Outcome:
        """Nothing to write."""
        return b"read"

    def push(self, message: Claimed, wire: bytes) -> Outcome:
        """Read the record again; message keys keep what stands already from being posted twice."""
        record = message.body["record"]
        if message.subject == f"read:{message.connection}:orders:{message.reference}":
            # an order is asked for afresh: the page that it stood on is old, and names others that have moved on
            want = Effect("select want_order(%s, %s)", (message.connection, message.reference))
            return Delivered("Khaos Control is asked for it again", (_forget(message), want))
        if self.runtime.store.row("select 1 from record where id = %s", record) is None:
            died = self.runtime.store.row("select error_kind from message where id = %s", message.id)
            why = f"record {record} was purged by age and cannot be read again: have it sent anew, then dismiss this"
            return Dead((died and died["error_kind"]) or self.refused, why)
        again = Effect("select read_record_again(%s)", (record,))
        return Delivered(f"record {record} is read again", (_forget(message), again))


def _forget(message: Claimed) -> Effect:
    """Forget the entry's dead message, or the same error would count as filed and stay unseen."""
    return Effect(
        "delete from message_key where flow = %s and connection = %s and kind = 'read' and reference = %s",
        (message.flow, message.connection, message.reference),
    )


def read_poison(reading: Reading) -> None:
    """Reader of what stood in a queue and is no task: an exception, with the bytes kept in the record."""
    kind, _, queue = reading.record.source.partition(" ")
    size = len(reading.record.body)
    file_poison(
        reading.runtime, queue, reading.record.id, kind, f"{size} bytes in queue {queue}: {SOURCES.get(kind, kind)}"
    )
