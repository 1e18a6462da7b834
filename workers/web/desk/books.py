"""The journal of stock's value, and the files that came from warehouses."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy import Engine

from workers.access.roles import Right
from workers.journal.files import waiting
from workers.views import journal as views
from workers.views.files import recent_files
from workers.web.desk.acting import store_of
from workers.web.desk.door import Visitor, needs
from workers.web.desk.rendering import render
from workers.web.desk.sheets import as_csv, csv_answer
from workers.web.desk.words import LARGEST, NOT_FOUND, Word, plain

Seeing = Annotated[Visitor, Depends(needs(Right.SEE))]
Exporting = Annotated[Visitor, Depends(needs(Right.EXPORT))]
SHOWN, EXPORTED = 100, 10_000
COLUMNS = (
    *("id", "event_at", "site", "sku", "cause", "units", "their_reason", "reason", "account", "unit_cost", "value"),
    *("state", "file"),
)


def routes(engine: Engine) -> APIRouter:
    """Journal entries, one of them, and files."""
    router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

    @router.get("/journal")
    def journal(request: Request, visitor: Seeing, state: Word = "", sku: Word = "") -> HTMLResponse:
        if state and state not in views.STATES:
            return _unknown(request, visitor, state)
        chosen = {"state": state, "sku": plain(sku)}
        rows = views.entries(store_of(request), state=state, sku=chosen["sku"], limit=SHOWN)
        return render(request, visitor, "journal.html", rows=rows, chosen=chosen, states=views.STATES,
                      offered=views.offered(store_of(request)), waiting=waiting(store_of(request)))  # fmt: skip

    @router.get("/journal.csv")
    def sheet(request: Request, visitor: Exporting, state: Word = "", sku: Word = "") -> Response:
        if state and state not in views.STATES:
            return _unknown(request, visitor, state)
        rows = views.entries(store_of(request), state=state, sku=plain(sku), limit=EXPORTED)
        return csv_answer("journal.csv", as_csv(COLUMNS, rows))

    @router.get("/journal/{number}")
    def entry(request: Request, visitor: Seeing, number: int) -> HTMLResponse:
        found = views.entry(store_of(request), number) if 0 < number <= LARGEST else None
        if found is None:
            return render(request, visitor, "nothing.html", NOT_FOUND, why=f"There is no journal entry {number}.")
        return render(request, visitor, "entry.html", entry=found.entry, terms=found.terms,
                      exceptions=found.exceptions, timeline=found.timeline)  # fmt: skip

    @router.get("/files")
    def files(request: Request, visitor: Seeing, name: Word = "") -> HTMLResponse:
        found = recent_files(engine, name=plain(name), limit=SHOWN)
        return render(request, visitor, "files.html", files=found.files, missing=found.missing, name=plain(name))

    return router


def _unknown(request: Request, visitor: Visitor, state: str) -> HTMLResponse:
    why = f"Journal entries have no state “{state}”. They have {', '.join(views.STATES)}."
    return render(request, visitor, "nothing.html", NOT_FOUND, why=why)
