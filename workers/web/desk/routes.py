"""The desk's addresses: which page answers which path. It only shows; acting is the ``fleet`` command's."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import HTMLResponse
from sqlalchemy import Engine

from workers.views import exceptions as views_exceptions
from workers.views.orders import order_story
from workers.views.overview import overview
from workers.views.stock import stock_story
from workers.web.desk import exceptions as desk_exceptions
from workers.web.desk import fleet as desk_fleet
from workers.web.desk import frame, order, stock
from workers.web.guard import guard

NOT_FOUND = 404
SHOWN = 300
LARGEST = 2**63 - 1
Word = Annotated[str, Query(max_length=100)]


def routes(engine: Engine) -> APIRouter:
    """The pages, all behind the guard. They block, so each runs in the server's pool of threads."""
    router = APIRouter(dependencies=[Depends(guard)], default_response_class=HTMLResponse, include_in_schema=False)

    @router.get("/")
    def fleet() -> HTMLResponse:
        return HTMLResponse(desk_fleet.fleet(overview(engine)))

    @router.get("/exceptions")
    def exceptions(state: views_exceptions.State = "open", kind: Word = "", owner: Word = "") -> HTMLResponse:
        kind, owner = _plain(kind), _plain(owner)
        rows = views_exceptions.exceptions(engine, state=state, kind=kind, owner=owner, limit=SHOWN)
        chosen = {"state": state, "kind": kind, "owner": owner}
        return HTMLResponse(desk_exceptions.exceptions(rows, views_exceptions.counts(engine), chosen))

    @router.get("/exceptions/{number}")
    def exception(number: int) -> HTMLResponse:
        case = views_exceptions.exception(engine, number) if 0 < number <= LARGEST else None
        if case is None:
            return HTMLResponse(frame.nothing(f"exception {number}"), NOT_FOUND)
        return HTMLResponse(desk_exceptions.exception(case))

    @router.get("/orders")
    def orders(q: Word = "") -> HTMLResponse:
        searched = _plain(q)
        story = order_story(engine, searched) if searched else None
        no_order = story is None or not story.fulfilments
        if searched and no_order and (goods := stock_story(engine, searched)) is not None:
            return HTMLResponse(stock.stock(goods))
        if story is None:
            return HTMLResponse(frame.nothing(searched), NOT_FOUND if searched else 200)
        return HTMLResponse(order.order(story))

    return router


def _plain(text: str) -> str:
    """Without characters that cannot be typed: Postgres takes no NUL in text."""
    return "".join(letter for letter in text if letter.isprintable()).strip()
