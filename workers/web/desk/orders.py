"""One order: where it stands in one sentence, what is awaited, and all that happened to it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import Engine

from workers.access.roles import Right
from workers.views.carriers import tracking_page
from workers.views.orders import Story, order_story
from workers.views.snapshot import Row
from workers.views.standing import STEPS, parcels_of, standing
from workers.views.stock import stock_story
from workers.views.wording import why
from workers.web.desk.door import Visitor, needs
from workers.web.desk.rendering import render, segment
from workers.web.desk.words import NOT_FOUND, SEE_OTHER, plain

Seeing = Annotated[Visitor, Depends(needs(Right.SEE))]


def routes(engine: Engine) -> APIRouter:
    """The story of an order."""
    router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

    @router.get("/orders/{code:path}")
    def order(request: Request, visitor: Seeing, code: str) -> Response:
        asked = plain(code)[:100]
        story = order_story(engine, asked) if asked else None
        if (story is None or not (story.fulfilments or story.demand)) and (goods := stock_story(engine, asked)):
            return RedirectResponse(f"/stock/{segment(goods.sku)}", SEE_OTHER)  # the story of a SKU
        if story is None:
            return render(request, visitor, "nothing.html", NOT_FOUND, why=f"The ledger knows no order “{asked}”.")
        return render(
            request,
            visitor,
            "order.html",
            story=story,
            standing=standing(story, datetime.now(UTC), request.app.state.zone),
            steps=STEPS,
            parcels=parcels_of(story.shipments),
            tracking_page=tracking_page,
            troubles=troubles(story),
            moving=[row for row in story.messages if row["state"] != "sent"],
            why=why,
        )

    return router


def troubles(story: Story) -> list[Row]:
    """The open exceptions, each reason once."""
    seen: dict[tuple[str, str], Row] = {}
    for row in story.exceptions:
        if row["state"] == "open":
            seen.setdefault((row["kind"], row["reason"]), row)
    return list(seen.values())
