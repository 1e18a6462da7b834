"""Orders that are at a warehouse and shall be others, or none: the change and the cancellation of ``orders-out``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mappings.canonical import Fulfilment
from workers.domain import aliases, transitions
from workers.domain.catalogue import catalogue, confirmed
from workers.domain.rereads import reread
from workers.edi.control_numbers import control_number_giver
from workers.ledger.expected import Expected
from workers.ledger.store import Claimed, Effect, call
from workers.ports.orders import CancelResult, SentOrder, WriteContext
from workers.spine.outcomes import Delivered, NotNeeded, Outcome
from workers.spine.runtime import Runtime

LAST_SENT = """
select k.kind, b.body, b.wire
  from message_key k join message_body b on b.message_id = k.message_id
  left join message m on m.id = k.message_id left join message_settled s on s.id = k.message_id
 where k.flow = 'orders-out' and k.connection = %s and k.reference = %s and k.kind in ('order', 'change')
   and (m.maybe_sent_at is not null or s.state = 'delivered' or (s.state = 'not_needed' and b.wire is not null))
 order by s.state is not distinct from 'not_needed', k.message_id desc limit 1  -- once in doubt, then not needed
"""


@dataclass(frozen=True, slots=True)
class Change:
    """An order that is at a warehouse, as Khaos shows it now, under its reference: where a warehouse takes that."""

    runtime: Runtime
    repeatable: bool = True  # it replaces: again, it replaces the same by the same
    refused: str = "changed_after_release"

    def write(self, message: Claimed) -> bytes | Outcome:
        """The whole order anew."""
        wanted = Fulfilment.model_validate(message.body["fulfilment"])
        if over := self._over(message):
            return over
        codes = [line.sku for line in wanted.lines]
        skus = confirmed(self.runtime.store.rows, message.connection, codes)
        if skus.missing:
            return skus.held()
        names = aliases.theirs(self.runtime.store.rows, message.connection, [wanted.reference])
        wanted = wanted.model_copy(update={"reference": names.get(wanted.reference, wanted.reference)})
        context = WriteContext(
            skus.their_ids, catalogue(self.runtime, message, codes), control_number_giver(self.runtime, message)
        )
        warehouse = self.runtime.warehouse(message.connection)
        return warehouse.orders.write_change(wanted, self.runtime.facts(message.connection), context)

    def push(self, message: Claimed, wire: bytes) -> Outcome:
        """Send it; the warehouse answers by itself whether it came in time."""
        if over := self._over(message):
            return over
        self.runtime.pace(message.connection)
        orders = self.runtime.warehouse(message.connection).orders
        orders.send_order(wire)
        await_change = call(
            "await_answers",
            reference=message.reference,
            subject=message.subject,
            story=message.story,
            flow="change",
            connection=message.connection,
            message=message.id,
            answers={Expected.CHANGED.value: orders.answer_patience},
        )
        return Delivered("the warehouse was told of the change; its answer comes by itself", (await_change,))

    def _over(self, message: Claimed) -> NotNeeded | None:
        row = self.runtime.store.row("select state from fulfilment where reference = %s", message.reference)
        state = row["state"] if row else "gone"
        return None if state in ("new", "sent") else NotNeeded(f"the fulfilment is {state}")


@dataclass(frozen=True, slots=True)
class Cancel:
    """A cancellation at a warehouse, of an order that may have been sent."""

    runtime: Runtime
    repeatable: bool = True  # cancelling what is cancelled is found out by the answer
    refused: str = "cancel_refused"

    def write(self, message: Claimed) -> bytes | Outcome:
        """The bytes, where a cancellation has any."""
        row = self.runtime.store.row("select * from fulfilment where reference = %s", message.reference)
        if row is None or row["state"] != "cancelling":
            return NotNeeded(f"the fulfilment is {row['state'] if row else 'gone'}")
        context = WriteContext(stamp=control_number_giver(self.runtime, message))
        orders = self.runtime.warehouse(message.connection).orders
        return orders.write_cancel(self._sent(message, row), context)

    def _sent(self, message: Claimed, row: dict[str, Any]) -> SentOrder:
        """The order as it was last sent: some warehouses take a cancellation only with all of it."""
        last = self.runtime.store.row(LAST_SENT, message.connection, message.reference)
        order = None
        if last is not None and last["body"] is not None:
            order = Fulfilment.model_validate(last["body"]["fulfilment"] if last["kind"] == "change" else last["body"])
        wire = bytes(last["wire"] or b"") if last is not None else b""
        names = aliases.theirs(self.runtime.store.rows, message.connection, [message.reference])
        name = names.get(message.reference, message.reference)
        return SentOrder(name, row["facility"], row["associated_ref"], order, wire)

    def push(self, message: Claimed, wire: bytes) -> Outcome:
        """Cancel; an order that is not there (any more) is cancelled. Or ask for it, where the answer comes later."""
        row = self.runtime.store.row("select * from fulfilment where reference = %s", message.reference)
        if row is None or row["state"] != "cancelling":
            return NotNeeded(f"the fulfilment is {row['state'] if row else 'gone'}")
        self.runtime.pace(message.connection)
        warehouse = self.runtime.warehouse(message.connection)
        their_ids = self._their_ids(message, row)
        became = [warehouse.orders.cancel_order(their_id, wire) for their_id in their_ids]
        if CancelResult.ASKED in became:
            return Delivered(CancelResult.ASKED.value, (self._awaits(message),))
        note = CancelResult.CANCELLED if CancelResult.CANCELLED in became else CancelResult.NOT_THERE
        done = transitions.cancelled(message.reference)
        if warehouse.parts.order_reads is None:
            return Delivered(note.value, (done,))
        # what had left before, unheard of, is found out now
        again = reread(
            message.connection,
            next(iter(their_ids), ""),
            message.reference,
            message.story,
            f"after cancelling, attempt {message.id}",
        )
        return Delivered(note.value, (done, again))

    def _their_ids(self, message: Claimed, row: dict[str, Any]) -> tuple[str, ...]:
        """The warehouse's ids of the reference: looked up after a doubt; our own where it cannot be asked."""
        if row["their_id"]:
            return (row["their_id"],)
        reads = self.runtime.warehouse(message.connection).parts.order_reads
        if reads is None:
            return (message.reference,)
        found = reads.find_order(message.reference, b"", self.runtime.facts(message.connection))
        return found.their_ids if found else ()

    def _awaits(self, message: Claimed) -> Effect:
        return call(
            "await_cancellation",
            reference=message.reference,
            subject=message.subject,
            story=message.story,
            connection=message.connection,
            within=self.runtime.warehouse(message.connection).orders.answer_patience,
            message=message.id,
        )
