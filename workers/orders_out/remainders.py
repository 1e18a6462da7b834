"""Further invoices of an order: new goods, or the rest of what a warehouse has already? Proven, never guessed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from mappings.canonical import Invoice, SalesOrder, units_of
from mappings.canonical.stages import CANCELLED_STAGE
from workers.domain.fulfilment import State, Units, lock_of_order
from workers.domain.invoices import UNPLACED, adopt_rest, is_split_off, place_found
from workers.spine.reading import Reading

# Goods of an order that left although it was cancelled: a person has them in hand, and they are not sent once more.
LEFT_ALL_THE_SAME = (
    "select shipped from fulfilment where erp = %s and order_code = %s and state = 'cancelled' and shipped <> '{}'"
)


def unheard_of(reading: Reading, ready: Sequence[tuple[Invoice, SalesOrder]]) -> set[str]:
    """The codes of invoices, each with its order, of which the ledger has nothing, so that none of the past is asked.

    ``order_seen`` is locked for these orders: nobody else reads one of them until this reading is over.
    """
    rows = reading.run(
        "select unheard_of(%s, %s, %s, %s) as code",
        reading.runtime.configuration.erp.name,
        [invoice.invoice_code for invoice, _ in ready],
        [order.code for _, order in ready],
        [*UNPLACED],
    )
    return {row["code"] for row in rows}


def covers(order: SalesOrder, wanted: Units, taken: Mapping[str, int]) -> bool:
    """Whether some units and those that are taken already are no more than was ordered."""
    ordered: Counter[str] = Counter()
    for line in order.lines:
        ordered[line.sku] += line.quantity
    return all(taken.get(sku, 0) + units <= ordered[sku] for sku, units in wanted.items())


def judge(reading: Reading, invoice: Invoice, order: SalesOrder, wanted: Units, invoices: Sequence[Invoice]) -> bool:
    """True when the invoice is surely for goods that nobody was asked for yet.

    Not so when it is the rest that was split off a part shipment, which its fulfilment adopts; nor when it repeats the
    lines of one that is out and that Khaos does not show any more (``invoices`` are what it shows): that is the same
    invoice under a new code. Else by arithmetic: what warehouses were asked for (or have shipped, where they closed
    short) and this invoice together are no more than the order. Or it may be the rest of a part shipment all the same;
    or it is a person's to judge.
    """
    erp = reading.runtime.configuration.erp.name
    others = lock_of_order(reading.run, erp, order.code)
    taken: Counter[str] = Counter()
    for other in others:
        ended = other.state in (State.CLOSED_SHORT, State.DISPATCHED)
        taken.update(other.shipped if ended else other.requested)
    for cancelled in reading.run(LEFT_ALL_THE_SAME, erp, order.code):
        taken.update(cancelled["shipped"])
    subject = f"invoice:{invoice.invoice_code}"
    beside = [one for one in invoices if one.order_code == invoice.order_code]
    shown = {one.invoice_code: units_of(one.lines) for one in beside}
    standing = {one.invoice_code for one in beside if one.stage != CANCELLED_STAGE}
    split_off = (other for other in others if is_split_off(reading.db, other, wanted, shown))
    if any(adopt_rest(reading.db, other, invoice, wanted, standing) for other in split_off):
        return False
    recoded = next((o for o in others if o.requested == wanted and not o.shipped and o.invoice_code not in shown), None)
    if recoded is None and covers(order, wanted, taken):
        place_found(reading.run, invoice.invoice_code)
        return True
    if any(adopt_rest(reading.db, other, invoice, wanted, standing) for other in others):
        return False
    # goods of it may have left already, of which Khaos has shown nothing yet
    out = [o for o in others if o.requested == wanted and (not o.shipped or o.invoice_code not in shown)]
    same = recoded or next((o for o in out if not o.shipped or not o.confirmed), None)
    if same:
        reason = f"invoice {invoice.invoice_code} repeats the lines of {same.invoice_code}, {same.reference}"
        reading.file_exception(
            "invoice_recoded", subject=subject, story=order.code, flow="orders-out", connection=erp, why=reason
        )
    else:
        reason = f"with invoice {invoice.invoice_code} more would go out for order {order.code} than was ordered"
        reading.file_exception(
            "remainder_unmatched", subject=subject, story=order.code, flow="orders-out", connection=erp, why=reason
        )
    return False


def has_left(reading: Reading, invoice: Invoice) -> bool:
    """Whether a shipment stands on the invoice: its fulfilment goes on under another, which holds the rest."""
    rows = reading.run(
        "select 1 as one from shipment s join fulfilment f on f.reference = s.fulfilment"
        " where f.erp = %s and s.invoice_code = %s limit 1",
        reading.runtime.configuration.erp.name,
        invoice.invoice_code,
    )
    return bool(rows)
