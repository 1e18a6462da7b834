"""OrderDownload: pulled orders, imported by the same rules as ImportOrders and remembered as the channel's own.

Source: the vendor's repository kcc-web-services, README (SalesOrder); orders older than three months are not
imported (help site, channels).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from adapters.khaos.sandbox import orders_in
from adapters.khaos.sandbox.books import Books
from adapters.khaos.sandbox.channel.batch import (
    RejectedEntry,
    as_dict,
    as_list,
    check_moment,
    check_party,
    entries,
    need,
    reference_of,
)
from adapters.khaos.sandbox.channel.items import price_of, product_of, units_of
from adapters.khaos.sandbox.order_document import Draft, Line, write_order
from adapters.khaos.sandbox.records import Refused, now

OLDEST = timedelta(days=92)
ADDRESS_TAGS = {
    "Line1": "ADDRESS1",
    "Line2": "ADDRESS2",
    "Line3": "ADDRESS3",
    "Town": "TOWN",
    "County": "COUNTY",
    "Postcode": "POSTCODE",
    "Telephone": "TEL",
    "Organisation": "ORGANISATION",
    "Title": "TITLE",
    "Forename": "FORENAME",
    "Surname": "SURNAME",
    "Email": "EMAIL",
}


def import_pulled_orders(
    books: Books, document: dict[str, Any], *, auto_split: bool
) -> tuple[list[str], list[tuple[str, str]]]:
    """The codes of the orders that were made, and (AssociatedRef, reason) of each entry that was rejected."""
    taken, rejected = [], []
    for entry in entries(document, "Orders"):
        reference = str(as_dict(entry.get("Header")).get("AssociatedRef") or "")
        try:
            done = orders_in.import_orders(books, write_order(_draft(books, entry)), auto_split=auto_split)
        except (RejectedEntry, Refused) as why:
            rejected.append((reference, str(why)))
            continue
        rejected += [(row["OrderRef"], row["SkipReason"]) for row in done["OrderSkipped"]]
        taken += [str(row["SalesOrderCode"]) for row in done["OrderImport"]]
    return taken, rejected


def _draft(books: Books, entry: dict[str, Any]) -> Draft:
    need(entry, ("Customer", "Header", "Items"))
    check_party(entry)
    header, customer = as_dict(entry["Header"]), as_dict(entry["Customer"])
    need(customer, ("CreateNew", "CompanyClass", "Currency"), "Customer.")
    need(header, ("AssociatedRef", "OrderDate", "Site", "SalesSource"), "Header.")
    ordered_at = check_moment(header["OrderDate"], "Header.OrderDate")
    if datetime.fromisoformat(ordered_at).replace(tzinfo=orders_in.LONDON) < now() - OLDEST:
        raise RejectedEntry(f"OrderDate {ordered_at} is more than three months ago")
    cards = [as_dict(p)["Card"] for p in as_list(entry.get("Payments")) if "Card" in as_dict(p)]
    return Draft(
        reference=str(header["AssociatedRef"]),
        lines=[_line(books, as_dict(item)) for item in as_list(entry["Items"])],
        site=_site(books, reference_of(header["Site"], "Header.Site")),
        customer_ref=str(customer.get("OtherRef", "")),
        urn=str(customer.get("URN", "")),
        company=str(customer.get("CompanyName", "")),
        ordered_at=ordered_at,
        courier=reference_of(header.get("Courier"), "Header.Courier").get("Code", ""),
        paid=all(as_dict(card).get("AuthCode") for card in cards),
        invoice_address=_address(entry, "Invoice"),
        delivery_address=_address(entry, "Delivery") if entry.get("DeliveryAddress") else {},
    )


def _site(books: Books, given: Mapping[str, str]) -> str:
    number = given.get("ID", "")
    if number.isdigit() and 1 <= int(number) <= len(books.sites):
        return books.sites[int(number) - 1]
    if not number and given.get("Name") in books.sites:
        return given["Name"]
    raise RejectedEntry(f"Header.Site {dict(given)} does not exist")


def _line(books: Books, item: dict[str, Any]) -> Line:
    kind, price = price_of(item)
    product = product_of(books, item)
    tag = "PRICE_GRS" if kind == "Gross" else "PRICE_NET"
    return Line(product.code, units_of(item), price or product.price, tag, str(item.get("ImportRef", "")))


def _address(entry: Mapping[str, Any], kind: str) -> dict[str, str]:
    given = {**as_dict(entry.get(f"{kind}Contact")), **as_dict(entry.get(f"{kind}Address"))}
    country = as_dict(given.get("Country"))
    tags = {tag: str(given[name]) for name, tag in ADDRESS_TAGS.items() if given.get(name)}
    return {**tags, "COUNTRY_CODE": country.get("Code", ""), "COUNTRY_NAME": country.get("Name", "")}
