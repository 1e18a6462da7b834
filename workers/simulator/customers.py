"""What customers and the merchant's own people do in Khaos Control."""

from __future__ import annotations

import random
from xml.etree.ElementTree import SubElement, tostring

from defusedxml.ElementTree import fromstring

from adapters.khaos.sandbox import orders_in, shopper
from adapters.khaos.sandbox.order_document import Draft, Line, write_order
from adapters.khaos.sandbox.records import AWAITING_STOCK, CANCELLED, ISSUED, Invoice, Order, Refused
from workers.simulator.clock import CLOCK
from workers.simulator.settings import SITES
from workers.simulator.stage import SKUS, Stage

ORDER_TOO = 0.7  # of changed invoices: the order asks for the same as its invoices
AWAY = (17, 18, 19, 21)  # stages in which an invoice is not for the warehouse


def buys(stage: Stage, dice: random.Random) -> str | None:
    """A shopper buys what Khaos Control shows as available."""
    sku, units = dice.choice(list(SKUS)), dice.randint(1, 3)
    try:
        order = shopper.buy(stage.books, sku, units, site=dice.choice(SITES))
    except Refused:
        return None
    return f"a shopper buys {units} {sku}: {order.code}"


def orders(stage: Stage, dice: random.Random) -> str | None:
    """An order comes in, whether there is stock or not."""
    lines = [Line(sku, dice.randint(1, 3)) for sku in dice.sample(list(SKUS), dice.randint(1, 2))]
    reference = stage.books.number("WEB")
    draft = Draft(
        reference,
        lines,
        site=dice.choice(SITES),
        customer_ref=f"C-{reference}",
        ordered_at=f"{CLOCK.at:%Y-%m-%dT%H:%M:%S}",
    )
    orders_in.import_orders(stage.books, write_order(draft), auto_split=True)
    order = stage.books.by_ref[reference]
    return f"order {order.code} of {', '.join(f'{one.quantity} {one.sku}' for one in lines)}"


def cancels(stage: Stage, dice: random.Random) -> str | None:
    """A customer cancels the order."""
    open_ones = [o for o in stage.books.orders.values() if not o.cancelled_at and any(_open(i) for i in o.invoices)]
    if not open_ones:
        return None
    order = dice.choice(open_ones)
    stage.books.cancel(order, "changed their mind")
    return f"{order.code} is cancelled"


def moves_away(stage: Stage, dice: random.Random) -> str | None:
    """Somebody drags an invoice out of the ready stage."""
    invoice = _pick(stage, dice, ready=True)
    if invoice is None:
        return None
    to = dice.choice(AWAY)
    if to == AWAITING_STOCK:
        stage.books.assign(invoice, -1)
    stage.books.move(invoice, to)
    return f"{invoice.code} is moved to stage {to}"


def comes_back(stage: Stage, dice: random.Random) -> str | None:
    """Somebody drags an invoice back to the ready stage."""
    found = [i for i in stage.books.invoices.values() if i.stage in AWAY and i.order.cancelled_at is None]
    if not found:
        return None
    invoice = dice.choice(found)
    stage.books.assign(invoice)
    stage.books.move(invoice, 9)
    return f"{invoice.code} is ready again"


def changes_lines(stage: Stage, dice: random.Random) -> str | None:
    """Somebody changes the quantities of an invoice, and with it what the order asks for, or not."""
    invoice = _pick(stage, dice, ready=True)
    if invoice is None:
        return None
    lines = dict(invoice.lines)
    lines[dice.choice(list(SKUS))] = dice.randint(1, 3)
    stage.at_khaos("edit", {"invoice": invoice.code, "lines": lines})
    if dice.random() < ORDER_TOO:
        _ask_for(invoice.order)
        return f"{invoice.code} and its order are changed to {lines}"
    return f"{invoice.code} is changed to {lines}"


def changes_address(stage: Stage, dice: random.Random) -> str | None:
    """A customer moves."""
    invoice = _pick(stage, dice, ready=True)
    if invoice is None:
        return None
    postcode = f"LS{dice.randint(1, 9)} {dice.randint(1, 9)}AB"
    stage.at_khaos("edit", {"order": invoice.order.code, "texts": {"IPOSTCODE": postcode}})
    invoice.moved = True
    return f"{invoice.order.code} goes to {postcode} now"


def recodes(stage: Stage, dice: random.Random) -> str | None:
    """Khaos Control issues an invoice again under a new code."""
    invoice = _pick(stage, dice, ready=True)
    if invoice is None:
        return None
    old = invoice.code
    stage.at_khaos("recode", {"invoice": old})
    return f"{old} is {invoice.code} now"


def _ask_for(order: Order) -> None:
    """Let the order's document ask for what its invoices together hold."""
    order.lines.clear()
    for invoice in order.invoices:
        if invoice.stage != CANCELLED:
            for sku, units in invoice.lines.items():
                order.lines[sku] = order.lines.get(sku, 0) + units
    document = fromstring(order.document)
    items = next(document.iter("ORDER_ITEMS"))
    items.clear()
    for sku, units in order.lines.items():
        item = SubElement(items, "ORDER_ITEM")
        for tag, text in {"STOCK_CODE": sku, "MAPPING_TYPE": "1", "ORDER_QTY": str(units), "PRICE_NET": "2.00"}.items():
            SubElement(item, tag).text = text
    order.document = tostring(document, encoding="unicode")


def _open(invoice: Invoice) -> bool:
    return invoice.stage not in (CANCELLED, ISSUED) and not invoice.ship_date


def _pick(stage: Stage, dice: random.Random, *, ready: bool) -> Invoice | None:
    found = [i for i in stage.books.invoices.values() if _open(i) and (not ready or i.stage == 9)]  # noqa: PLR2004
    return dice.choice(found) if found else None
