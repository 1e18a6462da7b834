"""Doors of the returns desk: reasons, processing what waits, credit notes by hand."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter, HTTPException, Request

from adapters.khaos.sandbox import returning
from adapters.khaos.sandbox.doors.finding import Asked, Json, Units, books_of, order_of
from adapters.khaos.sandbox.returned import Credit, Processing, Reason

router = APIRouter()


class GivenReason(Asked):
    """A row of the merchant's return reasons."""

    id: str
    name: str = ""
    processing: Processing


class Reasons(Asked):
    """All return reasons."""

    reasons: list[GivenReason]


class Named(Asked):
    """A return by its reference."""

    reference: str


class ByHand(Asked):
    """A credit note that a person raises; ``order`` is the sales order's code."""

    urn: str
    lines: dict[str, Units]
    order: str = ""


@router.post("/reasons")
async def set_reasons(request: Request, asked: Reasons) -> Json:
    """Replace all return reasons."""
    books = books_of(request)
    books.reasons = {row.id: Reason(row.id, row.name, row.processing) for row in asked.reasons}
    return {"reasons": sorted(books.reasons)}


@router.post("/process_return")
async def process_return(request: Request, asked: Named) -> Json:
    """Process a return that waits; 409 when it was processed before."""
    books = books_of(request)
    if asked.reference not in books.returns:
        raise HTTPException(HTTPStatus.NOT_FOUND, f"no return {asked.reference}")
    return _shown(returning.process(books, books.returns[asked.reference]))


@router.post("/credit")
async def credit(request: Request, asked: ByHand) -> Json:
    """Raise a credit note by hand; no goods move. 409 for an unknown customer or item."""
    books = books_of(request)
    source = order_of(books, asked.order).code if asked.order else ""
    return _shown(returning.raise_credit(books, asked.urn, asked.lines, source=source))


def _shown(found: Credit) -> Json:
    return {"credit": found.order.code, "invoice": found.order.invoices[0].code}
