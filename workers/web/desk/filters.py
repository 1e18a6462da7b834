"""Named filters of each person: saved from a list's page, and forgotten there."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import Engine

from workers.access.roles import Right
from workers.views import saved_filters
from workers.web.desk.acting import cannot, store_of
from workers.web.desk.door import Visitor, needs
from workers.web.desk.same_as import of_browsers_alone
from workers.web.desk.words import SEE_OTHER, plain

Seeing = Annotated[Visitor, Depends(needs(Right.SEE))]
Name = Annotated[str, Form(max_length=60)]
Address = Annotated[str, Form(max_length=500)]
HERE = "/orders"


def routes(_engine: Engine) -> APIRouter:
    """Save and forget."""
    router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

    @router.post("/filters")
    @of_browsers_alone("a filter is the address of a page")
    def save(request: Request, visitor: Seeing, name: Name, address: Address) -> Response:
        wanted, named = plain(address), plain(name)
        if not named or not (wanted == HERE or wanted.startswith(f"{HERE}?")):
            return cannot(request, visitor, HERE, "Write a name for the filter; only lists of orders can be saved.")
        saved_filters.save(store_of(request), visitor.name, named, wanted)
        return RedirectResponse(wanted, SEE_OTHER)

    @router.post("/filters/forget")
    @of_browsers_alone("as above")
    def forget(request: Request, visitor: Seeing, name: Name) -> Response:
        saved_filters.forget(store_of(request), visitor.name, plain(name))
        return RedirectResponse(HERE, SEE_OTHER)

    return router
