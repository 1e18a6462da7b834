"""The sandbox's HTTP: one gate before every call (absence, token, tenant, faults), then the tenant."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request, Response
from pydantic import ValidationError

from adapters.clarus.sandbox import display, door, reads
from adapters.clarus.sandbox.refusal import Refusal, invalid, not_found
from adapters.clarus.sandbox.rest import route
from adapters.clarus.sandbox.tenant import Tenant

VERBS = ["GET", "POST", "PATCH", "DELETE"]


def new_app(tenant: Tenant) -> FastAPI:
    """The application that serves one tenant; its floor works while the application runs."""

    @asynccontextmanager
    async def alive(_: FastAPI) -> AsyncIterator[None]:
        floor = asyncio.create_task(tenant.floor.run())
        yield
        floor.cancel()
        tenant.webhooks.stop()

    app = FastAPI(lifespan=alive, openapi_url=None, docs_url=None, redoc_url=None)

    @app.api_route("/_sandbox/{page}", methods=["GET", "POST"])
    async def steer(page: str, request: Request) -> Response:
        return _steer(tenant, page, await request.body(), request.query_params.get("only", ""))

    @app.api_route("/{path:path}", methods=VERBS)
    async def call(path: str, request: Request) -> Response:
        return await _call(tenant, path, request)

    return app


def _json(status: int, answer: Any, headers: dict[str, str] | None = None) -> Response:
    if status == 204:  # noqa: PLR2004 -- HTTP's number
        return Response(status_code=204)
    body = json.dumps(answer, separators=(",", ":")).encode()
    return Response(body, status, headers, media_type="application/json")


def _steer(tenant: Tenant, page: str, body: bytes, only: str) -> Response:
    if page == "health":
        return _json(200, {"ok": True})
    if page == "books":
        return _json(200, display.show(tenant, only))
    try:
        told = json.loads(body or b"{}")
        if page == "setup":
            tenant.set_up(told)
        elif page == "switches":
            hooks = told.pop("webhooks", ())
            tenant.switches.turn(told)
            tenant.set_up({"webhooks": hooks})
        elif page == "floor":
            return _json(200, door.act(tenant, told))
        else:
            return _json(404, {"error": "there are health, books, setup, switches and floor"})
    except (Refusal, ValidationError, ValueError, KeyError, TypeError, AttributeError) as error:
        return _json(422, {"error": str(error) or repr(error)})
    return _json(200, tenant.switches.model_dump())


async def _call(tenant: Tenant, path: str, request: Request) -> Response:
    body = await request.body()
    if time.time() < tenant.switches.away_until:
        return Response("Service Unavailable", 503)
    if path == "oauth/token":
        tenant.books.calls["token"] += 1
        content_type, authorization = (request.headers.get(name, "") for name in ("content-type", "authorization"))
        return _json(*tenant.tokens.issue(body, content_type, authorization))
    try:
        name, run = _find(tenant, request.method, path)
        tenant.books.calls[name] += 1
        spoiled = _spoil(tenant, name, request)
        if spoiled is not None:
            return spoiled
        status, answer = run(_read(body))
    except Refusal as refusal:
        return _json(refusal.status, refusal.body())
    return await _answer(tenant, name, _json(status, answer))


def _find(tenant: Tenant, verb: str, path: str) -> tuple[str, Any]:
    if path == "graphql":
        if verb != "POST":
            raise not_found()
        return "graphql", lambda body: reads.answer(tenant, body)
    name, an_id, handler = route(verb, path)
    return name, lambda body: handler(tenant, an_id, body)


def _spoil(tenant: Tenant, name: str, request: Request) -> Response | None:
    """The answer instead of doing anything, if one of the switches or a header asks for it."""
    switches = tenant.switches
    if switches.used("throttle_next"):
        return _json(429, {"error": "Too many requests"}, {"Retry-After": "1"})
    if switches.used("error_next"):
        return Response("Internal Server Error", 500)
    if switches.used("unauthorised_next"):
        tenant.tokens.drop_all()
    if not tenant.tokens.good(request.headers.get("authorization", "")):
        return _json(401, {"error": "Unauthorized"})
    if request.headers.get("x-clarus-subdomain") != tenant.subdomain:
        return _json(401, {"error": "Unknown subdomain"})
    if name == "graphql" and switches.used("graphql_error_next"):
        return _json(200, {"data": None, "errors": [{"message": "The sandbox was told to fail", "path": ["query"]}]})
    return None


def _read(body: bytes) -> Any:
    if not body:
        return None
    try:
        return json.loads(body)
    except ValueError:
        raise invalid("body", "is not JSON") from None


async def _answer(tenant: Tenant, name: str, good: Response) -> Response:
    """The answer after the effect, unless a switch keeps it back or spoils it."""
    switches = tenant.switches
    if switches.used_for("effect_then_500_next", name):
        return Response("Internal Server Error", 500)
    if switches.used_for("effect_then_hang_next", name):
        await asyncio.sleep(switches.hang_seconds)
    if switches.used("html_next"):
        return Response("<!doctype html><title>Maintenance</title>", 200, media_type="text/html")
    if switches.used("truncate_next"):
        whole = bytes(good.body)
        return Response(whole[: len(whole) // 2], good.status_code, media_type="application/json")
    return good
