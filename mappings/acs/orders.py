"""Orders as ACS takes them: hire and sale lines, three days, and the cancellation that repeats the whole order.

Source: acs.md 1.2.1 and 2.5.1; samples ``acs_put_order_*.json``. Bytes are the same whenever they are written again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date, tzinfo
from decimal import Decimal
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from mappings.acs.services import write_service
from mappings.acs.shipping_address import write_address
from mappings.canonical import Fulfilment, HireDates, LineKind, PickLine
from mappings.errors import Unmappable

NUMBER = re.compile(r"[A-Za-z0-9-]{1,30}")
LINES, LINE_ID, SKU, COMMENTS, MISC = 50, 50, 50, 255, 50
EVERY = "ALL"  # a line without a measurement
MEASUREMENTS = 2

Fact = Literal["order_code", "invoice_code", "associated_ref", ""]
FAR_FUTURE = 100  # years: a sale is never expected back


OUR_FACTS: dict[str, Fact] = {"Misc1": "order_code", "Misc2": "invoice_code"}


class Account(BaseModel):
    """The constants in every order of one ACS account.

    ``services`` maps Khaos's couriers to ``AGENT/SERVICE``, ``allowed`` are the agreed pairs. In the mode ``unique``
    we choose the garment, in ``product`` ACS does. ``misc`` names facts of ours to be sent along, by ACS's field:
    ``order_code``, ``invoice_code`` or ``associated_ref``. ``countries`` are those that are agreed: the body has no
    field for one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str
    sku_mode: Literal["unique", "product"] = "product"
    services: Mapping[str, str] = Field(default_factory=dict)
    allowed: tuple[str, ...] = ()
    countries: tuple[str, ...] = ("GB",)
    misc: Mapping[str, Fact] = Field(default_factory=lambda: dict(OUR_FACTS))


def write_order(
    fulfilment: Fulfilment, account: Account, *, zone: tzinfo, sale_days: tuple[date, date] | None = None
) -> bytes:
    """The body of the PUT that creates an order and, sent again with other content, changes it.

    An order with a hire line takes its days from ``fulfilment.hire``; a sale leaves and arrives on ``sale_days``, and
    is expected back a hundred years after it was ordered. ``zone`` is the warehouse's.

    Raises:
        Unmappable: ``hire_dates_missing``, ``unknown_service``, ``bad_address``, ``line_unpriced``,
            ``garment_not_chosen``, else ``unmappable``.
    """
    return frozen(_body(fulfilment, account, zone, sale_days))


def write_cancellation(wire: bytes, comment: str = "") -> bytes:
    """The whole order as it was sent (``wire``, the frozen bytes of its last PUT), with the flag that takes it back.

    Raises Unmappable where ``wire`` is no order.
    """
    try:
        body = json.loads(wire, parse_float=Decimal)
    except ValueError:
        body = None
    if not isinstance(body, dict) or "OrderNumber" not in body:
        why = "a cancellation repeats the order that was sent: find its stored bytes in the order's timeline"
        raise Unmappable("OrderCancelled", f"<{len(wire)} bytes>", why)
    return frozen({**body, "OrderCancelled": True, "Comments": comment[:COMMENTS] or body.get("Comments", "")})


def frozen(body: Mapping[str, Any]) -> bytes:
    """The same bytes for the same body, always: fields in ACS's order, prices as numbers."""
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False, allow_nan=False, default=_number).encode()


def _body(f: Fulfilment, account: Account, zone: tzinfo, sale_days: tuple[date, date] | None) -> dict[str, Any]:
    if not NUMBER.fullmatch(f.reference):
        raise Unmappable("OrderNumber", f.reference, "an order number has 1 to 30 letters, digits and hyphens")
    ordered = (f.ordered_at or f.dispatch_by).astimezone(zone).date()
    agent, service = write_service(f.courier, account.services, account.allowed)
    days = _days(f, sale_days)
    return {
        "AccountCode": account.code,
        "OrderNumber": f.reference,
        "OrderDate": ordered.isoformat(),
        "DispatchDate": days[0].isoformat(),
        "DeliveryDate": days[1].isoformat(),
        "EventDate": days[2].isoformat(),
        "WarehouseReturnDate": (days[3] or _later(ordered)).isoformat(),
        **write_address(f, account.countries),
        "DeliveryService": service,
        "DeliveryAgent": agent,
        "DeliveryCharge": 0,
        "Comments": _comments(f.notes),
        "OrderCancelled": False,
        **{field: _misc(field, getattr(f, fact) if fact else "") for field, fact in account.misc.items()},
        "OrderItems": _lines(f, account),
    }


