"""The forms on Returns that announce to a warehouse what comes back: one line, or a CSV file of many.

They act by the function of ``fleet returns advise``. An RMA with a bad line is refused as a whole, others are taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, File, Request, UploadFile
from fastapi.responses import HTMLResponse, Response
from sqlalchemy import Engine

from workers.access.roles import Right
from workers.returns_in import rma
from workers.spine.people import CannotDo
from workers.web.desk.acting import CONFLICT, Deed, Field, cannot, record, store_of
from workers.web.desk.door import Visitor, needs
from workers.web.desk.rendering import render
from workers.web.desk.same_as import same_as
from workers.web.desk.values import text_of
from workers.web.desk.words import plain

Announcing = Annotated[Visitor, Depends(needs(Right.ADVISE_RETURNS))]
HERE = "/returns"
COMMAND = "returns advise"


def routes(_engine: Engine) -> APIRouter:
    """Both answer a page that says what was taken, and which lines were refused and why."""
    router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

    @router.post("/return-advice/line", response_class=Response)
    @same_as(COMMAND)
    def line(
        request: Request,
        visitor: Announcing,
        name: Field = "",
        order: Field = "",
        sku: Field = "",
        quantity: Field = "",
        reason: Field = "",
        exchange_for: Field = "",
        expected_on: Field = "",
    ) -> Response:
        typed = (name, order, sku, quantity, reason, exchange_for, expected_on)
        values = {column: plain(text) for column, text in zip(rma.COLUMNS, typed, strict=True)}
        return _taken(request, visitor, [rma.Said(1, values)])

    @router.post("/return-advice/file", response_class=Response)
    @same_as(COMMAND)
    def file(request: Request, visitor: Announcing, file: Annotated[UploadFile, File()]) -> Response:
        try:
            return _taken(request, visitor, rma.read_csv(text_of(file)))
        except (CannotDo, rma.NotAdvice) as error:
            return cannot(request, visitor, HERE, str(error))

    return router


def _taken(request: Request, visitor: Visitor, lines: Sequence[rma.Said]) -> HTMLResponse:
    done = rma.take(store_of(request), lines, visitor.name)
    if done.taken:
        deed = Deed("returns announced", f"{len(done.taken)} returns", told={"taken": ", ".join(done.taken)})
        record(request, visitor, deed)
    return render(
        request,
        visitor,
        "returns_announced.html",
        CONFLICT if done.refused else 200,
        done=done,
        refused=[{"line": number, "why": why} for number, why in done.refused],
    )
