"""The desk's pages as somebody with these roles sees them, without a server and without a login."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import FastAPI, HTTPException
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from workers.access.audit import Actor
from workers.access.roles import Right, Role
from workers.config import Configuration
from workers.ledger.store import Store
from workers.web.app import _headers
from workers.web.desk.door import Visitor
from workers.web.desk.routes import routers


def desk(
    engine: Engine, *roles: Role, name: str = "Wanda", store: Store | None = None, settings: Configuration | None = None
) -> TestClient:
    """A client that is let in as a visitor with ``roles`` (all of them when none is named).

    ``store`` and ``settings`` are what forms act with.
    """
    application = desk_application(engine, *roles, name=name, store=store, settings=settings)
    return TestClient(application, base_url="http://localhost")


def desk_application(
    engine: Engine, *roles: Role, name: str = "Wanda", store: Store | None = None, settings: Configuration | None = None
) -> FastAPI:
    """The desk's pages with the headers of the web process; whoever comes has ``roles``."""
    visitor = Visitor(name, frozenset(roles or Role), "a-form-token", Actor(f"local:{name.lower()}", name))
    app = FastAPI()
    app.state.zone = ZoneInfo("Europe/London")
    app.state.store, app.state.settings = store, settings
    for router in routers(engine):
        app.include_router(router)
        for route in router.routes:
            if isinstance(route, APIRoute):
                for door in _doors(route.dependant):
                    app.dependency_overrides[door] = _opened(visitor, door.right)  # type: ignore[attr-defined]
    app.middleware("http")(_headers)
    return app


def _doors(dependant: Dependant) -> Iterator[Callable[..., Any]]:
    for one in dependant.dependencies:
        if one.call is not None and hasattr(one.call, "right"):
            yield one.call
        yield from _doors(one)


def _opened(visitor: Visitor, right: Right) -> Callable[[], Visitor]:
    def let_in() -> Visitor:
        if not visitor.may(right):
            raise HTTPException(403)
        return visitor

    return let_in
