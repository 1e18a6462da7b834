"""ImportOrders as the sandbox does it: what is taken, what is skipped with a reason, what is a Fault."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring
from zoneinfo import ZoneInfo

from defusedxml.ElementTree import fromstring

from adapters.khaos.sandbox.books import Books
from adapters.khaos.sandbox.records import AWAITING_DATE, PAYMENT, RELEASED, Order, Refused, now

LONDON = ZoneInfo("Europe/London")
ADDRESS = ("ADDRESS1", "TOWN", "POSTCODE")


def import_orders(books: Books, document: str, *, auto_split: bool) -> dict[str, Any]:
    """TOrderImportResult of one KSDXMLImportFormat document."""
    try:
        root = fromstring(document)
    except Exception as error:
        raise Refused(f"XML document could not be loaded: {error}", "EDOMParseError") from error
    taken: list[dict[str, Any]] = []
    skipped: list[dict[str, Any]] = []
    for element in root.iter("SALES_ORDER"):
        ref = _text(element, "ORDER_HEADER/ASSOCIATED_REF")
        reason = _objection(books, element, ref)
        if reason:
            skipped.append({"OrderRef": ref, "SkipReason": reason})
            continue
        stage = _stage(element)  # before booking: an unreadable date must leave nothing behind
        order = _book(books, element, ref)
        books.place(order, stage, auto_split=auto_split)
        row = {"SalesOrderCode": order.code, "AssociatedRef": ref, "Msg": "", "URN": order.urn}
        taken.append({**row, "OtherRef": order.customer_ref})
    return {"ImportedCount": len(taken), "OrderImport": taken, "OrderSkipped": skipped}


def _objection(books: Books, element: Element, ref: str) -> str:
    if not ref:
        return "ASSOCIATED_REF is missing"
    if ref in books.by_ref:
        return f"Order {ref} has already been imported as {books.by_ref[ref].code}"
    site = _text(element, "ORDER_HEADER/SITE")
    if site and site not in books.sites:
        return f"Order {ref}: site {site} does not exist"
    missing = [f"I{tag}" for tag in ADDRESS if not _text(element, f"CUSTOMER_DETAIL/ADDRESSES/INVADDR/I{tag}")]
    if missing:
        return f"Order {ref}: {', '.join(missing)} missing"
    lines = _lines(element)
    if not lines:
        return f"Order {ref} has no items"
    for sku, quantity in lines.items():
        product = books.products.get(sku)
        if product is None or product.is_parent:
            return f"Order {ref}: stock item {sku} not found"
        if product.discontinued:
            raise Refused(f"Stock item {sku} is discontinued", "EStockDiscontinued")
        free = books.levels[sku, site or books.sites[0]].available
        if product.run_to_zero and quantity > free:
            return f"Order {ref}: stock item {sku} is run to zero and has only {free} left"
    return ""


def _lines(element: Element) -> dict[str, int]:
    lines: dict[str, int] = {}
    for item in element.iterfind("ORDER_ITEMS/ORDER_ITEM"):
        sku = _text(item, "STOCK_CODE")
        lines[sku] = lines.get(sku, 0) + int(float(_text(item, "ORDER_QTY") or 0))
    return lines


def _with_packs(books: Books, element: Element, lines: dict[str, int]) -> dict[str, int]:
    """A pack header brings its children along, in the document as on the invoice."""
    full = dict(lines)
    items = element.find("ORDER_ITEMS")
    for sku, quantity in lines.items():
        for child, per_pack in books.products[sku].pack_of.items():
            full[child] = full.get(child, 0) + per_pack * quantity
            if items is not None:
                added = SubElement(items, "ORDER_ITEM")
                texts = {"STOCK_CODE": child, "MAPPING_TYPE": "1", "ORDER_QTY": str(per_pack * quantity)}
                for tag, text in {**texts, "PRICE_NET": "0.00"}.items():
                    SubElement(added, tag).text = text
    return full


def _customer(books: Books, element: Element, ref: str) -> tuple[str, str]:
    """(OTHER_REF, URN). A known company code wins, then the other ref: the same customer keeps the same URN."""
    customer_ref = _text(element, "CUSTOMER_DETAIL/OTHER_REF")
    company_code = _text(element, "CUSTOMER_DETAIL/COMPANY_CODE")
    if company_code in books.by_customer:
        return customer_ref or books.by_customer[company_code][0].customer_ref, company_code
    key = customer_ref or company_code or ref
    return customer_ref, books.urns.get(key) or books.urns.setdefault(key, books.number("CU"))


def _book(books: Books, element: Element, ref: str) -> Order:
    customer_ref, urn = _customer(books, element, ref)
    header = {e.tag: (e.text or "").strip() for e in element.iterfind("ORDER_HEADER/*")}
    lines = _with_packs(books, element, _lines(element))
    code = books.number("SO")
    _stamp(element, code, urn)
    order = Order(
        code=code,
        associated_ref=ref,
        site=header.get("SITE") or books.sites[0],
        urn=urn,
        customer_ref=customer_ref,
        company=_text(element, "CUSTOMER_DETAIL/COMPANY_NAME"),
        ordered_at=_when(header.get("ORDER_DATE", "")) or now(),
        header=header,
        lines=lines,
        document=tostring(element, encoding="unicode"),
        courier=header.get("COURIER_CODE") or header.get("COURIER_DESC") or "",
    )
    books.orders[code] = books.by_ref[ref] = order
    books.by_customer[urn].append(order)
    return order


def _stamp(element: Element, code: str, urn: str) -> None:
    """What an export of the order says over and above its import: its own code and the customer's."""
    header, customer = element.find("ORDER_HEADER"), element.find("CUSTOMER_DETAIL")
    if header is not None:
        own = Element("INTERNAL_REF", {"TYPE_ID": "S", "TYPE_DESC": "Sales Order"})
        own.text = code
        header.insert(0, own)
    if customer is not None:
        company = customer.find("COMPANY_CODE")
        if company is None:
            company = SubElement(customer, "COMPANY_CODE")
        company.text = urn


def _stage(element: Element) -> int:
    promised = _when(_text(element, "ORDER_HEADER/DELIVERY_DATE"))
    if promised is not None and promised.date() > now().date():
        return AWAITING_DATE
    unpaid = any(
        _text(paid, "PAYMENT_TYPE") == "2" and not _text(paid, "AUTH_CODE")
        for paid in element.iterfind("PAYMENTS/PAYMENT_DETAIL")
    )
    return PAYMENT if unpaid else RELEASED


def _when(text: str) -> datetime | None:
    return datetime.fromisoformat(text.replace(" ", "T")).replace(tzinfo=LONDON) if text else None


def _text(element: Element, path: str) -> str:
    return (element.findtext(path) or "").strip()
