"""Doors that move stock as people do: shoppers, operators' adjustments, deliveries, released quarantine."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter, HTTPException, Request

from adapters.khaos.sandbox import shopper
from adapters.khaos.sandbox.doors.finding import Asked, Json, Units, books_of, shelf_item, site_of
from adapters.khaos.sandbox.records import now

router = APIRouter()


class Purchase(Asked):
    """A shopper's basket of one item."""

    code: str
    quantity: Units
    site: str = ""
    ref: str = ""
    customer: str = ""
    courier: str = ""


class Adjustment(Asked):
    """An operator's adjustment, or a line of a loaded file: ``by`` or ``to``, never both."""

    code: str
    site: str = ""
    by: int | None = None
    to: int | None = None
    reason: str = ""
    user: str = ""


class Delivery(Asked):
    """A delivery note against a purchase order."""

    po: str
    site: str = ""
    lines: dict[str, Units]


class Release(Asked):
    """Units that leave quarantine for stock."""

    code: str
    site: str = ""
    units: Units


@router.post("/shop")
async def shop(request: Request, asked: Purchase) -> Json:
    """A shopper buys what is available; 409 when it is not."""
    books = books_of(request)
    site = site_of(books, asked.site)
    order = shopper.buy(
        books,
        asked.code,
        asked.quantity,
        site=site,
        reference=asked.ref,
        customer=asked.customer,
        courier=asked.courier,
    )
    return {
        "order": order.code,
        "associated_ref": order.associated_ref,
        "urn": order.urn,
        "invoices": [invoice.code for invoice in order.invoices],
    }


@router.post("/adjust")
async def adjust(request: Request, asked: Adjustment) -> Json:
    """Change in stock by, or to, a figure."""
    books = books_of(request)
    code, site = shelf_item(books, asked.code), site_of(books, asked.site)
    if (asked.by is None) is (asked.to is None):
        raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY, "an adjustment has either by or to")
    level = books.levels[code, site]
    by = asked.by if asked.to is None else asked.to - level.in_stock
    books.shift(code, site, in_stock=by or 0)
    row = {"code": code, "site": site, "by": by, "reason": asked.reason, "user": asked.user}
    books.adjustments.append({**row, "at": now()})
    return {**row, "in_stock": level.in_stock, "available": level.available}


@router.post("/deliver")
async def deliver(request: Request, asked: Delivery) -> Json:
    """Book a delivery note; answers the invoices that it released."""
    books = books_of(request)
    site = site_of(books, asked.site)
    for code in asked.lines:
        shelf_item(books, code)
    note = books.number("DN")
    released = [invoice for code, n in asked.lines.items() for invoice in books.receive(code, n, site)]
    books.deliveries.append({"note": note, "po": asked.po, "site": site, "lines": dict(asked.lines), "at": now()})
    return {"note": note, "released": released}


@router.post("/quarantine/release")
async def release(request: Request, asked: Release) -> Json:
    """Move units from quarantine into stock; 409 when quarantine holds fewer."""
    books = books_of(request)
    code, site = shelf_item(books, asked.code), site_of(books, asked.site)
    level = books.levels[code, site]
    if level.quarantine < asked.units:
        raise HTTPException(HTTPStatus.CONFLICT, f"quarantine holds {level.quarantine} of {code} at {site}")
    books.shift(code, site, quarantine=-asked.units, in_stock=asked.units)
    return {"code": code, "site": site, "in_stock": level.in_stock, "quarantine": level.quarantine}
