"""The queue ``returns-in``: goods in re-read, returns announced to a warehouse, returns offered to Khaos Control."""

from __future__ import annotations

from dataclasses import dataclass

from mappings.canonical import ReturnAdvice
from workers.domain.catalogue import confirmed
from workers.edi.control_numbers import awaits_answers, control_number_giver
from workers.ledger.expected import Expected
from workers.ledger.store import Claimed, Connection, Effect
from workers.ports.orders import WriteContext
from workers.returns_in.goods_in import Receipt
from workers.returns_in.offers import offer
from workers.spine.delivery import NotAtPartner
from workers.spine.outcomes import Dead, Delivered, Duplicate, NotNeeded, Outcome
from workers.spine.people import Dismissal
from workers.spine.restored import looks_up_first
from workers.spine.runtime import Runtime

__all__ = ["Advice", "Receipt", "Return"]


@dataclass(frozen=True, slots=True)
class Return:
    """A return, from its grade to its credit note. What may be offered is offered once; Khaos pulls it."""

    runtime: Runtime
    repeatable: bool = True  # judging again finds what was offered
    refused: str = "refused_by_khaos"

    def write(self, message: Claimed) -> bytes | Outcome:
        """Nothing to write: Khaos gets what stands in the ledger when it pulls."""
        return b"return"

    def push(self, message: Claimed, wire: bytes) -> Outcome:
        """Judge and offer it."""
        return offer(self.runtime, message.reference)


@dataclass(frozen=True, slots=True)
class Advice:
    """A return that was announced: its receipt is created at the warehouse once."""

    runtime: Runtime
    repeatable: bool = False
    refused: str = "refused_by_warehouse"

    def write(self, message: Claimed) -> bytes | Outcome:
        """Gate on SKUs that the warehouse has not confirmed, then write the bytes."""
        if over := self._over(message):
            return over
        warehouse = self.runtime.warehouse(message.connection)
        if warehouse.parts.returns is None:
            return NotNeeded(f"{message.connection} takes no announcements: the return is known by its order")
        advice = ReturnAdvice.model_validate_json(message.body_text)
        skus = confirmed(self.runtime.store.rows, message.connection, [line.sku for line in advice.lines])
        if skus.missing:
            return skus.held()
        context = WriteContext(skus.their_ids, stamp=control_number_giver(self.runtime, message))
        return warehouse.returns.write_return(advice, self.runtime.facts(message.connection), context)

    def push(self, message: Claimed, wire: bytes) -> Outcome:
        """Create the receipt, unless the advice was withdrawn meanwhile."""
        if over := self._over(message):
            return over
        warehouse = self.runtime.warehouse(message.connection)
        if message.attempt == 1 and warehouse.parts.return_reads and looks_up_first(self.runtime, message):
            found = self.look_up(message, wire)
            if not isinstance(found, NotAtPartner):
                return found
        self.runtime.pace(message.connection)
        their_id = warehouse.returns.send_return(wire)
        return Delivered(f"expected at the warehouse as {their_id}", self._effects(message, their_id))

    def look_up(self, message: Claimed, wire: bytes) -> Outcome | NotAtPartner:
        """By reference: there as we wrote it, there otherwise, there twice, or not there."""
        self.runtime.pace(message.connection)
        found = self.runtime.warehouse(message.connection).return_reads.find_return(
            message.reference, wire, self.runtime.facts(message.connection)
        )
        if found is None:
            return NotAtPartner()
        if len(found.their_ids) > 1:
            return Dead("duplicate_at_warehouse", f"it is there as {', '.join(found.their_ids)}", maybe_done=True)
        if not found.same:
            return Dead("order_changed_after_release", found.what, maybe_done=True)
        note = f"at the warehouse as {found.their_ids[0]}: the first sending had arrived"
        return Duplicate(note, self._effects(message, found.their_ids[0]))

    def _over(self, message: Claimed) -> NotNeeded | None:
        row = self.runtime.store.row("select state from return_advice where reference = %s", message.reference)
        state = row["state"] if row else "gone"
        return None if state == "new" else NotNeeded(f"the advice is {state}")

    def _effects(self, message: Claimed, their_id: str) -> tuple[Effect, ...]:
        return (
            Effect(
                "update return_advice set state = case when state = 'new' then 'sent' else state end, their_id = %s"
                " where reference = %s and 'refused' <> all (said_to(%s))",
                (their_id, message.reference, message.id),
            ),
            *awaits_answers(self.runtime, message, Expected.RECEIVED),
        )


def return_dismissed(db: Connection, dismissal: Dismissal) -> None:
    """Stop a return that was not offered. One that was offered goes on: its exception was only a reminder."""
    db.execute(
        "select stop_return(reference, %s, %s) from return_line"
        " where reference = %s and state in ('received', 'graded')",
        (dismissal.person.name, f"its exception was dismissed: {dismissal.why}", dismissal.reference),
    )


def advice_dismissed(db: Connection, dismissal: Dismissal) -> None:
    """Withdraw an advice that the warehouse does not have."""
    db.execute(
        "update return_advice set state = 'withdrawn' where reference = %s and state = 'new'", (dismissal.reference,)
    )
