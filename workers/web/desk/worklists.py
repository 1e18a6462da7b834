"""Worklists on the desk: what is to be done by hand in other systems, and a table to copy from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy import Engine

from workers.access.roles import Right
from workers.views.snapshot import Row
from workers.views.worklists import WORKLISTS, Worklist, counts, entries
from workers.web.desk.door import Visitor, needs
from workers.web.desk.rendering import render
from workers.web.desk.sheets import as_csv, csv_answer
from workers.web.desk.words import NOT_FOUND

KINDS = {"order": "order", "sku": "sku", "reference": "return"}
ACTS = ("received", "charges")  # with a form in each row
SHOWN = 100  # entries; the sheet has all
Seeing = Annotated[Visitor, Depends(needs(Right.SEE))]
Exporting = Annotated[Visitor, Depends(needs(Right.EXPORT))]


def routes(engine: Engine) -> APIRouter:
    """The lists and each of them, as a page or with ``.csv`` behind its name."""
    router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

    @router.get("/worklists")
    def every(request: Request, visitor: Seeing) -> HTMLResponse:
        lists = [
            {"name": name, "title": WORKLISTS[name].title, "n": n, "what": WORKLISTS[name].what}
            for name, n in counts(engine).items()
        ]
        return render(request, visitor, "worklists.html", lists=lists)

    @router.get("/worklists/{name}.csv")
    def sheet(request: Request, visitor: Exporting, name: str) -> Response:
        chosen = WORKLISTS.get(name)
        if chosen is None:
            return _unknown(request, visitor, name)
        return csv_answer(f"{name}.csv", as_csv(tuple(chosen.columns), entries(engine, chosen)))

    @router.get("/worklists/{name}")
    def one(request: Request, visitor: Seeing, name: str) -> Response:
        chosen = WORKLISTS.get(name)
        if chosen is None:
            return _unknown(request, visitor, name)
        rows = entries(engine, chosen, SHOWN)
        n = len(rows) if len(rows) < SHOWN else counts(engine, [name])[name]
        shown = columns(chosen, rows)
        if name in ACTS and visitor.may(Right.KEEP_BOOKS):
            shown.append(("act", "done", "own", 2))
        return render(request, visitor, "worklist.html", chosen=chosen, rows=rows, n=n, columns=shown)

    return router


def columns(chosen: Worklist, rows: Sequence[Row]) -> list[tuple[str, str, str, int]]:
    """The list's columns as a table shows them: key, heading, kind and rank."""
    return [
        (key, heading, KINDS.get(key) or _kind(rows, key), 1 if place == 0 else 2)
        for place, (key, heading) in enumerate(chosen.columns.items())
    ]


def _kind(rows: Sequence[Row], key: str) -> str:
    return "moment" if any(isinstance(row[key], datetime) for row in rows) else "text"


def _unknown(request: Request, visitor: Visitor, name: str) -> HTMLResponse:
    why = f"There is no worklist “{name[:100]}”. There are {', '.join(WORKLISTS)}."
    return render(request, visitor, "nothing.html", NOT_FOUND, why=why)