def _days(f: Fulfilment, sale_days: tuple[date, date] | None) -> tuple[date, date, date, date | None]:
    hire: HireDates | None = f.hire
    if any(line.kind is LineKind.HIRE for line in f.lines):
        if hire is None:
            why = "fill the order's event date in Khaos, and hire.lengths of the connection in fleet.toml"
            raise Unmappable("EventDate", "", why, kind="hire_dates_missing")
        return hire.dispatch_on, hire.deliver_on, hire.event_on, hire.back_by
    if sale_days is None:
        raise Unmappable("DispatchDate", "", "reckon the days of a sale first (mappings.working_days.sale_dates)")
    return *sale_days, sale_days[1], None


def _comments(note: str) -> str:
    """The note on one line. What ACS has no room for is not cut off: half of an instruction is another one."""
    text = " ".join(note.split())
    if len(text) > COMMENTS:
        why = f"ACS takes {COMMENTS} characters of notes: shorten those of the order in Khaos"
        raise Unmappable("Comments", f"<{len(text)} characters>", why)
    return text


def _later(day: date) -> date:
    """The same day a hundred years on; 1 March where that has no 29 February."""
    try:
        return day.replace(year=day.year + FAR_FUTURE)
    except ValueError:
        return date(day.year + FAR_FUTURE, 3, 1)


def item_ids(fulfilment: Fulfilment, account: Account) -> dict[str, PickLine]:
    """Our line for each LineItemId of the order: ACS's answers about a line come back under that id.

    Raises Unmappable for two lines with one id.
    """
    found: dict[str, PickLine] = {}
    for number, line in enumerate(fulfilment.lines, 1):
        line_id = line.line_id or (line.garment if account.sku_mode == "unique" else str(number))
        for one in _each(line_id, line):
            if one in found:
                raise Unmappable(
                    "LineItemId", one, "a line id stands once in an order: give the lines ids of their own"
                )
            found[one] = line
    return found


def _each(line_id: str, line: PickLine) -> list[str]:
    """A hire of several units is several lines, for each garment comes back by itself."""
    if line.kind is LineKind.HIRE and line.quantity > 1:
        return [f"{line_id}.{place}" for place in range(1, line.quantity + 1)]
    return [line_id]


def _lines(f: Fulfilment, account: Account) -> list[dict[str, Any]]:
    items = item_ids(f, account)
    if not 0 < len(items) <= LINES:
        why = f"ACS takes 1 to {LINES} lines in an order: split it in Khaos"
        raise Unmappable("OrderItems", str(len(items)), why)
    return [_line(line_id, line, account) for line_id, line in items.items()]


def _line(line_id: str, line: PickLine, account: Account) -> dict[str, Any]:
    unique, hire = account.sku_mode == "unique", line.kind is LineKind.HIRE
    if unique and not (line.garment and line.quantity == 1):
        why = 'choose a garment that is ready for customer for each unit, or set sku_mode = "product"'
        raise Unmappable("GarmentSKU", line.sku, why, kind="garment_not_chosen")
    if line.unit_price is None:
        why = "give the line its price in Khaos: ACS takes no line without one"
        raise Unmappable("ItemPrice", line.sku, why, kind="line_unpriced")
    sku = line.garment if unique else line.sku
    for field, given, longest in (("GarmentSKU", sku, SKU), ("LineItemId", line_id, LINE_ID)):
        if not 0 < len(given) <= longest:
            raise Unmappable(field, given, f"ACS takes 1 to {longest} characters: shorten it in Khaos")
    measured = (*line.measurements, EVERY, EVERY)[:MEASUREMENTS]
    return {
        "LineItemId": line_id,
        "GarmentSKU": sku,
        "IsHire": hire,
        "ItemPrice": line.unit_price.quantize(Decimal("0.01")),
        **({} if unique or hire else {"ItemQuantity": line.quantity}),
        "Measurement1": measured[0] or EVERY,
        "Measurement2": measured[1] or EVERY,
    }


def _misc(field: str, value: str) -> str:
    if len(value) > MISC:
        raise Unmappable(field, value, f"ACS takes {MISC} characters: shorten it in Khaos, or take it out of misc")
    return value


def _number(value: object) -> float:
    """A price as a JSON number. Two decimals of a price come out of a float as they went in."""
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"{type(value).__name__} is no JSON")
