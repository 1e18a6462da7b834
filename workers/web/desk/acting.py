"""How a form of the desk acts: by the functions of the ``fleet`` command, then 303 to a page, or why it cannot be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from workers.access import audit
from workers.config import Configuration
from workers.domain.transitions import NotAllowed
from workers.ledger.store import Store
from workers.spine.people import CannotDo
from workers.web.desk.door import Visitor
from workers.web.desk.rendering import render

SEE_OTHER, CONFLICT = 303, 409
Field = Annotated[str, Form(max_length=2000)]
LongField = Annotated[str, Form(max_length=500_000)]


def store_of(request: Request) -> Store:
    """The web process's door to the ledger, for acting."""
    found: Store = request.app.state.store
    return found


def settings_of(request: Request) -> Configuration:
    """The configuration of this deployment."""
    found: Configuration = request.app.state.settings
    return found


def act(request: Request, visitor: Visitor, back: str, do: Callable[[], Any]) -> Response:
    """Do it and go ``back``, a path of the desk; a page with the reason where it cannot be done."""
    try:
        do()
    except (CannotDo, NotAllowed) as error:
        return cannot(request, visitor, back, str(error))
    return RedirectResponse(back, SEE_OTHER)


@dataclass(frozen=True, slots=True)
class Deed:
    """An act for the record of what people did: a verb in the past, what it was done to, why, and what was told."""

    action: str
    thing: str
    why: str = ""
    told: Mapping[str, str] = field(default_factory=dict)


def act_and_record(request: Request, visitor: Visitor, back: str, deed: Deed, do: Callable[[], Any]) -> Response:
    """Do what a command of ``fleet`` does, and record it as that command would: once it is done."""

    def done() -> None:
        do()
        record(request, visitor, deed)

    return act(request, visitor, back, done)


def record(request: Request, visitor: Visitor, deed: Deed) -> None:
    """Add what a visitor did to the record of what people did."""
    told = {name: value for name, value in deed.told.items() if value}
    audit.record(store_of(request), visitor.actor, deed.action, deed.thing, after=told or None, reason=deed.why.strip())


def cannot(request: Request, visitor: Visitor, back: str, why: str) -> HTMLResponse:
    """The page that says why something cannot be done. Nothing was changed."""
    return render(request, visitor, "cannot.html", CONFLICT, back=back, why=why)
