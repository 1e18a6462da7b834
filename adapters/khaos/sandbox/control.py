"""The sandbox's own door: filling it, moving things about, switches, and what is in its books."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any
from xml.etree.ElementTree import tostring

from defusedxml.ElementTree import fromstring
from fastapi import APIRouter, Body, HTTPException, Request
from pydantic import ValidationError

from adapters.khaos.sandbox.books import Books
from adapters.khaos.sandbox.operations import Desk
from adapters.khaos.sandbox.records import CANCELLED, RELEASED, Invoice, Order

router = APIRouter(prefix="/_sandbox")
Json = dict[str, Any]
Posted = Annotated[Json, Body()]


def _books(request: Request) -> Books:
    desk: Desk = request.app.state.desk
    desk.books.tick()
    return desk.books


def _invoice(books: Books, code: str) -> Invoice:
    if code not in books.invoices:
        raise HTTPException(HTTPStatus.NOT_FOUND, f"no invoice {code}")
    return books.invoices[code]


def _order(books: Books, code: str) -> Order:
    found = books.orders.get(code) or books.by_ref.get(code)
    if found is None:
        raise HTTPException(HTTPStatus.NOT_FOUND, f"no order {code}")
    return found


@router.get("/health")
async def health() -> Json:
    """Says that it is up."""
    return {"status": "ok"}


@router.post("/switches")
async def switches(request: Request, wanted: Posted) -> Json:
    """Merge switches; answers all of them."""
    desk: Desk = request.app.state.desk
    merged = {**desk.switches.model_dump(), **wanted}
    try:
        fresh = type(desk.switches)(**merged)
    except ValidationError as error:
        raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY, str(error)) from error
    desk.switches = fresh
    return fresh.model_dump()


@router.post("/products")
async def products(request: Request, given: Posted) -> Json:
    """Set the sites and add or replace products."""
    books = _books(request)
    try:
        books.add_products(given.get("sites", ()), given.get("products", ()))
    except (TypeError, KeyError) as error:
        raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY, str(error)) from error
    return {"products": len(books.products)}


@router.post("/stage")
async def stage(request: Request, given: Posted) -> Json:
    """Drag an invoice to a stage; one that becomes released gets its stock."""
    books = _books(request)
    invoice = _invoice(books, given["invoice"])
    if invoice.stage == CANCELLED:
        raise HTTPException(HTTPStatus.CONFLICT, f"{invoice.code} is cancelled")
    if given["stage"] == RELEASED:
        books.assign(invoice)
    books.move(invoice, int(given["stage"]))
    return {"invoice": invoice.code, "stage": invoice.stage}


@router.post("/cancel")
async def cancel(request: Request, given: Posted) -> Json:
    """Cancel an order by its code or associated ref; 409 when all of it has left."""
    books = _books(request)
    order = _order(books, given["order"])
    if all(i.ship_date or i.issue_date for i in order.invoices):
        raise HTTPException(HTTPStatus.CONFLICT, f"{order.code} has been shipped")
    return {"order": order.code, "invoices": books.cancel(order, given.get("reason", ""))}


@router.post("/confirm")
async def confirm(request: Request, given: Posted) -> Json:
    """Set whether an order counts as confirmed."""
    order = _order(_books(request), given["order"])
    order.confirmed = bool(given["confirmed"])
    return {"order": order.code, "confirmed": order.confirmed}


@router.post("/receive")
async def receive(request: Request, given: Posted) -> Json:
    """Goods in; answers the invoices that it released."""
    books = _books(request)
    if given["code"] not in books.products:
        raise HTTPException(HTTPStatus.NOT_FOUND, f"no product {given['code']}")
    released = books.receive(given["code"], int(given["quantity"]), given.get("site") or books.sites[0])
    return {"released": released}


@router.post("/recode")
async def recode(request: Request, given: Posted) -> Json:
    """Re-issue an invoice under a new code."""
    books = _books(request)
    return {"invoice": books.recode(_invoice(books, given["invoice"]))}


@router.post("/edit")
async def edit(request: Request, given: Posted) -> Json:
    """An operator's edit: ``texts`` (tag -> text) of an ``order``'s document, or the ``lines`` of an ``invoice``."""
    books = _books(request)
    if "order" in given:
        order = _order(books, given["order"])
        document = fromstring(order.document)
        for tag, text in given["texts"].items():
            for element in document.iter(tag):
                element.text = text
        order.document = tostring(document, encoding="unicode")
        return {"order": order.code}
    invoice = _invoice(books, given["invoice"])
    held = invoice.assigned
    books.assign(invoice, -1)
    invoice.lines, invoice.moved = {sku: int(n) for sku, n in given["lines"].items()}, True
    if held:
        books.assign(invoice)
    return {"invoice": invoice.code, "lines": invoice.lines}


@router.get("/books")
async def show(request: Request) -> Json:
    """Everything that a comparison of both sides needs."""
    books, traffic = _books(request), request.app.state.traffic
    return {
        "orders": [
            {"order": o.code, "associated_ref": o.associated_ref, "cancelled": bool(o.cancelled_at), "site": o.site}
            for o in books.orders.values()
        ],
        "invoices": [_shown(books, i) for o in books.orders.values() for i in o.invoices],
        "levels": [
            {"code": code, "site": site, "in_stock": level.in_stock, "available": level.available}
            for (code, site), level in books.levels.items()
        ],
        "calls": dict(traffic.calls),
        "over_concurrency": traffic.over_concurrency,
        "faults": traffic.faults,
    }


def _shown(books: Books, invoice: Invoice) -> Json:
    return {
        "order": invoice.order.code,
        "invoice": invoice.code,
        "ready": invoice.ready,
        "stage": invoice.stage,
        "cancelled": invoice.stage == CANCELLED,
        "lines": invoice.lines,
        "warehouse_lines": books.need(invoice.lines),
        "shipments": [
            {
                "reference": s.reference,
                "lines": s.lines,
                "consignment": s.consignment,
                "courier": s.courier,
                "calls": s.calls,
            }
            for s in invoice.shipments
        ],
    }
