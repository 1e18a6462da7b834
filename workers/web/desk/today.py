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
URGENT = 12  # orders of a list that the front page shows


def routes(engine: Engine) -> APIRouter:
    """The front page."""
    router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

    @router.get("/")
    def today(request: Request, visitor: Seeing) -> HTMLResponse:
        parts = parts_for(visitor.roles)
        day = beginning_of_day(request.app.state.zone)
        found: dict[str, Any] = {}
        if "flows" in parts:
            found["fleet"] = overview(engine)
        if "orders" in parts:
            found["counts"] = order_lists.counts(engine, day)
            wanted = order_lists.Wanted(day, limit=URGENT)
            found["urgent"] = [*order_lists.orders(engine, "late", wanted), *order_lists.orders(engine, "soon", wanted)]
            found["urgent"] = found["urgent"][:URGENT]
        if "exceptions" in parts:
            found["groups"] = exceptions_of(engine, team_of(visitor.roles))
        if "funnel" in parts:
            found["funnel"] = order_lists.funnel(engine, day)
        if "feeds" in parts:
            found["feeds"] = feeds(engine)
        if "finance" in parts:
            found |= {"money": money(engine), "worklists": worklist_titles(counts(engine, OF_FINANCE))}
        if "buying" in parts:
            found["buying"] = buying(engine)
        columns = [(step, name) for step, name in STEPS.items() if step >= Step.READY]
        return render(
            request, visitor, "today.html", parts=parts, now=datetime.now(UTC), steps=STEPS, columns=columns, **found
        )

    return router


def parts_for(roles: frozenset[Role]) -> tuple[str, ...]:
    """The parts of the front page for these roles, in their order."""
    wanted = {part for role in roles for part in PARTS[role]}
    return tuple(part for part in ORDER if part in wanted)


def team_of(roles: frozenset[Role]) -> tuple[str, ...]:
    """The owners whose exceptions are these roles' own; empty for those who look at all."""
    if any(role not in TEAMS and "exceptions" in PARTS[role] for role in roles):
        return ()
    return tuple(owner for role in sorted(roles) for owner in TEAMS.get(role, ()))
