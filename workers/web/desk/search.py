"""One field that understands whatever code a person has in hand, and leads to its page."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import Engine

from workers.access.audit import record
from workers.access.roles import Right
from workers.views.search import Hit, find_people, search
from workers.web.desk.acting import store_of
from workers.web.desk.door import Visitor, needs
from workers.web.desk.rendering import address, render, segment
from workers.web.desk.words import NOT_FOUND, SEE_OTHER, Word, plain

Seeing = Annotated[Visitor, Depends(needs(Right.SEE))]
WHAT = (
    "order, invoice, web order, tracking number, SKU, garment's tag, file, control number, return, credit note or"
    " purchase order"
)


def routes(engine: Engine) -> APIRouter:
    """The search. Looking for a person needs the right to see customers, and each such look is recorded."""
    router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

    @router.get("/search")
    def find(request: Request, visitor: Seeing, q: Word = "") -> Response:
        asked = plain(q)
        if not asked:
            return render(request, visitor, "nothing.html", why="Type something to look for.")
        hits = search(engine, asked)
        if not hits and visitor.may(Right.SEE_CUSTOMERS):
            found = find_people(engine, asked)
            record(store_of(request), visitor.actor, "customers searched", f"{len(found)} orders", after={"q": asked})
            hits = [Hit("order of this customer", "order", row["code"]) for row in found]
        if not hits:
            also = ", and no customer by name, postcode or e-mail address" if visitor.may(Right.SEE_CUSTOMERS) else ""
            why = f"Nothing is known by “{asked}”: no {WHAT}{also}."
            return render(request, visitor, "nothing.html", NOT_FOUND, why=why, searched=asked)
        if len(hits) == 1:
            return RedirectResponse(page_of(hits[0]), SEE_OTHER)
        rows = [{"code": hit.code, "found_as": hit.found_as, "address": page_of(hit)} for hit in hits]
        return render(request, visitor, "found.html", rows=rows, searched=asked)

    return router


def page_of(hit: Hit) -> str:
    """The address of the page that shows what was found."""
    match hit.place:
        case "order":
            return f"/orders/{segment(hit.code)}"
        case "sku":
            return f"/stock/{segment(hit.code)}"
        case "garment":
            return f"/garments/{segment(hit.code)}"
        case "return":
            return f"/returns/{segment(hit.code)}"
        case "file":
            return address("/files", {"name": hit.code})
        case "purchase order":
            return f"/goods-in/{segment(hit.code)}"
