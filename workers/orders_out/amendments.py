"""Orders that are at a warehouse and shall be others, or none: the change and the cancellation of ``orders-out``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mappings.canonical import Fulfilment
from workers.domain import transitions
from workers.domain.catalogue import catalogue, confirmed
from workers.domain.rereads import reread
from workers.edi.control_numbers import stamp_of
from workers.ledger.store import Claimed, Effect, call
from workers.ports.warehouse import Cancelling, Known
from workers.spine.outcomes import Delivered, NotNeeded, Outcome
from workers.spine.runtime import Runtime


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
        known = Known(skus.their_ids, catalogue(self.runtime, message, codes), stamp_of(self.runtime, message))
        warehouse = self.runtime.warehouse(message.connection)
        return warehouse.write_change(wanted, self.runtime.facts(message.connection), known)

    def push(self, message: Claimed, wire: bytes) -> Outcome:
        """Tell it; whether it came in time, the warehouse says by itself."""
        if over := self._over(message):
            return over
        self.runtime.pace(message.connection)
        self.runtime.warehouse(message.connection).send_order(wire)
        patience = self.runtime.telling(message.connection).files.answer_patience
        await_change = call(
            "await_answers",
            reference=message.reference,
            subject=message.subject,
            story=message.story,
            flow="change",
            connection=message.connection,
            message=message.id,
            answers={"changed": patience},
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
        known = Known(stamp=stamp_of(self.runtime, message))
        warehouse = self.runtime.warehouse(message.connection)
        return warehouse.write_cancel(message.reference, row["facility"], row["associated_ref"], known)

    def push(self, message: Claimed, wire: bytes) -> Outcome:
        """Cancel; an order that is not there (any more) is cancelled. Or ask for it, where the answer comes later."""
        row = self.runtime.store.row("select * from fulfilment where reference = %s", message.reference)
        if row is None or row["state"] != "cancelling":
            return NotNeeded(f"the fulfilment is {row['state'] if row else 'gone'}")
        self.runtime.pace(message.connection)
        warehouse = self.runtime.warehouse(message.connection)
        their_ids = self._their_ids(message, row)
        became = [warehouse.cancel_order(their_id, wire) for their_id in their_ids]
        if Cancelling.ASKED in became:
            return Delivered(Cancelling.ASKED.value, (self._awaits(message),))
        note = Cancelling.CANCELLED if Cancelling.CANCELLED in became else Cancelling.NOT_THERE
        # what had left before, unheard of, is found out now
        again = reread(
            message.connection,
            next(iter(their_ids), ""),
            message.reference,
            message.story,
            f"after cancelling, attempt {message.id}",
        )
        return Delivered(note.value, (transitions.cancelled(message.reference), again))

    def _their_ids(self, message: Claimed, row: dict[str, Any]) -> tuple[str, ...]:
        """What carries the reference: one whose sending was in doubt is looked up; who cannot be asked knows ours."""
        if row["their_id"]:
            return (row["their_id"],)
        if self.runtime.connection(message.connection).tells:
            return (message.reference,)
        found = self.runtime.asked(message.connection).find_order(
            message.reference, b"", self.runtime.facts(message.connection)
        )
        return found.their_ids if found else ()

    def _awaits(self, message: Claimed) -> Effect:
        return call(
            "await_cancellation",
            reference=message.reference,
            subject=message.subject,
            story=message.story,
            connection=message.connection,
            within=self.runtime.telling(message.connection).files.answer_patience,
            message=message.id,
        )
