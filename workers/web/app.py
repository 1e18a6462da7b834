"""Puts the web process together: its doors to the ledger, its routes, and the headers that every answer carries."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from importlib.metadata import version

import psycopg
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.responses import PlainTextResponse
from psycopg_pool import PoolClosed, PoolTimeout
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from workers.access.limits import Limiter
from workers.access.oidc import Provider
from workers.config import Configuration, environment
from workers.ledger.store import Store
from workers.observability import alerts, logs
from workers.ports.warehouse import Warehouse
from workers.views.snapshot import POOL as READING
from workers.views.snapshot import reading_engine
from workers.web import khaos_channel, khaos_courier, monitoring, returns_advice, warehouse_hooks
from workers.web.brake import brake
from workers.web.desk import login, refusals
from workers.web.desk.rendering import render
from workers.web.desk.routes import routers
from workers.web.doorkeeper import Doorkeeper
from workers.web.pace import paced
from workers.wiring.systems import configuration

log = structlog.get_logger(__name__)

ASKING, WRITING = 1, 3  # connections of partners' doors alone: whether the ledger is there, and to store what came
ACTING = 3  # connections for what people do on the desk
LETTING_IN = 2  # connections for logins and sessions
POOL = READING + ASKING + WRITING + ACTING + LETTING_IN  # connections that one web process opens at the most

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:;"
        " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",  # without any, a browser's form names no origin either
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
HTTPS_ONLY = {"Strict-Transport-Security": "max-age=31536000; includeSubDomains"}


def application() -> FastAPI:
    """The ASGI application of this deployment. Raises Misconfigured; the ledger may be away when it starts."""
    settings, surroundings = configuration(), environment()
    logs.configure(surroundings.fleet_process, surroundings.fleet_log_level)
    alerts.configure(
        settings.fleet.sentry_dsn or None,
        environment=surroundings.fleet_environment,
        release=version("khaos-fleet"),
        process=surroundings.fleet_process,
    )
    dsn = settings.fleet.database_url
    engine = reading_engine(dsn, application="fleet-web")
    store = Store(dsn, size=ACTING, application="fleet-web")
    asking = reading_engine(dsn, application="fleet-doors", size=ASKING)
    doors = Store(dsn, size=WRITING, application="fleet-doors")
    access = Store(dsn, size=LETTING_IN, application="fleet-desk")

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        access.close()
        store.close()
        doors.close()
        asking.dispose()
        engine.dispose()

    app = FastAPI(title="Khaos fleet", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.zone = settings.fleet.zone
    app.state.store, app.state.settings = store, settings
    warehouses = {c.name: Warehouse(c.name, c.connect(settings.tables)) for c in settings.warehouses}
    app.include_router(warehouse_hooks.routes(warehouse_hooks.Inbox(doors, asking, warehouses)))
    if (hook := settings.erp.settings.courier_hook) is not None:
        app.include_router(khaos_courier.routes(hook, khaos_courier.counter(doors, settings), asking))
    if settings.erp.settings.channel is not None:
        erp = settings.erp.connect(settings.tables)
        app.include_router(khaos_channel.routes(khaos_channel.Door(erp.channel, settings.erp.name, doors, asking)))
    app.include_router(returns_advice.routes(store))
    app.include_router(monitoring.routes(engine, queue_wait=settings.fleet.limits.queue_wait))
    for router in routers(engine):
        app.include_router(router)
    _let_people_in(
        app, settings, Doorkeeper(access, engine, settings.desk, Limiter(settings.fleet.redis), _host(settings))
    )
    for error in (DBAPIError, NoConnectionFree, psycopg.Error, PoolTimeout, PoolClosed):
        app.exception_handler(error)(_ledger_away)
    return app


def _let_people_in(app: FastAPI, settings: Configuration, doorkeeper: Doorkeeper) -> None:
    app.state.doorkeeper = doorkeeper
    app.include_router(login.routes(Provider(settings.desk) if settings.desk.oidc else None))
    refusals.install(app)
    app.middleware("http")(brake(doorkeeper))
    app.middleware("http")(paced(doorkeeper.cookies.session))
    app.middleware("http")(_headers)
    if settings.desk.has_https:
        app.middleware("http")(_https_only)


async def _headers(request: Request, following: Callable[[Request], Awaitable[Response]]) -> Response:
    answer = await following(request)
    for name, value in HEADERS.items():
        answer.headers.setdefault(name, value)
    return answer


async def _https_only(request: Request, following: Callable[[Request], Awaitable[Response]]) -> Response:
    answer = await following(request)
    answer.headers.update(HTTPS_ONLY)
    return answer


def _host(settings: Configuration) -> str:
    """What the web process is bound to."""
    return environment().web_host or settings.fleet.web_bind.rpartition(":")[0]


def _ledger_away(request: Request, error: Exception) -> Response:
    """A page or a figure that cannot be read now. The error's text would quote statements: only its class is logged."""
    log.warning("the ledger cannot be read", error=type(getattr(error, "orig", None) or error).__name__)
    if request.url.path == "/metrics":
        return PlainTextResponse("# the ledger cannot be reached\n", 503)
    return _later(render(request, None, "away.html", 503))


def _later(answer: Response) -> Response:
    answer.headers["Retry-After"] = "15"
    return answer
