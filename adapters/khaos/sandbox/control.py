"""The sandbox's own door: filling it, moving things about, and its switches."""

from __future__ import annotations

from http import HTTPStatus
from xml.etree.ElementTree import tostring

from defusedxml.ElementTree import fromstring
from fastapi import APIRouter, HTTPException, Request
from pydantic import ValidationError

from adapters.khaos.sandbox.doors import channel, couriers, returns, shown, stock
from adapters.khaos.sandbox.doors.finding import Json, Posted, books_of, invoice_of, order_of
from adapters.khaos.sandbox.invoicing import recode as recode_invoice
from adapters.khaos.sandbox.operations import Desk
from adapters.khaos.sandbox.records import CANCELLED, RELEASED

router = APIRouter(prefix="/_sandbox")
for room in (stock, returns, couriers, channel, shown):
    router.include_router(room.router)


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
    books = books_of(request)
    try:
        books.add_products(given.get("sites", ()), given.get("products", ()))
    except (TypeError, KeyError) as error:
        raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY, str(error)) from error
    return {"products": len(books.products)}


@router.post("/stage")
async def stage(request: Request, given: Posted) -> Json:
    """Drag an invoice to a stage; one that becomes released gets its stock."""
    books = books_of(request)
    invoice = invoice_of(books, given["invoice"])
    if invoice.stage == CANCELLED:
        raise HTTPException(HTTPStatus.CONFLICT, f"{invoice.code} is cancelled")
    if given["stage"] == RELEASED:
        books.assign(invoice)
    books.move(invoice, int(given["stage"]))
    return {"invoice": invoice.code, "stage": invoice.stage}


@router.post("/cancel")
async def cancel(request: Request, given: Posted) -> Json:
    """Cancel an order by its code or associated ref; 409 when all of it has left."""
    books = books_of(request)
    order = order_of(books, given["order"])
    if all(i.ship_date or i.issue_date for i in order.invoices):
        raise HTTPException(HTTPStatus.CONFLICT, f"{order.code} has been shipped")
    return {"order": order.code, "invoices": books.cancel(order, given.get("reason", ""))}


@router.post("/confirm")
async def confirm(request: Request, given: Posted) -> Json:
    """Set whether an order counts as confirmed."""
    order = order_of(books_of(request), given["order"])
    order.confirmed = bool(given["confirmed"])
    return {"order": order.code, "confirmed": order.confirmed}


@router.post("/receive")
async def receive(request: Request, given: Posted) -> Json:
    """Goods in; answers the invoices that it released."""
    books = books_of(request)
    if given["code"] not in books.products:
        raise HTTPException(HTTPStatus.NOT_FOUND, f"no product {given['code']}")
    released = books.receive(given["code"], int(given["quantity"]), given.get("site") or books.sites[0])
    return {"released": released}


@router.post("/recode")
async def recode(request: Request, given: Posted) -> Json:
    """Re-issue an invoice under a new code."""
    books = books_of(request)
    return {"invoice": recode_invoice(books, invoice_of(books, given["invoice"]))}


@router.post("/edit")
async def edit(request: Request, given: Posted) -> Json:
    """An operator's edit: ``texts`` (tag -> text) of an ``order``'s document, or the ``lines`` of an ``invoice``."""
    books = books_of(request)
    if "order" in given:
        order = order_of(books, given["order"])
        document = fromstring(order.document)
        for tag, text in given["texts"].items():
            for element in document.iter(tag):
                element.text = text
        order.document = tostring(document, encoding="unicode")
        return {"order": order.code}
    invoice = invoice_of(books, given["invoice"])
    held = invoice.assigned
    books.assign(invoice, -1)
    invoice.lines, invoice.moved = {sku: int(n) for sku, n in given["lines"].items()}, True
    if held:
        books.assign(invoice)
    return {"invoice": invoice.code, "lines": invoice.lines}
