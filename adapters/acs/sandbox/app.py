"""The sandbox's HTTP: one gate before every call (absence, credentials, path, faults), then the order book."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, Protocol

from fastapi import FastAPI, Request, Response
from pydantic import ValidationError

from adapters.acs.sandbox import display, door, ordering, setting_up, stock_file
from adapters.acs.sandbox.refusal import Refusal
from adapters.acs.sandbox.site import Site

BASE = "/api/v1/orders/"
TICK, LONGEST = 0.02, 0.25  # seconds between two turns: while people work, and while nobody has anything to do
KEY = "ocp-apim-subscription-key"


class Listener(Protocol):
    """What the SFTP door is while it is open."""

    def close(self) -> None:
        """Takes no more connections."""


def new_app(site: Site, about: dict[str, Any], open_door: Callable[[], Awaitable[Listener]]) -> FastAPI:
    """The application; ``about`` is what ``health`` shows, ``open_door`` begins to listen for SFTP."""

    @asynccontextmanager
    async def alive(_: FastAPI) -> AsyncIterator[None]:
        listener, work = await open_door(), asyncio.create_task(_run(site))
        yield
        work.cancel()
        listener.close()
        site.events.stop()

    app = FastAPI(lifespan=alive, openapi_url=None, docs_url=None, redoc_url=None)

    @app.api_route("/_sandbox/{page}", methods=["GET", "POST"])
    async def steer(page: str, request: Request) -> Response:
        if page == "health":
            return _json(200, {"ok": True, **about})
        if page == "books":
            return _json(200, display.show(site, request.query_params.get("only", "")))
        return _steer(site, page, await request.body())

    @app.api_route(BASE + "{name}", methods=["GET", "PUT"])
    async def call(name: str, request: Request) -> Response:
        return await _call(site, name, request)

    return app


def tick(site: Site) -> None:
    """One turn: people work, set-up files are taken, the day's stock file is laid."""
    site.clock.run_at(site.switches.clock_speed)
    site.people.work_off()
    setting_up.take_all(site)
    stock_file.lay_due(site)


def pause(site: Site) -> float:
    """Seconds for which nothing is to be done, at most ``LONGEST``: then set-up files and the day's file are due."""
    due = site.people.until_next()
    return LONGEST if due is None else min(max(due, TICK), LONGEST)


async def _run(site: Site) -> None:
    woken = asyncio.Event()
    site.people.wake = woken.set
    while True:
        try:
            tick(site)
        except Exception:  # a mistake with one garment must not close the place
            logging.getLogger(__name__).exception("the floor stumbled")
        woken.clear()  # what came during this turn is in the pause
        with suppress(TimeoutError):
            await asyncio.wait_for(woken.wait(), pause(site))


def _json(status: int, answer: Any, headers: dict[str, str] | None = None) -> Response:
    return Response(json.dumps(answer, separators=(",", ":")).encode(), status, headers, media_type="application/json")


def _steer(site: Site, page: str, body: bytes) -> Response:
    pages: dict[str, Callable[[Any], Any]] = {
        "setup": lambda told: door.set_up(site, told),
        "switches": site.switches.turn,
        "floor": lambda told: door.act(site, told),
    }
    if page not in pages:
        return _json(404, {"error": "there are health, books, setup, switches and floor"})
    try:
        done = pages[page](json.loads(body or b"{}"))
    except (ValidationError, ValueError, KeyError, TypeError, AttributeError) as error:
        return _json(422, {"error": str(error) or repr(error)})
    return _json(200, site.switches.model_dump() if done is None else done)


async def _call(site: Site, name: str, request: Request) -> Response:
    body = await request.body()
    verb, switches = request.method, site.switches
    if time.time() < switches.away_until:
        return Response("Service Unavailable", 503)
    site.calls[verb] += 1
    spoiled = _spoil(site, request)
    if spoiled is not None:
        return spoiled
    if not name.endswith(switches.suffix) or (not switches.suffix and name.endswith(".json")):
        return _json(404, {"Message": "No such resource"})
    number = name.removesuffix(switches.suffix) if switches.suffix else name
    try:
        status, told = ordering.put(site, number, _read(body)) if verb == "PUT" else ordering.get(site, number)
    except Refusal as refusal:
        return _answer(site, refusal.status, refusal.body(), whole=verb == "GET")
    answer = _answer(site, status, told, whole=verb == "GET")
    if switches.used_for("effect_then_500_next", verb):
        return Response("Internal Server Error", 500)
    if switches.used_for("effect_then_hang_next", verb):
        await asyncio.sleep(switches.hang_seconds)
    if switches.used("html_next"):
        return Response("<!doctype html><title>Maintenance</title>", 200, media_type="text/html")
    return answer


def _spoil(site: Site, request: Request) -> Response | None:
    """The answer instead of doing anything, if a switch or the credentials ask for it."""
    switches = site.switches
    if switches.used("throttle_next"):
        return _json(429, {"Message": "Rate limit is exceeded"}, {"Retry-After": "1"})
    if switches.used("error_next"):
        return Response("Internal Server Error", 500)
    if switches.used("forbidden_next"):
        return _json(403, {"Message": "Out of call volume quota"}, {"Retry-After": "1"})
    if switches.used("unauthorised_next") or not _knows(site, request):
        return _json(401, {"Message": "Access denied"})
    return None


def _knows(site: Site, request: Request) -> bool:
    if site.switches.auth == "apim_key":
        return hmac.compare_digest(request.headers.get(KEY, "").encode(), site.credentials.key.encode())
    wanted = base64.b64encode(f"{site.credentials.user}:{site.credentials.password}".encode()).decode()
    return hmac.compare_digest(request.headers.get("authorization", "").encode(), f"Basic {wanted}".encode())


def _answer(site: Site, status: int, told: dict[str, Any], *, whole: bool) -> Response:
    """JSON, a line of text or nothing, as the switch says; what is read is always JSON."""
    mode = "json" if whole else site.switches.bodies
    if mode == "json":
        return _json(status, told)
    return Response(told["Message"] if mode == "text" else b"", status, media_type="text/plain")


def _read(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        raise Refusal(400, "The body is no JSON") from None
