"""Which route a warehouse's dispatches take into Khaos Control, and what proves that they arrived, whichever it is."""

from __future__ import annotations

from workers.domain.invoices import BY_CALL
from workers.spine.runtime import Runtime

SHOWN = "khaos_shows"  # the proof: Khaos's own answer shows the invoice as shipped
EXTENSION, HOOK, FILE, NONE = BY_CALL, "courier_hook", "consignment_file", "none"
BEFORE = "before"  # Khaos had the shipment before this ledger knew of it: another integration told it, or a lost ledger
BY_HAND = (HOOK, FILE)  # an operator assigns the courier in Khaos; nothing can be shipped by a call


def route_of(runtime: Runtime, warehouse: str) -> str:
    """The route that the warehouse's connection names, else the bound extension, else ``none``."""
    connection = runtime.configuration.connections.get(warehouse)
    return (connection.dispatch_route if connection else "") or runtime.erp.dispatch_route()
