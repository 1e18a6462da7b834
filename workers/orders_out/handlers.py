"""Sends an order to its warehouse: its SKUs confirmed, its bytes frozen, its reference looked up after a doubt."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import cast

from mappings.canonical import Fulfilment, LineKind, units_of
from workers.domain import transitions
from workers.domain.catalogue import catalogue, confirmed
from workers.edi.control_numbers import awaits_answers, control_number_giver
from workers.ledger.store import Claimed, Connection, Effect, call, within
from workers.orders_out import unknown_skus
from workers.orders_out.chosen_garments import with_garments
from workers.orders_out.due import dispatch_within
from workers.orders_out.order_lines import SERVICE, forget_items
from workers.orders_out.writing import write_together
from workers.ports.orders import DrawsUp, OrderRefused, Orders, WriteContext
from workers.spine import exceptions
from workers.spine.delivery import NotAtPartner, after_sending
from workers.spine.outcomes import Dead, Delivered, Duplicate, NotNeeded, Outcome
from workers.spine.people import Dismissal
from workers.spine.restored import looks_up_first
from workers.spine.runtime import Runtime


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
        skus = confirmed(store.rows, message.connection, set(codes) - no_stock)
        if skus.missing:
            return skus.held()
        lines = tuple(line for line in wanted.lines if line.sku not in no_stock)
        hires = {line.sku for line in wanted.lines if line.kind is LineKind.HIRE}
        if hires and hires <= no_stock:
            return Dead("hire_as_service", f"{', '.join(sorted(hires))}: {SERVICE}")
        if not lines:
            return self._no_stock(message, codes)
        if no_stock:
            wanted = wanted.model_copy(update={"lines": lines})
            transitions.request(store.run, message.reference, units_of(lines))
            forget_items(store.run, message.reference, no_stock)
        wanted = with_garments(self.runtime, message.connection, wanted)
        products = catalogue(self.runtime, message, [line.sku for line in lines])
        context = WriteContext(skus.their_ids, products, control_number_giver(self.runtime, message))
        warehouse = self.runtime.warehouse(message.connection)
        return warehouse.orders.write_order(wanted, self.runtime.facts(message.connection), context)

    def write_together(self, messages: Sequence[Claimed]) -> Mapping[int, bytes]:
        """The bytes of those that are simply written, where the warehouse is sent files."""
        return write_together(self.runtime, messages)

    def _called_off(self, message: Claimed) -> NotNeeded | None:
        """NotNeeded for an order whose fulfilment was taken back or is gone; None while it is wanted."""
        row = self.runtime.store.row("select state from fulfilment where reference = %s", message.reference)
        if row is not None and row["state"] in ("new", "sent"):
            return None
        return NotNeeded(f"the fulfilment is {row['state'] if row else 'gone'}")

    def _no_stock(self, message: Claimed, codes: list[str]) -> Outcome:
        """End an order without stock lines: it needs no warehouse, and an exception lists it."""
        reason = f"order {message.story} has only lines that no warehouse picks: {', '.join(codes)}"
        return NotNeeded(
            reason,
            (
                exceptions.filing(
                    "no_warehouse_lines",
                    subject=f"invoice:{message.body['invoice_code']}",
                    story=message.story,
                    flow="orders-out",
                    connection=message.connection,
                    why=reason,
                ),
                transitions.withdrawing(message.reference),
                *waited_for(message),
            ),
        )

    def push(self, message: Claimed, wire: bytes) -> Outcome:
        """Create it at the warehouse; not again, though, when it was cancelled while it could not be sent."""
        if message.attempt > 1 and (over := self._called_off(message)):
            return over
        warehouse = self.runtime.warehouse(message.connection)
        if message.attempt == 1 and warehouse.parts.order_reads and looks_up_first(self.runtime, message):
            before = self.look_up(message, wire)
            if not isinstance(before, NotAtPartner):
                return before
        self.runtime.pace(message.connection)
        try:
            their_id = _sender(message, warehouse.orders)(wire)
        except OrderRefused as refused:
            return unknown_skus.outcome_of(self.runtime, message, refused)
        self._release(message, their_id)
        if warehouse.orders.ack_proof == "get":
            with after_sending(f"created as {their_id}, not shown"):
                found = warehouse.order_reads.find_order(
                    message.reference, wire, self.runtime.facts(message.connection)
                )
            if found is None or not found.same:
                return Dead(
                    "uncertain", "the warehouse accepted it and does not show it as it was written", maybe_done=True
                )
        return Delivered(f"at the warehouse as {their_id}", self._effects(message, their_id))

    def look_up(self, message: Claimed, wire: bytes) -> Outcome | NotAtPartner:
        """By reference: there as we wrote it, there otherwise, there twice, or not there."""
        self.runtime.pace(message.connection)
        warehouse = self.runtime.warehouse(message.connection)
        found = warehouse.order_reads.find_order(message.reference, wire, self.runtime.facts(message.connection))
        if found is None:
            return NotAtPartner()
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
        with after_sending(f"created as {their_id}, not released"):
            self.runtime.warehouse(message.connection).orders.release_order(their_id)

    def _effects(self, message: Claimed, their_id: str) -> tuple[Effect, ...]:
        effects: list[Effect] = [
            call(
                "order_sent",
                reference=message.reference,
                their_id=their_id,
                subject=message.subject,
                story=message.story,
                connection=message.connection,
                within=dispatch_within(self.runtime, message.connection, message.body_text),
                message=message.id,
            ),
        ]
        effects += awaits_answers(self.runtime, message)
        numbered = self.runtime.warehouse(message.connection).orders.numbered
        if numbered or message.wire is None or message.attempt > 1:  # it was held: what was expected meanwhile has come
            effects += waited_for(message)
        return tuple(effects)


@cache
def _draws_up(kind: type) -> bool:
    """Whether a kind of orders is a DrawsUp. To ask that of each order costs as much as to write its request."""
    return issubclass(kind, DrawsUp)


def _sender(message: Claimed, orders: Orders) -> Callable[[bytes], str]:
    """How the order is sent. After a restore the ledger does not know which numbers were given."""
    if message.attempt == 1 and message.after_restore is False and _draws_up(type(orders)):
        return cast("DrawsUp", orders).send_new_order
    return orders.send_order


def on_dismissed(db: Connection, dismissal: Dismissal) -> None:
    """Keep an order from ever being sent by itself: a person has dealt with it, and its invoice keeps its number."""
    transitions.flag(within(db), dismissal.reference)


def waited_for(message: Claimed) -> tuple[Effect, ...]:
    """Clear expectations and exceptions of SKUs that an order was held for."""
    return (call("order_went_on", subject=message.subject),)
