"""ExportOrderStatusEx and ExportOrders as the sandbox answers them, with every filter of the former.

Credit notes stand among the orders, as an order type of their own (comment in the vendor's example file).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from adapters.khaos.sandbox.books import Books
from adapters.khaos.sandbox.records import CANCELLED, ISSUED, STAGE_NAMES, Invoice, Order, Refused

COMPANY, OTHER, SORDER, ASSOCIATED = 1, 2, 3, 4
ORDER_TYPES = {"S": "Sales Order", "C": "Credit Note"}
NO_FILTER_BEFORE = 1971  # the vendor's own client sends 1970 for "no date"


@dataclass(frozen=True)
class Asked:
    """The arguments of ExportOrderStatusEx; left-off ones have the documented defaults."""

    ids: tuple[str, ...]
    mapping: int
    web_only: bool
    confirmed_only: bool
    tracking: bool
    cancelled: bool
    since: datetime | None
    until: datetime | None
    stages: frozenset[int]
    items: bool

    def within(self, moment: datetime | None) -> bool:
        """Whether the moment is inside the dates asked for; those left off do not bound."""
        if moment is None:
            return False
        after = self.since is None or self.since.year < NO_FILTER_BEFORE or moment >= self.since
        return after and (self.until is None or moment <= self.until)

    def takes(self, order: Order) -> bool:
        """Whether the order passes every filter but the stages."""
        dated = self.within(order.ordered_at) or (self.tracking and self.within(order.tracking_at))
        return (
            dated
            and (order.confirmed or not self.confirmed_only)
            and (bool(order.associated_ref) or not self.web_only)
            and (order.cancelled_at is None or self.cancelled)
        )


def export_order_status_ex(books: Books, asked: dict[str, Any], *, credit_shows_ref: bool) -> str:
    """KSDXMLOrderStatusEx. Orders without an invoice that fits are left out when stages are asked for.

    Credit notes pass the same filters. Whether theirs shows the reference of its return is not published.
    """
    want = Asked(
        ids=tuple(c for c in asked.get("IDs", "").split(",") if c),
        mapping=asked.get("MappingType", 0),
        web_only=asked.get("WebOnly", False),
        confirmed_only=asked.get("ConfirmedOnly", False),
        tracking=asked.get("IncludeTracking", False),
        cancelled=asked.get("IncludeCancelled", False),
        since=asked.get("DateFrom"),
        until=asked.get("DateTo"),
        stages=frozenset(int(s) for s in asked.get("InvoiceStageIDs", "").split(",") if s.strip()),
        items=asked.get("ShowItems", False),
    )
    if want.mapping not in (COMPANY, OTHER, SORDER, ASSOCIATED):
        raise Refused("MappingType is not valid", "EInvalidMapping")
    if not want.ids and (want.since is None or want.until is None):
        raise Refused("IDs may only be empty when DateFrom and DateTo are given", "EInvalidParameter")
    parts = ["<STATUS_LIST>"]
    for order in (*_orders(books, want), *_credits(books, want, shows_ref=credit_shows_ref)):
        if want.takes(order):
            fitting = [
                i
                for i in order.invoices
                if (not want.stages or i.stage in want.stages) and (i.stage != CANCELLED or want.cancelled)
            ]
            if fitting or not want.stages:
                parts.append(_order(order, fitting, items=want.items))
    parts.append("</STATUS_LIST>")
    return "".join(parts)


def _orders(books: Books, want: Asked) -> Iterable[Order]:
    if want.ids:
        if want.mapping == COMPANY:
            return [o for urn in want.ids for o in books.by_customer.get(urn, ())]
        if want.mapping == OTHER:
            return [o for o in books.orders.values() if o.customer_ref in want.ids]
        index = books.orders if want.mapping == SORDER else books.by_ref
        return [index[code] for code in want.ids if code in index]
    if want.stages:
        found = {i.order.code: i.order for s in want.stages for i in books.by_stage[s].values()}
        return [found[code] for code in sorted(found)]
    return list(books.orders.values())


def _credits(books: Books, want: Asked, *, shows_ref: bool) -> Iterable[Order]:
    if want.stages and ISSUED not in want.stages:
        return
    for credit in books.credits:
        order = credit.order if shows_ref else replace(credit.order, associated_ref="")
        key = {
            COMPANY: order.urn,
            OTHER: order.customer_ref,
            SORDER: order.code,
            ASSOCIATED: order.associated_ref,
        }[want.mapping]
        if not want.ids or (key and key in want.ids):
            yield order


def _order(order: Order, invoices: list[Invoice], *, items: bool) -> str:
    sold = sum(order.lines.values())
    live = [i for i in order.invoices if i.stage != CANCELLED]
    assigned = sum(sum(i.lines.values()) for i in live if i.assigned or i.taken or i.stage >= ISSUED)
    complete = -1 if live and assigned == sold and all(i.stage >= ISSUED for i in live) else 0
    cancelled = (
        f"<CANCELLED><CANCELLED_DATE_TIME>{order.cancelled_at:%Y-%m-%d}</CANCELLED_DATE_TIME>"
        f"<REASON>{escape(order.reason)}</REASON><USER_NAME>sandbox</USER_NAME></CANCELLED>"
        if order.cancelled_at
        else ""
    )
    return (
        f"<ORDER_STATUS SORDER_CODE={quoteattr(order.code)} ASSOCIATED_REF={quoteattr(order.associated_ref)}>"
        f"<COMPANY_NAME COMPANY_CODE={quoteattr(order.urn)} OTHER_REF={quoteattr(order.customer_ref)}>"
        f"{escape(order.company)}</COMPANY_NAME>"
        f'<ORDER_TYPE TYPE_ID="{order.kind}">{ORDER_TYPES[order.kind]}</ORDER_TYPE>'
        f"<COURIER>{escape(order.courier)}</COURIER>"
        f"<CURRENCY_CODE>{escape(order.header.get('ORDER_CURRENCY_CODE', ''))}</CURRENCY_CODE>"
        f"<DATE_CREATED>{_day(order.ordered_at)}</DATE_CREATED><COMPLETE>{complete}</COMPLETE>"
        f"<QTY_SOLD>{sold}.00</QTY_SOLD><QTY_ASSIGNED>{assigned}.00</QTY_ASSIGNED>{cancelled}"
        f"<INVOICES>{''.join(_invoice(i, items=items) for i in invoices)}</INVOICES></ORDER_STATUS>"
    )


def _invoice(invoice: Invoice, *, items: bool) -> str:
    quantity = sum(invoice.lines.values())
    moved, invoice.moved = invoice.moved, False
    lines = "".join(
        f'<INVOICE_ITEM STOCK_CODE={quoteattr(sku)} QTY_SENT="{n}.00"/>' for sku, n in invoice.lines.items()
    )
    boxes = "".join(
        f'<BOX SHIPPED="-1" SHIP_DATE="{_day(invoice.ship_date)}" COURIER={quoteattr(box.get("COURIER", ""))}'
        f' CONSIGNMENT_REF={quoteattr(box.get("CONSIGNMENT_REF", ""))} TRACKING_URL=""/>'
        for box in invoice.boxes
    )
    return (
        f"<INVOICE INVOICE_CODE={quoteattr(invoice.code)} INVOICE_DATE={quoteattr(_day(invoice.order.ordered_at))}"
        f' SHIP_DATE="{_day(invoice.ship_date)}" ISSUE_DATE="{_day(invoice.issue_date)}"'
        f' INVOICE_STAGE_ID="{invoice.stage}"'
        f" INVOICE_STAGE_DESC={quoteattr(STAGE_NAMES.get(invoice.stage, str(invoice.stage)))}"
        f" COURIER={quoteattr(invoice.courier)} CONSIGNMENT_REF={quoteattr(invoice.consignment)}"
        f' TRACKING_URL="" QTY_SOLD="{quantity}.00" QTY_SENT="{quantity}.00" MOVED="{-1 if moved else 0}">'
        f"{boxes}{f'<INVOICE_ITEMS>{lines}</INVOICE_ITEMS>' if items else ''}</INVOICE>"
    )


def _day(moment: date | None) -> str:
    return f"{moment:%d/%m/%Y}" if moment else ""


def export_orders(books: Books, asked: dict[str, Any]) -> str:
    """KSDXMLImportFormat of the orders asked for; an unknown code is left out."""
    index = books.orders if asked.get("MappingType") == 1 else books.by_ref
    codes = [c for c in asked.get("OrderCode", "").split(",") if c]
    inside = "".join(index[c].document for c in codes if c in index)
    return f'<?xml version="1.0" encoding="utf-8"?><SALES_ORDERS>{inside}</SALES_ORDERS>'
