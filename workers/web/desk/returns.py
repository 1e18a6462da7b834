"""What came back from customers, and what came in from suppliers."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import Engine

from workers.access.roles import Right
from workers.returns_in.decisions import CONDITIONS
from workers.returns_in.rma import COLUMNS
from workers.views import returns as views
from workers.web.desk.acting import store_of
from workers.web.desk.door import Visitor, needs
from workers.web.desk.rendering import render
from workers.web.desk.words import NOT_FOUND, Word, plain

SHOWN = 100
Seeing = Annotated[Visitor, Depends(needs(Right.SEE))]


def routes(_engine: Engine) -> APIRouter:
    """The list of returns, one return or announced return, and one purchase order."""
    router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

    @router.get("/returns")
    def every(request: Request, visitor: Seeing, state: Word = "") -> HTMLResponse:
        if state and state not in views.STATES:
            why = f"Returns have no state “{state}”. They have {', '.join(views.STATES)}."
            return render(request, visitor, "nothing.html", NOT_FOUND, why=why)
        rows = views.returns(store_of(request), state=state, limit=SHOWN)
        return render(request, visitor, "returns.html", rows=rows, state=state, states=views.STATES, columns=COLUMNS)

    @router.get("/returns/{reference:path}")
    def one(request: Request, visitor: Seeing, reference: str) -> HTMLResponse:
        asked = plain(reference)[:100]
        found = views.one(store_of(request), asked)
        if found is None:
            return render(request, visitor, "nothing.html", NOT_FOUND, why=f"The ledger knows no return “{asked}”.")
        facts, timeline = found["facts"], found["timeline"]
        return render(request, visitor, "return.html", facts=facts, timeline=timeline, conditions=CONDITIONS)

    @router.get("/goods-in/{purchase_order:path}")
    def received(request: Request, visitor: Seeing, purchase_order: str) -> HTMLResponse:
        asked = plain(purchase_order)[:100]
        rows = views.received(store_of(request), asked) if asked else []
        return render(request, visitor, "goods_in.html", rows=rows, purchase_order=asked)

    return router
