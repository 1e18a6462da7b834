"""One field that understands whatever code a person has in hand, and leads to its page."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import Engine

from workers.access.roles import Right
from workers.views.orders import order_story
from workers.views.stock import stock_story
from workers.web.desk.door import Visitor, needs
from workers.web.desk.rendering import render, segment
from workers.web.desk.words import NOT_FOUND, SEE_OTHER, Word, plain

Seeing = Annotated[Visitor, Depends(needs(Right.SEE))]


def routes(engine: Engine) -> APIRouter:
    """The search."""
    router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

    @router.get("/search")
    @router.get("/orders")
    def search(request: Request, visitor: Seeing, q: Word = "") -> Response:
        asked = plain(q)
        if not asked:
            return render(request, visitor, "nothing.html", why="Type something to look for.")
        story = order_story(engine, asked)
        if (story is None or not story.fulfilments) and (goods := stock_story(engine, asked)) is not None:
            return RedirectResponse(f"/stock/{segment(goods.sku)}", SEE_OTHER)
        if story is None:
            why = f"Nothing is known by “{asked}”."
            return render(request, visitor, "nothing.html", NOT_FOUND, why=why, searched=asked)
        return RedirectResponse(f"/orders/{segment(story.stories[0])}", SEE_OTHER)

    return router
