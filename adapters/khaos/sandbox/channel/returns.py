"""CReturnDownload: what is taken of a pulled batch of returns, and why an entry is rejected.

Source: the vendor's repository kcc-web-services, README (CustomerReturn); the three spellings of the source
reference that stand in the vendor's material are all taken.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

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
from adapters.khaos.sandbox.records import Order
from adapters.khaos.sandbox.returned import Reason, Return, ReturnedItem
from adapters.khaos.sandbox.returning import take_in

LONGEST_REFERENCE = 50
SOURCES: Mapping[str, Callable[[Books, str], Order | None]] = {
    "AssociatedRef": lambda books, ref: books.by_ref.get(ref),
    "SOrderCode": lambda books, code: books.orders.get(code),
    "SOrderID": lambda books, number: next((o for o in books.orders.values() if o.number == number), None),
    "SOrderItemID": lambda books, item: next(
        (o for o in books.orders.values() if item in map(o.item_id, o.lines)), None
    ),
}


def import_returns(books: Books, document: dict[str, Any]) -> tuple[int, list[tuple[str, str]]]:
    """How many were taken, and (AssociatedRef, reason) of each that was rejected; one spoils no neighbour.

    A duplicate is rejected, and the first one wins.
    """
    taken, rejected = 0, []
    for entry in entries(document, "Returns"):
        reference = str(entry.get("AssociatedRef") or "")
        try:
            take_in(books, _read(books, entry, reference))
            taken += 1
        except RejectedEntry as why:
            rejected.append((reference, str(why)))
            books.rejected[reference, str(why)] += 1
    return taken, rejected


def _read(books: Books, entry: dict[str, Any], reference: str) -> Return:
    need(entry, ("AssociatedRef", "CreatedDate", "URN"))
    if len(reference) > LONGEST_REFERENCE:
        raise RejectedEntry(f"AssociatedRef is longer than {LONGEST_REFERENCE}")
    if reference in books.returns:
        raise RejectedEntry(f"return {reference} has been imported already")
    check_moment(entry["CreatedDate"], "CreatedDate")
    if entry["URN"] not in books.by_customer:
        raise RejectedEntry(f"URN {entry['URN']} is no customer's")
    check_party(entry)
    process = entry.get("ProcessReturn", False)
    if process not in (True, False, "true", "false", "True", "False", ""):
        raise RejectedEntry(f"ProcessReturn {process!r} is neither true nor false")
    returned = as_list(entry.get("ReturnedItems") or entry.get("ReturnItems"))
    exchanged = as_list(entry.get("ExchangeItems"))
    if not returned and not exchanged:
        raise RejectedEntry("it names no items")
    return Return(
        reference=reference,
        urn=entry["URN"],
        items=tuple(_item(books, as_dict(item)) for item in returned),
        exchanges=_exchanges(books, exchanged),
        process=str(process).lower() == "true",
    )


def _item(books: Books, item: dict[str, Any]) -> ReturnedItem:
    need(item, ("SKU", "ReturnReason"), "ReturnedItems: ")
    product = product_of(books, item)
    if not isinstance(item.get("ExtendedDescription", []) or [], list):
        raise RejectedEntry(f"item {product.code}: ExtendedDescription is no list")
    source = _source(books, item)
    return ReturnedItem(product.code, units_of(item), _reason(books, item), source, price_of(item)[1])


def _reason(books: Books, item: dict[str, Any]) -> Reason:
    given = reference_of(item["ReturnReason"], "ReturnReason")
    for reason in books.reasons.values():
        if given.get("ID") == reason.id or ("ID" not in given and given.get("Name") == reason.name):
            return reason
    raise RejectedEntry(f"item {item['SKU']}: ReturnReason {given} is none of {sorted(books.reasons)}")


def _source(books: Books, item: dict[str, Any]) -> Order | None:
    """The order that the item was sold on: exactly one key may name it. An empty text counts as left off."""
    outer = as_dict(item.get("SourceReference") or item.get("SourceReturnReference"))
    given = {key: str(text) for key, text in as_dict(outer.get("SourceOrder", outer)).items() if text not in ("", {})}
    if not given:
        return None
    if len(given) > 1:
        raise RejectedEntry(f"item {item['SKU']}: SourceOrder names {', '.join(sorted(given))}; one is allowed")
    ((key, value),) = given.items()
    if key not in SOURCES:
        raise RejectedEntry(f"item {item['SKU']}: SourceOrder knows no {key}")
    order = SOURCES[key](books, value)
    if order is None:
        raise RejectedEntry(f"item {item['SKU']}: no order with {key} {value}")
    return order


def _exchanges(books: Books, items: list[Any]) -> dict[str, int]:
    units: Counter[str] = Counter()
    for item in map(as_dict, items):
        product = product_of(books, item)
        if product.discontinued or product.is_parent:
            raise RejectedEntry(f"exchange item {product.code} cannot be sold")
        units[product.code] += units_of(item)
    return dict(units)
