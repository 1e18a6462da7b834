"""The front page: what matters to this person now, by the roles that they have."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import Engine

from workers.access.roles import Right, Role
from workers.views import order_lists
from workers.views.feeds import feeds
from workers.views.overview import overview
from workers.views.shortly import Shortly
from workers.views.standing import STEPS, Step
from workers.views.teams import buying, exceptions_of, money, worklist_titles
from workers.views.worklists import counts
from workers.web.desk.door import Visitor, needs
from workers.web.desk.order_lists import beginning_of_day
from workers.web.desk.rendering import render

Seeing = Annotated[Visitor, Depends(needs(Right.SEE))]
# What each role looks at first. Somebody with several roles sees the parts of all of them, each once.
PARTS: dict[Role, tuple[str, ...]] = {
    Role.OPERATIONS: ("orders", "exceptions", "funnel", "feeds"),
    Role.CUSTOMER_SERVICE: ("orders", "exceptions"),
    Role.SUPPORT: ("flows", "exceptions", "feeds"),
    Role.FINANCE: ("finance", "exceptions"),
    Role.MERCHANDISING: ("buying", "exceptions"),
    Role.ADMIN: ("flows", "exceptions"),
    Role.PRIVACY: ("orders",),
    Role.VIEWER: ("orders", "funnel", "feeds"),
}
ORDER = ("flows", "orders", "exceptions", "funnel", "feeds", "finance", "buying")
# The owners of exceptions whose team a role is; the others see all.
TEAMS: dict[Role, tuple[str, ...]] = {
    Role.OPERATIONS: ("operations",),
    Role.SUPPORT: ("support", "engineering"),
    Role.FINANCE: ("finance",),
    Role.MERCHANDISING: ("merchandising", "buying"),
    Role.CUSTOMER_SERVICE: ("customer service",),
}
OF_FINANCE = ("dispatch", "returns", "refunds", "charges", "quarantine", "received")  # publishing is buying's
SECONDS, FUNNEL_SECONDS = 2.0, 10.0  # that figures are good for; the funnel looks at every order in hand
URGENT = 12  # orders of a list that the front page shows


def routes(engine: Engine) -> APIRouter:
    """The front page."""
    router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)
    lately, funnel_lately = Shortly(SECONDS), Shortly(FUNNEL_SECONDS)

    def _read(part: str, request: Request, visitor: Visitor) -> dict[str, Any]:
        day, team = beginning_of_day(request.app.state.zone), team_of(visitor.roles)
        match part:
            case "flows":
                return {"fleet": lately.get(part, lambda: overview(engine))}
            case "orders":
                return lately.get((part, day), lambda: _orders(engine, day))
            case "exceptions":
                return {"groups": lately.get((part, team), lambda: exceptions_of(engine, team))}
            case "funnel":
                return {"funnel": funnel_lately.get(day, lambda: order_lists.funnel(engine, day))}
            case "feeds":
                return {"feeds": lately.get(part, lambda: feeds(engine))}
            case "finance":
                return lately.get(part, lambda: _finance(engine))
            case _:
                return {"buying": lately.get(part, lambda: buying(engine))}

    @router.get("/")
    def today(request: Request, visitor: Seeing) -> HTMLResponse:
        parts = parts_for(visitor.roles)
        found: dict[str, Any] = {}
        for part in parts:
            found |= _read(part, request, visitor)
        columns = [(step, name) for step, name in STEPS.items() if step >= Step.READY]
        return render(
            request, visitor, "today.html", parts=parts, now=datetime.now(UTC), steps=STEPS, columns=columns, **found
        )

    return router


def _orders(engine: Engine, day: datetime) -> dict[str, Any]:
    wanted = order_lists.Wanted(day, limit=URGENT)
    urgent = [*order_lists.orders(engine, "late", wanted), *order_lists.orders(engine, "soon", wanted)]
    return {"counts": order_lists.counts(engine, day), "urgent": urgent[:URGENT]}


def _finance(engine: Engine) -> dict[str, Any]:
    return {"money": money(engine), "worklists": worklist_titles(counts(engine, OF_FINANCE))}


def parts_for(roles: frozenset[Role]) -> tuple[str, ...]:
    """The parts of the front page for these roles, in their order."""
    wanted = {part for role in roles for part in PARTS[role]}
    return tuple(part for part in ORDER if part in wanted)


def team_of(roles: frozenset[Role]) -> tuple[str, ...]:
    """The owners whose exceptions are these roles' own; empty for those who look at all."""
    if any(role not in TEAMS and "exceptions" in PARTS[role] for role in roles):
        return ()
    return tuple(owner for role in sorted(roles) for owner in TEAMS.get(role, ()))
