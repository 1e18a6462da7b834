"""Proves in batches what was sent: Khaos takes one call at a time, so many shipments share one read-back."""

from __future__ import annotations

from typing import Any

from mappings.canonical import Invoice
from workers.dispatch_in.confirmation import confirm_manual_route, finish, is_shipped, missing
from workers.dispatch_in.invoice_binding import adopt
from workers.dispatch_in.routes import BY_HAND, SHOWN
from workers.domain import transitions
from workers.domain.fulfilment import lock
from workers.ledger.store import within
from workers.spine.polling import SHOWN_A_CALL, call, chunks
from workers.spine.runtime import Runtime

# What waits for an operator may wait for a day: after an hour it is asked about every five minutes only.
FRESH, SELDOM = 3600.0, 300.0  # seconds

WAITING = """
select m.id, m.story, m.reference, m.state, s.fulfilment, s.lines, s.invoice_code, s.route,
       coalesce(m.proof_due_at < now(), false) as late
  from message m join shipment s on s.reference = m.reference
 where m.connection = %(erp)s
   and (m.state = 'sent' and m.proof = %(shown)s
        or m.state = 'held' and m.kind = 'shipment' and s.route = any (%(hand)s))
   and (not s.route = any (%(hand)s) or m.state_since > now() - make_interval(secs => %(fresh)s)
        or s.asked_at is null or s.asked_at < now() - make_interval(secs => %(seldom)s))
 order by m.id
"""


def read_back(runtime: Runtime) -> int:
    """Read back the invoices of shipments that were sent to Khaos. Returns how many were proven."""
    name = runtime.configuration.erp.name
    arguments = {"erp": name, "shown": SHOWN, "hand": list(BY_HAND), "fresh": FRESH, "seldom": SELDOM}
    waiting = runtime.store.rows_of(WAITING, arguments)
    proven = 0
    orders = sorted({row["story"] for row in waiting})
    for codes in chunks(orders, SHOWN_A_CALL):
        raw = call(runtime, name, "read-back", lambda codes=codes: runtime.erp.fetch_status(codes))
        invoices, unreadable = runtime.erp.read_status(raw)
        hidden = {entry.subject for entry in unreadable}
        shown: dict[str, list[Invoice]] = {}
        for invoice in invoices:
            shown.setdefault(invoice.order_code, []).append(invoice)
        for row in waiting:
            if row["story"] in shown and row["story"] in codes:
                if row["route"] in BY_HAND:
                    proven += confirm_manual_route(runtime, row, shown[row["story"]], hidden)
                else:
                    proven += _prove(runtime, row, shown[row["story"]])
        by_hand = [row["reference"] for row in waiting if row["story"] in codes and row["route"] in BY_HAND]
        if by_hand:
            runtime.store.run("update shipment set asked_at = now() where reference = any (%s)", by_hand)
    return proven


def _prove(runtime: Runtime, row: dict[str, Any], invoices: list[Invoice]) -> int:
    invoice = next((i for i in invoices if i.invoice_code == row["invoice_code"]), None)
    if invoice is None or not is_shipped(runtime, invoice):
        if row["late"]:
            missing(runtime, row, "Khaos Control does not show it as shipped")
        return 0
    quantities = {line.sku: line.quantity for line in invoice.lines}
    if quantities and any(quantities.get(sku) != units for sku, units in row["lines"].items()):
        missing(runtime, row, f"invoice {invoice.invoice_code} shows other quantities than left the warehouse")
        return 0
    with runtime.store.transaction() as db:
        if not finish(runtime, db, row, invoice):
            return 0
        # the further invoice of a part shipment is shown at once; no need to wait for the next poll
        if fulfilment := lock(within(db), row["fulfilment"]):
            adopt(db, fulfilment, invoices, runtime.erp.ready_stages)
        transitions.confirm(within(db), row["fulfilment"])
    return 1
