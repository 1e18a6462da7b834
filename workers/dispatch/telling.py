"""A shipment's message: told over the road that is set, and done only when Khaos Control shows it."""

from __future__ import annotations

from dataclasses import dataclass

from mappings.canonical import Shipment
from workers.delivery import Absent
from workers.dispatch import consignment_file
from workers.dispatch.routes import FILE, HOOK, NONE, SHOWN, route_of
from workers.dispatch.splitting import stand, whole_or_split
from workers.ledger.store import Claimed
from workers.outcomes import Dead, Outcome, Sent
from workers.runtime import Runtime

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

    def look_up(self, message: Claimed, wire: bytes) -> Outcome | Absent:
        """Not needed: telling again is harmless."""
        return Absent()
