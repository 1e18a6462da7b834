"""The forms on an order's page: hold, release, send elsewhere, send again, read again now."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlalchemy import Engine

from workers.access.roles import Right
from workers.cases import order_acts
from workers.spine.people import CannotDo
from workers.web.desk.acting import Field, act, settings_of, store_of
from workers.web.desk.door import Visitor, needs
from workers.web.desk.rendering import segment
from workers.web.desk.same_as import same_as
from workers.web.desk.words import Part, plain

Moving = Annotated[Visitor, Depends(needs(Right.MOVE_ORDERS))]
DEEDS = {  # each act, and the command that does the same
    "hold": "order hold",
    "release": "order release",
    "elsewhere": "order reroute",
    "again": "order send-again",
    "read": "order read-again",
}


def routes(_engine: Engine) -> APIRouter:
    """One address for each act; all need the right to move orders, and answer 303."""
    router = APIRouter(include_in_schema=False)

    @router.post("/order-acts/{deed}")
    @same_as(*DEEDS.values())
    def do_it(
        request: Request, visitor: Moving, deed: Part, order: Field = "", why: Field = "", to: Field = ""
    ) -> Response:
        store, settings, person, code = store_of(request), settings_of(request), visitor.person, plain(order)
        connection, _, facility = plain(to).partition("/")

        def do() -> None:
            if deed == "hold":
                order_acts.hold(store, code, person, why)
            elif deed == "release":
                order_acts.release(store, code, person, why)
            elif deed == "elsewhere":
                order_acts.send_elsewhere(store, settings, code, person, connection, facility, why)
            elif deed == "again":
                order_acts.send_again(store, code, person, why)
            elif deed == "read":
                order_acts.read_again(store, settings, code, person, why)
            else:
                raise CannotDo(f"there is no act {deed!r}")

        return act(request, visitor, f"/orders/{segment(code)}", do)

    return router
