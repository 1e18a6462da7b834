"""Where every flow and every connection stands: the page of whoever is on call, with its forms to pause and open."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy import Engine

from workers.access.roles import Right
from workers.cases import connection_acts
from workers.spine import acts
from workers.spine.people import CannotDo
from workers.views.overview import overview
from workers.web.desk.acting import Field, act, store_of
from workers.web.desk.door import Visitor, needs
from workers.web.desk.rendering import render
from workers.web.desk.same_as import same_as
from workers.web.desk.words import Part, plain

Seeing = Annotated[Visitor, Depends(needs(Right.SEE))]
Gating = Annotated[Visitor, Depends(needs(Right.OPEN_GATES))]
DEEDS = {"pause": "pause", "open": "open"}  # each act, and the command that does the same


def routes(engine: Engine) -> APIRouter:
    """Flows, connections and processes."""
    router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

    @router.get("/flows")
    def flows(request: Request, visitor: Seeing) -> HTMLResponse:
        return render(request, visitor, "flows.html", fleet=overview(engine))

    @router.post("/connection-acts/{deed}", response_class=Response)
    @same_as(*DEEDS.values())
    def do_it(request: Request, visitor: Gating, deed: Part, connection: Field = "", why: Field = "") -> Response:
        store, person, name = store_of(request), visitor.person, plain(connection)

        def do() -> None:
            if deed == "pause":
                connection_acts.pause(store, name, person, plain(why))
            elif deed == "open":
                connection_acts.open_(store, name, person, acts.reason_of(plain(why), "an opening"))
            else:
                raise CannotDo(f"there is no act {deed!r}")

        return act(request, visitor, "/flows", do)

    return router
