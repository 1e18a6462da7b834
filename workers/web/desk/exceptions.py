"""The exception table and one exception, each with the command that takes it further."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import Engine

from workers.access.roles import Right
from workers.views import exceptions as views
from workers.views.snapshot import Row
from workers.web.desk.door import Visitor, needs
from workers.web.desk.rendering import render
from workers.web.desk.words import LARGEST, NOT_FOUND, Word, plain

SHOWN = 300
Seeing = Annotated[Visitor, Depends(needs(Right.SEE))]


def routes(engine: Engine) -> APIRouter:
    """The list, filtered by ``state``, ``kind`` and ``owner``, and one exception."""
    router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

    @router.get("/exceptions")
    def exceptions(
        request: Request, visitor: Seeing, state: views.State = "open", kind: Word = "", owner: Word = ""
    ) -> HTMLResponse:
        chosen = {"state": state, "kind": plain(kind), "owner": plain(owner)}
        rows = views.exceptions(engine, state=state, kind=chosen["kind"], owner=chosen["owner"], limit=SHOWN)
        counts = views.counts(engine)
        return render(
            request,
            visitor,
            "exceptions.html",
            rows=rows,
            total=sum(row["n"] for row in counts),
            chosen=chosen,
            states=views.STATES,
            kinds=sorted({row["kind"] for row in counts} | {chosen["kind"]} - {""}),
            owners=sorted({row["owner"] for row in counts} | {chosen["owner"]} - {""}),
        )

    @router.get("/exceptions/{number}")
    def exception(request: Request, visitor: Seeing, number: int) -> HTMLResponse:
        case = views.exception(engine, number) if 0 < number <= LARGEST else None
        if case is None:
            return render(request, visitor, "nothing.html", NOT_FOUND, why=f"There is no exception {number}.")
        return render(
            request,
            visitor,
            "exception.html",
            row=case.exception,
            message=case.message,
            timeline=case.timeline,
            commands=commands(case.exception),
        )

    return router


def commands(row: Row) -> list[str]:
    """The commands that may take an open exception further."""
    number = row["id"]
    again = [f"fleet exceptions retry {number}"] if row["message_id"] or row["record_id"] else []
    return [*again, f'fleet exceptions dismiss {number} --why "…"']
