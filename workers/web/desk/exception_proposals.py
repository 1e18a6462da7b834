"""Edits that wait for another person: what one would change, and the forms to approve or refuse it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy import Engine

from workers.access.roles import Right
from workers.cases import editing
from workers.spine.people import CannotDo
from workers.web.desk.acting import Field, act, store_of
from workers.web.desk.door import Visitor, needs
from workers.web.desk.rendering import render
from workers.web.desk.same_as import same_as
from workers.web.desk.words import LARGEST, NOT_FOUND

Editing = Annotated[Visitor, Depends(needs(Right.EDIT))]


def routes(_engine: Engine) -> APIRouter:
    """One proposal, which holds customers' data: each look is recorded."""
    router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

    @router.get("/exceptions/proposals/{proposal}")
    def proposal(request: Request, visitor: Editing, proposal: int) -> HTMLResponse:
        store = store_of(request)
        try:
            row, changed = editing.read_proposal(store, max(0, min(proposal, LARGEST)), visitor.person)
        except CannotDo as error:
            return render(request, visitor, "nothing.html", NOT_FOUND, why=str(error))
        return render(request, visitor, "exception_proposal.html", row=row, changed=changed)

    @router.post("/exceptions/proposals/{proposal}/approve")
    @same_as("exceptions approve")
    def approve(request: Request, visitor: Editing, proposal: int) -> Response:
        store = store_of(request)
        return act(request, visitor, "/exceptions", lambda: editing.approve(store, proposal, visitor.person))

    @router.post("/exceptions/proposals/{proposal}/refuse")
    @same_as("exceptions refuse")
    def refuse(request: Request, visitor: Editing, proposal: int, why: Field = "") -> Response:
        store = store_of(request)
        return act(request, visitor, "/exceptions", lambda: editing.refuse(store, proposal, visitor.person, why))

    return router
