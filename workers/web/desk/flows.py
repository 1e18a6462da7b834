"""Where every flow and every connection stands: the page of whoever is on call."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import Engine

from workers.access.roles import Right
from workers.views.overview import overview
from workers.web.desk.door import Visitor, needs
from workers.web.desk.rendering import render

Seeing = Annotated[Visitor, Depends(needs(Right.SEE))]


def routes(engine: Engine) -> APIRouter:
    """Flows, connections and processes."""
    router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

    @router.get("/flows")
    def flows(request: Request, visitor: Seeing) -> HTMLResponse:
        return render(request, visitor, "flows.html", fleet=overview(engine))

    return router
