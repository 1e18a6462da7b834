"""What one message said and what was answered, for those who may see customers; each look is recorded."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import Engine

from workers.access.audit import record
from workers.access.roles import Right
from workers.views.messages import said
from workers.web.desk.acting import store_of
from workers.web.desk.door import Visitor, needs
from workers.web.desk.rendering import render
from workers.web.desk.words import LARGEST, NOT_FOUND

Seeing = Annotated[Visitor, Depends(needs(Right.SEE))]


def routes(engine: Engine) -> APIRouter:
    """One message."""
    router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

    @router.get("/messages/{number}")
    def message(request: Request, visitor: Seeing, number: int) -> HTMLResponse:
        shown = visitor.may(Right.SEE_CUSTOMERS)
        found = said(engine, number, bodies=shown) if abs(number) <= LARGEST else None
        if found is None:
            why = f"There is no message {number}: it may be older than what is kept."
            return render(request, visitor, "nothing.html", NOT_FOUND, why=why)
        if shown:
            record(store_of(request), visitor.actor, "body shown", f"message {number}")
        return render(request, visitor, "message.html", said=found, shown=shown)

    return router
