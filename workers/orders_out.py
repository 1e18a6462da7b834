"""The queue ``orders-out``: one fulfilment, its change or its cancellation, from Khaos Control to a warehouse."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from adapters.errors import ReachError, Unavailable
from mappings.canonical import Fulfilment, PickLine, Product
from workers.delivery import Absent
from workers.dispatch_in import reread
from workers.ledger.store import Claimed, Effect, call
from workers.outcomes import Dead, Delivered, Duplicate, Held, NotNeeded, Outcome
from workers.policy import verdict
from workers.runtime import Runtime
from workers.wiring.port import Cancelling, Known, Stamp

NAMED = 5  # SKUs named in a note; the gates name all


@dataclass(frozen=True, slots=True)
class Order:
    """An order to a warehouse: created there once."""

    runtime: Runtime
    repeatable: bool = False
    refused: str = "refused_by_warehouse"

    def write(self, message: Claimed) -> bytes | Outcome:
        """Gate on unconfirmed SKUs, drop what turned out to be no stock, and write the bytes."""
        store = self.runtime.store
        wanted = Fulfilment.model_validate_json(message.body_text)
        if over := self._called_off(message):
            return over
        codes = [line.sku for line in wanted.lines]
        no_stock = {
            r["code"]
            for r in store.rows(
                "select code from product where erp = %s and code = any (%s) and not for_warehouse",
                self.runtime.configuration.erp.name,
                codes,
            )
        }
        skus = {
            r["code"]: r["their_id"]
            for r in store.rows(
                "select code, their_id from sku where connection = %s and code = any (%s) and state = 'confirmed'",
                message.connection,
                codes,
            )
        }
        missing = sorted(set(codes) - set(skus) - no_stock)
        if missing:
            gates = tuple(f"sku:{message.connection}:{code}" for code in missing)
            return Held(gates, f"waits for {', '.join(missing[:NAMED])}{' …' if len(missing) > NAMED else ''}")
        lines = tuple(line for line in wanted.lines if line.sku not in no_stock)
        if not lines:
            return self._no_stock(message, codes)
        if no_stock:
            wanted = wanted.model_copy(update={"lines": lines})
            requested = json.dumps({line.sku: line.quantity for line in lines})
            store.run("update fulfilment set requested = %s where reference = %s", requested, message.reference)
        known = Known(skus, self._catalogue(message, lines), stamp_of(self.runtime, message))
        warehouse = self.runtime.warehouse(message.connection)
        return warehouse.write_order(wanted, self.runtime.facts(message.connection), known)

    def _catalogue(self, message: Claimed, lines: tuple[PickLine, ...]) -> dict[str, Product]:
        """The catalogue's word on the SKUs, where the warehouse is told of it with the order."""
        if not self.runtime.warehouse(message.connection).numbered:
            return {}
        return {
            row["code"]: Product.model_validate(row["body"])
            for row in self.runtime.store.rows(
                "select code, body from product where erp = %s and code = any (%s)",
                self.runtime.configuration.erp.name,
                [line.sku for line in lines],
            )
        }

    def _called_off(self, message: Claimed) -> NotNeeded | None:
        """Surely not over there, and not wanted there any more."""
        row = self.runtime.store.row("select state from fulfilment where reference = %s", message.reference)
        if row is not None and row["state"] in ("new", "sent"):
            return None
        return NotNeeded(f"the fulfilment is {row['state'] if row else 'gone'}")

    def _no_stock(self, message: Claimed, codes: list[str]) -> Outcome:
        """What it waited for turned out to be no stock: it needs no warehouse, and is listed, not forgotten."""
        told = verdict("no_warehouse_lines")
        reason = f"order {message.story} has only lines that no warehouse picks: {', '.join(codes)}"
        invoice = message.body["invoice_code"]
        return NotNeeded(
            reason,
            (
                Effect(
                    "select file_exception('no_warehouse_lines', %s, %s, 'orders-out', %s, %s, %s, %s, %s, null, null)",
                    (
                        f"invoice:{invoice}",
                        message.story,
                        message.connection,
                        told.owner,
                        told.severity,
                        reason,
                        told.next_step,
                    ),
                ),
                Effect(
                    "update fulfilment set state = 'withdrawn', changed_at = now() where reference = %s",
                    (message.reference,),
                ),
                *waited_for(message),
            ),
        )

    def push(self, message: Claimed, wire: bytes) -> Outcome:
        """Create it at the warehouse; not again, though, when it was cancelled while it could not be sent."""
        if message.attempt > 1 and (over := self._called_off(message)):
            return over
        self.runtime.pace(message.connection)
        warehouse = self.runtime.warehouse(message.connection)
        their_id = warehouse.send_order(wire)
        self._release(message, their_id)
        if warehouse.ack_proof == "get":
            found = self.runtime.asked(message.connection).find_order(
                message.reference, wire, self.runtime.facts(message.connection)
            )
            if found is None or not found.same:
                return Dead(
                    "uncertain", "the warehouse accepted it and does not show it as it was written", maybe_done=True
                )
        return Delivered(f"at the warehouse as {their_id}", self._effects(message, their_id))

    def look_up(self, message: Claimed, wire: bytes) -> Outcome | Absent:
        """By reference: there as we wrote it, there otherwise, there twice, or not there."""
        self.runtime.pace(message.connection)
        warehouse = self.runtime.asked(message.connection)
        found = warehouse.find_order(message.reference, wire, self.runtime.facts(message.connection))
        if found is None:
            return Absent()
        if len(found.their_ids) > 1:
            return Dead("duplicate_at_warehouse", f"it is there as {', '.join(found.their_ids)}", maybe_done=True)
        if not found.same:
            return Dead("order_changed_after_release", found.what, maybe_done=True)
        their_id = found.their_ids[0]
        self._release(message, their_id)
        return Duplicate(
            f"at the warehouse as {their_id}: the first sending had arrived", self._effects(message, their_id)
        )

    def _release(self, message: Claimed, their_id: str) -> None:
        """A release that fails leaves the order there: the doubt stands, and the look-up releases it again."""
        try:
            self.runtime.warehouse(message.connection).release_order(their_id)
        except ReachError as error:
            raise Unavailable(f"created as {their_id}, not released: {error.what}", maybe_done=True) from error

    def _effects(self, message: Claimed, their_id: str) -> tuple[Effect, ...]:
        effects: list[Effect] = [
            call(
                "order_sent",
                reference=message.reference,
                their_id=their_id,
                subject=message.subject,
                story=message.story,
                connection=message.connection,
                within=self.runtime.configuration.fleet.limits.dispatch,
                message=message.id,
            ),
        ]
        effects += awaits_answers(self.runtime, message)
        if message.wire is None or message.attempt > 1:  # it was held: what was expected meanwhile has come
            effects += waited_for(message)
        return tuple(effects)


