"""Is a PUT good: every field that must be there, its form, and what the account knows (profile 2.5.1)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

from adapters.acs.sandbox import calendar
from adapters.acs.sandbox.refusal import Reason, Refusal
from adapters.acs.sandbox.site import Site

NUMBER = re.compile(r"[A-Za-z0-9-]{1,30}")
DATES = ("OrderDate", "DispatchDate", "DeliveryDate", "WarehouseReturnDate", "EventDate")
TEXTS = {
    "FirstName": 50, "LastName": 50, "Delivery_Address1": 60, "Delivery_City": 60, "Delivery_Postcode": 10,
    "DeliveryService": 10, "DeliveryAgent": 10,
}  # fmt: skip
MOST_ITEMS, LONGEST = 50, 50


def check(site: Site, number: str, body: Any) -> None:
    """Raises ``Refusal``: 400 for what is no order at all, 422 with every reason."""
    if not isinstance(body, dict):
        raise Refusal(400, "The body is no JSON object", number)
    reasons = tuple(_reasons(site, number, body))
    if reasons:
        raise Refusal(422, "Validation failed", number, reasons)


def _reasons(site: Site, number: str, body: dict[str, Any]) -> Iterator[Reason]:
    if code := site.switches.refuse.get(number):
        yield Reason("OrderNumber", code, f"Order {number} is refused")
    if body.get("AccountCode") != site.account:
        yield Reason("AccountCode", "unknown_account", f"No account {body.get('AccountCode')}")
    if body.get("OrderNumber") != number or not NUMBER.fullmatch(number):
        yield Reason("OrderNumber", "invalid", "OrderNumber is not that of the path")
    yield from _texts(body)
    yield from _days(site, body)
    if not isinstance(body.get("OrderCancelled"), bool):
        yield Reason("OrderCancelled", "invalid_type", "OrderCancelled is true or false")
    pair = f"{body.get('DeliveryAgent')}/{body.get('DeliveryService')}"
    if pair not in site.switches.pairs:
        yield Reason("DeliveryService", "unknown_delivery_service", f"No shipping service for {pair}")
    items = body.get("OrderItems")
    if not isinstance(items, list) or not 0 < len(items) <= MOST_ITEMS:
        yield Reason("OrderItems", "missing_field", f"1 to {MOST_ITEMS} items are needed")
        return
    yield from _items(site, items)


def _texts(body: dict[str, Any]) -> Iterator[Reason]:
    for field, longest in TEXTS.items():
        value = body.get(field)
        if not isinstance(value, str) or not value.strip():
            yield Reason(field, "missing_field", f"{field} is missing")
        elif len(value) > longest:
            yield Reason(field, "invalid", f"{field} is longer than {longest}")
    if not (body.get("MobilePhone") or body.get("Email")):
        yield Reason("MobilePhone", "missing_field", "MobilePhone or Email is needed")


def _days(site: Site, body: dict[str, Any]) -> Iterator[Reason]:
    for field in DATES:
        try:
            day = date.fromisoformat(body.get(field) or "")
        except (ValueError, TypeError):
            yield Reason(field, "invalid", f"{field} is no date")
            continue
        late = field == "DispatchDate" and not body.get("OrderCancelled")
        if late and site.switches.checks_calendar and not calendar.in_time(day, site.clock.now()):
            yield Reason(field, "invalid", "Nobody works then, or the cut-off has passed")


def _items(site: Site, items: list[Any]) -> Iterator[Reason]:
    lines: set[str] = set()
    for place, item in enumerate(items):
        at = f"OrderItems[{place}]"
        if not isinstance(item, dict):
            yield Reason(at, "invalid_type", "An item is an object")
            continue
        line, sku = str(item.get("LineItemId") or ""), str(item.get("GarmentSKU") or "")
        for field, value in (("LineItemId", line), ("GarmentSKU", sku)):
            if not 0 < len(value) <= LONGEST:
                yield Reason(f"{at}.{field}", "missing_field", f"{field} has 1 to {LONGEST} characters")
        if line in lines:
            yield Reason(f"{at}.LineItemId", "duplicate_line", f"LineItemId {line} stands twice")
        lines.add(line)
        yield from _sku(site, f"{at}.GarmentSKU", sku)
        yield from _figures(site, at, sku, item)


def _figures(site: Site, at: str, sku: str, item: dict[str, Any]) -> Iterator[Reason]:
    if not isinstance(item.get("IsHire"), bool):
        yield Reason(f"{at}.IsHire", "invalid_type", "IsHire is true or false")
    price, count = item.get("ItemPrice"), item.get("ItemQuantity", 1)
    if isinstance(price, bool) or not isinstance(price, int | float):
        yield Reason(f"{at}.ItemPrice", "invalid_type", "ItemPrice is a number")
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        yield Reason(f"{at}.ItemQuantity", "invalid_type", "ItemQuantity is a whole number from 1 on")
    elif count > 1 and (item.get("IsHire") or site.garments.unique(sku)):
        yield Reason(f"{at}.ItemQuantity", "invalid", "One garment stands on one line")
    for field in ("Measurement1", "Measurement2"):
        if not item.get(field):
            yield Reason(f"{at}.{field}", "missing_field", f"{field} is ALL or a size")


def _sku(site: Site, at: str, sku: str) -> Iterator[Reason]:
    if code := site.switches.refuse.get(sku):
        yield Reason(at, code, f"GarmentSKU {sku} is refused")
    elif not site.garments.knows(sku) or not site.garments.active(sku):
        yield Reason(at, "unknown_sku", f"GarmentSKU {sku} is not set up for account {site.account}")
