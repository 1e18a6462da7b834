"""``KSDXMLImportFormat`` as ``ExportOrders`` returns it -> sales orders: where goods go, and how.

Vendor's Web Integration Guide v7.8d, "Sales order", and its example file. The format names no tag
for an order's own code on the way out; ``CODES`` lists where it is looked for.
"""

from __future__ import annotations

from decimal import Decimal
from xml.etree.ElementTree import Element
from zoneinfo import ZoneInfo

from mappings.canonical import Address, OrderLine, SalesOrder
from mappings.errors import Unmappable, Unreadable
from mappings.khaos.countries import read_country
from mappings.khaos.values import LONDON, day, document, moment, money, text, whole, whole_text

CODES = ("SORDER_CODE", "INTERNAL_REF", "FORCE_SORDER_CODE")
WHERE = ("ADDRESS1", "ADDRESS2", "ADDRESS3", "TOWN", "COUNTY", "POSTCODE")
BAD_ADDRESS = "bad_address"
USER_FIELDS = ("UDA/ADDITIONAL", "CUSTOM/CUSTOM_PROPERTY", "USER_DEFINED")
INVOICE, DELIVERY = "I", "D"  # how the tags of each block begin
BLOCKS = {INVOICE: "INVADDR", DELIVERY: "DELADDR"}


def read_orders(orders_xml: str, *, zone: ZoneInfo = LONDON) -> tuple[list[SalesOrder], list[Unreadable]]:
    """Every sales order of the reply, with the delivery address, or the invoice address where it has none.

    ``zone`` is the clock of the Khaos server. ``customer`` is the URN. ``note`` joins the delivery
    note's and the courier's text. An order that cannot be read is named by its code (its reference,
    when it has none) among the unreadable; ``error.kind`` is ``bad_address`` when its name, first
    line, town or country is missing or unknown. No error ever quotes an address.

    Raises:
        Unmappable: the reply as a whole is no such document.
    """
    good: list[SalesOrder] = []
    bad: list[Unreadable] = []
    for order in document(orders_xml, "SALES_ORDERS").iterfind("SALES_ORDER"):
        header = order.find("ORDER_HEADER")
        code = code_of(order)
        try:
            good.append(_order(order, header, code, zone))
        except Unmappable as error:
            bad.append(Unreadable(code or text(header, "ASSOCIATED_REF"), error))
    return good, bad


def code_of(order: Element) -> str:
    """The code of a SALES_ORDER, empty where none of the tags that may hold it is filled."""
    header = order.find("ORDER_HEADER")
    return next((found for tag in CODES if (found := text(header, tag))), "")


def _order(order: Element, header: Element | None, code: str, zone: ZoneInfo) -> SalesOrder:
    if not code:
        why = f"none of {', '.join(CODES)} is filled; ask which tag the merchant's build writes and add it to CODES"
        raise Unmappable("ORDER_HEADER", "", why)
    whole_text(order)
    notes = (text(header, "ORDER_NOTE"), text(header, "COURIER_NOTE"))
    return SalesOrder(
        code=code,
        associated_ref=text(header, "ASSOCIATED_REF"),
        customer=text(order, "CUSTOMER_DETAIL/COMPANY_CODE"),
        ordered_at=moment("ORDER_DATE", text(header, "ORDER_DATE"), zone),
        site=text(header, "SITE"),
        channel=text(header, "SALES_SOURCE"),
        courier=text(header, "COURIER_CODE") or text(header, "COURIER_DESC"),
        currency=text(header, "ORDER_CURRENCY_CODE"),
        priority=text(header, "INV_PRIORITY"),
        required_by=day("REQUIRED_BY_DATE", text(header, "REQUIRED_BY_DATE")),
        note="\n".join(note for note in notes if note),
        first_name=text(_place(order), f"{_prefix(order)}FORENAME"),
        last_name=text(_place(order), f"{_prefix(order)}SURNAME"),
        user_fields=(*user_fields(order.find("CUSTOMER_DETAIL")), *user_fields(header)),
        address=_address(order),
        lines=tuple(_line(item) for item in order.iterfind("ORDER_ITEMS/ORDER_ITEM")),
    )


