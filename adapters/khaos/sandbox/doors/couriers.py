"""Doors of the despatch bench: assign an invoice to a courier, its input folder, and splitting an invoice."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Body, HTTPException, Request
from pydantic import Field

from adapters.khaos.sandbox.courier.files import Folder, poll
from adapters.khaos.sandbox.courier.hook import Hook, post_invoice
from adapters.khaos.sandbox.doors.finding import Asked, Json, Units, desk_of, invoice_of
from adapters.khaos.sandbox.invoicing import OPEN_STAGES, check_part
from adapters.khaos.sandbox.invoicing import split as split_invoice

router = APIRouter()


class Assignment(Asked):
    """An invoice, and the courier hook that it is posted to."""

    invoice: str
    url: str
    user: str = ""
    password: str = ""
    format: str = "json"
    boxes: bool = False


class Split(Asked):
    """What stays on the invoice."""

    invoice: str
    lines: dict[str, Units]


class Run(Asked):
    """Further invoices that were assigned to the folder's courier."""

    assign: list[str] = Field(default_factory=list)


@router.post("/assign")
async def assign(request: Request, asked: Assignment) -> Json:
    """Post the invoice to the courier and take its answer; asking again for a shipped one compares the references."""
    desk = desk_of(request)
    invoice = invoice_of(desk.books, asked.invoice)
    if invoice.stage not in OPEN_STAGES and invoice.id not in desk.couriers.first:
        raise HTTPException(HTTPStatus.CONFLICT, f"{invoice.code} is in stage {invoice.stage}, not in 9 to 14")
    form = asked.format.upper()
    if form not in ("JSON", "XML"):
        raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY, "format is json or xml")
    told = await post_invoice(desk.books, invoice, Hook(asked.url, asked.user, asked.password, form, asked.boxes))
    return desk.couriers.take(desk.books, invoice, told, desk.switches)


@router.post("/courier_files")
async def courier_files(request: Request, asked: Folder) -> Json:
    """Set the courier's input folder and read it once."""
    desk = desk_of(request)
    desk.folder = asked
    return poll(desk.books, desk.couriers, asked, desk.switches)


@router.post("/courier_files/run")
async def run_courier_files(request: Request, asked: Annotated[Run | None, Body()] = None) -> Json:
    """Read the folder once more, with ``assign`` added to the invoices of that courier."""
    desk = desk_of(request)
    if desk.folder is None:
        raise HTTPException(HTTPStatus.CONFLICT, "no folder yet; post it to /_sandbox/courier_files first")
    desk.folder.assign += asked.assign if asked else []
    return poll(desk.books, desk.couriers, desk.folder, desk.switches)


@router.post("/split")
async def split(request: Request, asked: Split) -> Json:
    """Leave ``lines`` on the invoice; the rest becomes a further one in the switch ``remainder_stage``."""
    desk = desk_of(request)
    invoice = invoice_of(desk.books, asked.invoice)
    check_part(desk.books, invoice, asked.lines)
    rest = split_invoice(desk.books, invoice, asked.lines, desk.switches.remainder_stage)
    if rest is None:
        raise HTTPException(HTTPStatus.CONFLICT, f"nothing of {invoice.code} would be left over")
    return {"invoice": invoice.code, "lines": invoice.lines, "remainder": rest.code, "remainder_lines": rest.lines}
