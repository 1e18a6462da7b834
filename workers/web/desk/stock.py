"""The stock of one SKU: the figures first, then what they are made of."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import Engine

from workers.access.roles import Right
from workers.views.stock import stock_story
from workers.web.desk.door import Visitor, needs
from workers.web.desk.exceptions import commands
from workers.web.desk.rendering import render
from workers.web.desk.words import NOT_FOUND, plain

Seeing = Annotated[Visitor, Depends(needs(Right.SEE))]


def routes(engine: Engine) -> APIRouter:
    """The story of a SKU's stock."""
    router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

    @router.get("/stock/{sku:path}")
    def stock(request: Request, visitor: Seeing, sku: str) -> HTMLResponse:
        asked = plain(sku)[:100]
        story = stock_story(engine, asked) if asked else None
        if story is None:
            return render(request, visitor, "nothing.html", NOT_FOUND, why=f"The ledger knows no SKU “{asked}”.")
        told = {row["site"]: row for row in story.told}
        return render(request, visitor, "stock.html", story=story, told=told, commands=commands)

    return router
