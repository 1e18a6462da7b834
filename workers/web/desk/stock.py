"""Stock: where figures do not agree, and one SKU with its running balance."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import Engine

from workers.access.roles import Right
from workers.stock_in.count_differences import version
from workers.views.stock import stock_story
from workers.views.stock_balance import balances, plot
from workers.views.stock_lists import stock
from workers.web.desk.door import Visitor, needs
from workers.web.desk.rendering import render, segment
from workers.web.desk.words import NOT_FOUND, SEE_OTHER, Word, plain

Seeing = Annotated[Visitor, Depends(needs(Right.SEE))]


def routes(engine: Engine) -> APIRouter:
    """The list and one SKU."""
    router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

    @router.get("/stock")
    def every(request: Request, visitor: Seeing, sku: Word = "") -> Response:
        if plain(sku):
            return RedirectResponse(f"/stock/{segment(plain(sku))}", SEE_OTHER)
        found = stock(engine)
        asked = {row["site"] for row in found.homes if not row["told"]}
        return render(request, visitor, "stock.html", stock=found, asked=asked, version=version)

    @router.get("/stock/{sku:path}")
    def one(request: Request, visitor: Seeing, sku: str) -> HTMLResponse:
        asked = plain(sku)[:100]
        story = stock_story(engine, asked) if asked else None
        if story is None:
            return render(request, visitor, "nothing.html", NOT_FOUND, why=f"The ledger knows no SKU “{asked}”.")
        told = {row["site"]: row for row in story.told}
        running = balances(engine, story.sku)
        return render(request, visitor, "sku.html", story=story, told=told, running=running, plot=plot)

    return router
