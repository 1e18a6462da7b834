"""Handlers of ``dispatch-in``: an order is re-read at its warehouse, a shipment is sent to Khaos."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from mappings.canonical import Shipment
from workers.dispatch_in import consignment_file
from workers.dispatch_in.routes import FILE, HOOK, NONE, SHOWN, route_of
from workers.domain import aliases
from workers.domain.splits import stand, whole_or_split
from workers.ledger.store import Claimed, Effect
from workers.ports.sources import Source
from workers.spine.outcomes import Dead, Delivered, NotNeeded, Outcome, Sent
from workers.spine.runtime import Runtime

WAITS = "waits for an operator to assign it to the courier in Khaos Control"


@dataclass(frozen=True, slots=True)
class ShipmentTo:
    """A shipment into Khaos Control; done only when Khaos shows it."""

    runtime: Runtime
    repeatable: bool = True  # idempotent over there on our shipment reference, or on the file's name
    refused: str = "refused_by_khaos"

    def write(self, message: Claimed) -> bytes | Outcome:
        """The bytes for the route that is set; a later part goes to the invoice that holds the rest by then."""
        shipment = Shipment.model_validate_json(message.body_text)
        row = self.runtime.store.row(
            "select s.invoice_code, s.route, f.warehouse from shipment s"
            " join fulfilment f on f.reference = s.fulfilment where s.reference = %s",
            shipment.reference,
        )
        route = route_of(self.runtime, row["warehouse"] if row else "")
        if route == NONE:
            return Dead("dispatch_route_missing", "no route is set for telling Khaos Control of dispatches")
        if row is not None and row["invoice_code"] != shipment.invoice_code:
            shipment = shipment.model_copy(update={"invoice_code": row["invoice_code"]})
        if row is not None and row["route"] != route:
            self.runtime.store.run("update shipment set route = %s where reference = %s", route, shipment.reference)
        if route == HOOK:
            return HOOK.encode()
        if route == FILE:
            return consignment_file.write(self.runtime, message)
        return self.runtime.erp.write_shipment(shipment)

    def push(self, message: Claimed, wire: bytes) -> Outcome:
        """Tell Khaos, or leave it to the operator; the batched read-back proves it."""
        limits = self.runtime.configuration.fleet.limits
        if wire == HOOK.encode():  # Khaos asks: workers.web.courier answers
            effects = whole_or_split(stand(self.runtime.store, message.reference), message.id)
            return Sent(SHOWN, limits.proof_by_hand, WAITS, effects)
        if consignment_file.is_mine(wire):
            return consignment_file.push(self.runtime, message, wire, WAITS)
        self.runtime.pace(message.connection)
        self.runtime.erp.send_shipment(wire)
        return Sent(SHOWN, limits.proof, "Khaos Control was told")


@dataclass(frozen=True, slots=True)
class Reread:
    """Reads an order at its warehouse; the fact becomes a fresh record."""

    runtime: Runtime
    repeatable: bool = True  # a read
    refused: str = "refused_by_warehouse"

    def write(self, message: Claimed) -> bytes | Outcome:
        """Nothing to write."""
        return b"reread"

    def push(self, message: Claimed, wire: bytes) -> Outcome:
        """Fetch it, and keep what was shown."""
        body = message.body
        self.runtime.pace(message.connection)
        orders = self.runtime.warehouse(message.connection).order_reads
        names = aliases.theirs(self.runtime.store.rows, message.connection, [body["reference"]])
        name = names.get(body["reference"], body["reference"])
        shown = orders.fetch_orders([(body["their_id"], name)], self.runtime.facts(message.connection)).get(name)
        if shown is None:
            return self._gone(message)
        receipt = hashlib.sha256(shown).hexdigest()
        return Delivered(
            "re-read",
            (Effect("select receive(%s, %s, %s, %s, null)", (message.connection, Source.ORDER, receipt, shown)),),
        )

    def _gone(self, message: Claimed) -> Outcome:
        # a warehouse speaks of its own orders alone: with one's token nobody cancels another's
        row = self.runtime.store.row(
            "select state from fulfilment where reference = %s and warehouse = %s",
            message.reference,
            message.connection,
        )
        if row is None:
            return Dead("dispatch_unknown_order", f"the warehouse spoke of {message.reference}, which nobody knows")
        if row["state"] in ("cancelled", "cancelling", "withdrawn"):
            return NotNeeded("the order is not there any more: it was cancelled")
        return Dead("cancelled_at_warehouse", "the warehouse has deleted the order")
