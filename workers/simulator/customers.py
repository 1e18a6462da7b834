"""What customers and the merchant's own people do in Khaos Control."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import timedelta
from xml.etree.ElementTree import SubElement, tostring

from defusedxml.ElementTree import fromstring

from adapters.khaos.sandbox import orders_in, shopper
from adapters.khaos.sandbox.order_document import Draft, Line, write_order
from adapters.khaos.sandbox.records import AWAITING_STOCK, CANCELLED, ISSUED, Invoice, Order, Refused
from workers.simulator.clock import CLOCK
from workers.simulator.settings import GLASGOW, SITES
from workers.simulator.stage import GOODS, Stage

ORDER_TOO = 0.7  # of changed invoices: the order asks for the same as its invoices
HIRED, SAID = 0.6, 0.9  # of lines; of orders with hires, those that say for when
AWAY = (17, 18, 19, 21)  # stages in which an invoice is not for the warehouse


def buys(stage: Stage, dice: random.Random) -> str | None:
    """A shopper buys what Khaos Control shows as available."""
    site = dice.choice(SITES)
    sku, units = dice.choice(list(GOODS[site])), dice.randint(1, 3)
    try:
        order = shopper.buy(stage.books, sku, units, site=site)
    except Refused:
        return None
    return f"a shopper buys {units} {sku}: {order.code}"


def orders(stage: Stage, dice: random.Random, site: str = "") -> str:
    """An order comes in, of a site or of any, whether there is stock or not."""
    site = site or dice.choice(SITES)
    lines = [Line(sku, dice.randint(1, 3)) for sku in dice.sample(list(GOODS[site]), dice.randint(1, 2))]
    return f"order {_order(stage, site, lines)} of {_say(lines)}"


def hires(stage: Stage, dice: random.Random) -> str:
    """An order of garments comes in, each line of which is hired or bought; now and then nobody says for when."""
    skus = dice.choices(list(GOODS[GLASGOW]), k=dice.randint(1, 3))  # one code may stand on two lines
    lines = [Line(sku, dice.randint(1, 2), "20.00") for sku in skus]
    hired = [dice.random() < HIRED for _ in lines]
    event = f"{CLOCK.at + timedelta(days=14):%d/%m/%Y}" if dice.random() < SAID else ""
    code = _order(stage, GLASGOW, lines, lambda document: _hired(document, hired, event))
    return f"order {code} of {_say(lines)}, {sum(hired)} lines hired{'' if event else ', nobody says for when'}"


def _order(
    stage: Stage, site: str, lines: Sequence[Line], write: Callable[[str], str] = lambda document: document
) -> str:
    reference, at = stage.books.number("WEB"), f"{CLOCK.at:%Y-%m-%dT%H:%M:%S}"
    draft = Draft(reference, lines, site=site, customer_ref=f"C-{reference}", ordered_at=at)
    orders_in.import_orders(stage.books, write(write_order(draft)), auto_split=True)
    return stage.books.by_ref[reference].code


def _hired(document: str, hired: Sequence[bool], event: str) -> str:
    """The order with its user-defined fields: which lines are hires, and for when."""
    root = fromstring(document)
    for item, is_hired in zip(root.iter("ORDER_ITEM"), hired, strict=True):
        if is_hired:
            SubElement(SubElement(item, "CUSTOM"), "CUSTOM_PROPERTY", NAME="Hire").text = "hire"
    fields = SubElement(next(root.iter("CUSTOMER_DETAIL")), "UDA")
    for name, text in {"Event date": event, "Hire length": "4 days"}.items():
        if text:
            SubElement(fields, "ADDITIONAL", NAME=name).text = text
    return tostring(root, encoding="unicode")


def _say(lines: Sequence[Line]) -> str:
    return ", ".join(f"{one.quantity} {one.sku}" for one in lines)


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
    lines[dice.choice(list(GOODS[invoice.order.site]))] = dice.randint(1, 3)
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


def changes_note(stage: Stage, dice: random.Random) -> str | None:
    """A customer says where to leave it, or by when it is needed."""
    invoice = _pick(stage, dice, ready=True)
    if invoice is None:
        return None
    order = invoice.order
    document = fromstring(order.document)
    header = next(document.iter("ORDER_HEADER"))
    tag, text = dice.choice(
        (
            ("ORDER_NOTE", f"door {dice.randint(1, 99)}"),
            ("REQUIRED_BY_DATE", f"{CLOCK.at + timedelta(days=9):%d/%m/%Y}"),
        )
    )
    for old in header.findall(tag):
        header.remove(old)
    SubElement(header, tag).text = text
    order.document = tostring(document, encoding="unicode")
    return f"{order.code} says {text} now"


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
