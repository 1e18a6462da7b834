"""Which invoice a fulfilment stands on: the rest of a part shipment is adopted, or given back."""

from __future__ import annotations

from typing import Any

from workers.ledger.pool import Connection

Units = dict[str, int]


def adopt_rest(db: Connection, fulfilment: dict[str, Any], invoice_code: str, lines: Units) -> bool:
    """Khaos opens a further invoice for the rest of a part shipment: it belongs to the fulfilment that ships it.

    The rest is what remained after one of the fulfilment's shipments; later ones go to the new invoice.
    True when ``lines`` is such a rest, and the invoice is bound now.
    """
    shipments = db.execute(
        "select number, lines, confirmed_at from shipment where fulfilment = %s order by number",
        (fulfilment["reference"],),
    ).fetchall()
    rest: Units = dict(fulfilment["requested"])
    for shipment in shipments:
        rest = {sku: left for sku, n in rest.items() if (left := n - shipment["lines"].get(sku, 0)) > 0}
        last = shipment["number"] == len(shipments)
        if rest != lines or (last and fulfilment["state"] != "part_dispatched"):
            continue
        db.execute(
            "update fulfilment set invoice_code = %s, changed_at = now() where reference = %s",
            (invoice_code, fulfilment["reference"]),
        )
        db.execute(
            "update shipment set invoice_code = %s where fulfilment = %s and number > %s and confirmed_at is null",
            (invoice_code, fulfilment["reference"], shipment["number"]),
        )
        db.execute(
            "insert into timeline (story, subject, flow, connection, step, note)"
            " values (%s, %s, 'dispatch-in', %s, 'adopted', %s)",
            (
                fulfilment["order_code"],
                f"order:{fulfilment['reference']}",
                fulfilment["warehouse"],
                f"the rest stands on invoice {invoice_code} now",
            ),
        )
        return True
    return False


def give_back(db: Connection, fulfilment: dict[str, Any]) -> None:
    """The warehouse closed short: an invoice that was adopted for a rest which never left is free for a new number."""
    db.execute(
        "update fulfilment f set invoice_code = s.invoice_code from"
        " (select invoice_code from shipment where fulfilment = %s order by number desc limit 1) s"
        " where f.reference = %s and f.invoice_code <> s.invoice_code",
        (fulfilment["reference"], fulfilment["reference"]),
    )