def _line(item: Element) -> OrderLine:
    sku = text(item, "STOCK_CODE")
    if not sku:
        raise Unmappable("STOCK_CODE", "", "a line without a stock code; correct the order in Khaos")
    return OrderLine(
        sku=sku,
        quantity=whole("ORDER_QTY", text(item, "ORDER_QTY")),
        description=text(item, "STOCK_DESC"),
        site=text(item, "SITE"),
        line_id=text(item, "WEBITEM_REF") or text(item, "IMPORT_REF"),
        unit_price=_price(item),
        measurements=tuple(size for place in (1, 2) if (size := text(item, f"OPTION_REF{place}"))),
        user_fields=user_fields(item),
    )


def _price(item: Element) -> Decimal | None:
    """Net where both stand there, as Khaos takes them; None where neither is a price."""
    for tag in ("PRICE_NET", "PRICE_GRS"):
        try:
            found = money(tag, text(item, tag))
        except Unmappable:
            continue  # a price is no reason to send nothing: whoever needs it says that it is missing
        if found is not None:
            return found
    return None


def user_fields(element: Element | None) -> tuple[tuple[str, str], ...]:
    """User-defined fields by name, wherever the format has room for them (section 2.1.1: UDA and CUSTOM)."""
    found: dict[str, str] = {}
    if element is None:
        return ()
    for path in USER_FIELDS:
        for field in element.iterfind(path):
            name, value = field.get("NAME", "").strip(), (field.text or "").strip()
            if name and value:
                found[name] = value
    return tuple(found.items())


def _prefix(order: Element) -> str:
    return DELIVERY if has_address(order, DELIVERY) else INVOICE


def _place(order: Element) -> Element | None:
    return order.find(f"CUSTOMER_DETAIL/ADDRESSES/{BLOCKS[_prefix(order)]}")


def _address(order: Element) -> Address:
    """The whole delivery address or the whole invoice address: a mixture would be nobody's."""
    return address_of(order, _prefix(order))


def has_address(order: Element, prefix: str) -> bool:
    """Whether a SALES_ORDER names a place in its block of this prefix."""
    block = order.find(f"CUSTOMER_DETAIL/ADDRESSES/{BLOCKS[prefix]}")
    return block is not None and any(text(block, f"{prefix}{part}") for part in WHERE)


def address_of(order: Element, prefix: str) -> Address:
    """The delivery or the invoice address of a SALES_ORDER.

    Raises:
        Unmappable: kind ``bad_address``.
    """
    customer = order.find("CUSTOMER_DETAIL")
    block = order.find(f"CUSTOMER_DETAIL/ADDRESSES/{BLOCKS[prefix]}")

    def part(tag: str) -> str:
        return text(block, prefix + tag)

    person = " ".join(word for word in (part("TITLE"), part("FORENAME"), part("SURNAME")) if word)
    company = part("ORGANISATION") or (text(customer, "COMPANY_NAME") if prefix == INVOICE and not person else "")
    needed = {"name": person or company, "line1": part("ADDRESS1"), "town": part("TOWN")}
    for field, value in needed.items():
        if not value:
            why = f"the {field} of the address is missing; complete it on the order in Khaos"
            raise Unmappable(f"{prefix} address {field}", "", why, kind=BAD_ADDRESS)
    return Address(
        **needed,
        organisation=company if person else "",
        line2=part("ADDRESS2"),
        line3=part("ADDRESS3"),
        county=part("COUNTY"),
        postcode=part("POSTCODE"),
        country=_country(part("COUNTRY_CODE"), part("COUNTRY_NAME"), prefix),
        email=part("EMAIL"),
        phone=part("TEL") or part("MOBILE"),
    )


def _country(code: str, name: str, prefix: str) -> str:
    found = read_country(code, name)
    if not found:
        why = (
            "no country that mappings/khaos/tables/countries.toml knows; correct the order in Khaos, or add a row there"
        )
        raise Unmappable(f"{prefix}COUNTRY", code or name[:40], why, kind=BAD_ADDRESS)
    return found
