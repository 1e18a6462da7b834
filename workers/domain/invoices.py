"""Which invoice a fulfilment stands on: the rest of a part shipment is adopted, or given back."""

from __future__ import annotations

from workers.domain import transitions
from workers.domain.fulfilment import FulfilmentRow, State, Units, add_to_timeline
from workers.ledger.store import Connection, within


def adopt_rest(db: Connection, fulfilment: FulfilmentRow, invoice_code: str, lines: Units) -> bool:
    """Khaos opens a further invoice for the rest of a part shipment: it belongs to the fulfilment that ships it.

    The rest is what remained after one of the fulfilment's shipments; later ones go to the new invoice.
    True when ``lines`` is such a rest, and the invoice is bound now.
    """
    shipments = db.execute(
        "select number, lines, confirmed_at from shipment where fulfilment = %s order by number",
        (fulfilment.reference,),
    ).fetchall()
    rest: Units = dict(fulfilment.requested)
    for shipment in shipments:
        rest = {sku: left for sku, n in rest.items() if (left := n - shipment["lines"].get(sku, 0)) > 0}
        last = shipment["number"] == len(shipments)
        if rest != lines or (last and fulfilment.state is not State.PART_DISPATCHED):
            continue
        transitions.stand_on(within(db), fulfilment, invoice_code)
        db.execute(
            "update shipment set invoice_code = %s where fulfilment = %s and number > %s and confirmed_at is null",
            (invoice_code, fulfilment.reference, shipment["number"]),
        )
        add_to_timeline(
            within(db), fulfilment, "adopted", f"the rest stands on invoice {invoice_code} now", flow="dispatch-in"
        )
        return True
    return False
