"""What processing a return does: goods move by the reason's processing type, and a credit note is raised.

Processing types and the moment of movement are from the vendor's help site (customer return reasons). That a
waiting return's goods stand in the return bay until then is our assumption.
"""

from __future__ import annotations

from collections.abc import Mapping

from adapters.khaos.sandbox import orders_in
from adapters.khaos.sandbox.books import Books
from adapters.khaos.sandbox.order_document import Draft, Line, write_order
from adapters.khaos.sandbox.records import ISSUED, Invoice, Order, Refused, now
from adapters.khaos.sandbox.returned import Credit, Processing, Return, ReturnedItem


def take_in(books: Books, new: Return) -> None:
    """Book a return: processed at once where it asks for it, else waiting with its goods in the return bay."""
    books.returns[new.reference] = new
    _bay(books, new, 1)
    if new.process:
        process(books, new)


def process(books: Books, found: Return) -> Credit:
    """Move the goods, raise the credit note and, for exchanges, the order that goes out instead."""
    if found.processed:
        raise Refused(f"return {found.reference} has been processed already")
    found.processed = True
    _bay(books, found, -1)
    lines: dict[str, int] = {}
    for item in found.items:
        lines[item.sku] = lines.get(item.sku, 0) + item.quantity
        if books.products[item.sku].on_shelves:
            _land(books, item)
    if found.exchanges:
        found.exchange_order = _exchange(books, found)
    source = next((item.source.code for item in found.items if item.source), "")
    return raise_credit(books, found.urn, lines, source=source, returned=found.reference)


def raise_credit(books: Books, urn: str, lines: Mapping[str, int], *, source: str = "", returned: str = "") -> Credit:
    """A credit note, issued at once; with ``returned`` empty it is one that a person raised by hand."""
    if urn not in books.by_customer:
        raise Refused(f"no customer {urn}")
    unknown = [sku for sku in lines if sku not in books.products]
    if unknown or not all(n > 0 for n in lines.values()):
        raise Refused(f"a credit needs known items and units above zero; not so: {unknown or dict(lines)}")
    known = books.by_customer[urn][0]
    order = Order(
        code=books.number("CR"),
        associated_ref=returned,
        site=known.site,
        urn=urn,
        customer_ref=known.customer_ref,
        company=known.company,
        ordered_at=now(),
        header={},
        lines=dict(lines),
        document="",
        kind="C",
    )
    note = Invoice(books.number("CN"), order, dict(lines), stage=ISSUED, taken=True, issue_date=now().date())
    order.invoices.append(note)
    credit = Credit(order, source=source, returned=returned)
    books.credits.append(credit)
    return credit


def _site(books: Books, item: ReturnedItem) -> str:
    return item.source.site if item.source else books.sites[0]


def _bay(books: Books, found: Return, sign: int) -> None:
    for item in found.items:
        if books.products[item.sku].on_shelves and item.reason.processing is not Processing.STOCK_MISSING:
            books.shift(item.sku, _site(books, item), return_bay=sign * item.quantity)


def _land(books: Books, item: ReturnedItem) -> None:
    site = _site(books, item)
    if item.reason.processing is Processing.RETURN_TO_STOCK:
        books.shift(item.sku, site, in_stock=item.quantity)
    elif item.reason.processing is Processing.QUARANTINE:
        books.shift(item.sku, site, quarantine=item.quantity)


def _exchange(books: Books, found: Return) -> str:
    """The code of the exchange order, or why there is none."""
    source = next((item.source for item in found.items if item.source), None)
    draft = Draft(
        reference=f"{found.reference}-X",
        lines=[Line(sku, n) for sku, n in found.exchanges.items()],
        site=source.site if source else books.sites[0],
        urn=found.urn,
        source="Exchange",
    )
    done = orders_in.import_orders(books, write_order(draft), auto_split=True)
    if done["OrderSkipped"]:
        return str(done["OrderSkipped"][0]["SkipReason"])
    return str(done["OrderImport"][0]["SalesOrderCode"])