def stamp_of(runtime: Runtime, message: Claimed) -> Stamp | None:
    """The control number that a message is written with, where its warehouse wants one: for good the same."""
    if not runtime.warehouse(message.connection).numbered:
        return None
    row = runtime.store.row(
        "select number, given_at from number_for(%s, %s, %s)", message.connection, message.id, message.generation
    )
    assert row is not None, "number_for gives each message a number"
    return Stamp(row["number"], row["given_at"])


def awaits_answers(runtime: Runtime, message: Claimed, *only: str) -> list[Effect]:
    """What the warehouse will say by itself is expected, each within its time; ``only`` names some of it."""
    answers = runtime.warehouse(message.connection).answers
    awaited = {what: seconds for what, seconds in answers.items() if not only or what in only}
    if not awaited:
        return []
    return [
        call(
            "await_answers",
            reference=message.reference,
            subject=message.subject,
            story=message.story,
            flow=message.flow,
            connection=message.connection,
            message=message.id,
            answers=awaited,
        )
    ]


def waited_for(message: Claimed) -> tuple[Effect, ...]:
    """What an order was held for has come: nothing of that is expected or stands open any more."""
    return (
        Effect("delete from expectation where subject = %s and what = 'sku_confirmed'", (message.subject,)),
        Effect("select close_exception('sku_unconfirmed', %s, 'the order went on', 'fleet')", (message.subject,)),
    )


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
        again = reread(message.connection, next(iter(their_ids), ""), row, f"after cancelling, attempt {message.id}")
        return Delivered(note.value, (call("order_cancelled", reference=message.reference), again))

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

    def look_up(self, message: Claimed, wire: bytes) -> Outcome | Absent:
        """Not needed: cancelling again tells."""
        return Absent()
