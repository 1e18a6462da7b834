"""One order, with all that happened to it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import Engine

from workers.access.roles import Right
from workers.views.orders import order_story
from workers.views.wording import tracking, why
from workers.web.desk.door import Visitor, needs
from workers.web.desk.exceptions import commands
from workers.web.desk.rendering import render
from workers.web.desk.words import NOT_FOUND, plain

Seeing = Annotated[Visitor, Depends(needs(Right.SEE))]


def routes(engine: Engine) -> APIRouter:
    """The story of an order."""
    router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

    @router.get("/orders/{code:path}")
    def order(request: Request, visitor: Seeing, code: str) -> HTMLResponse:
        asked = plain(code)[:100]
        story = order_story(engine, asked) if asked else None
        if story is None:
            return render(request, visitor, "nothing.html", NOT_FOUND, why=f"The ledger knows no order “{asked}”.")
        return render(request, visitor, "order.html", story=story, commands=commands, tracking=tracking, why=why)

    return router
