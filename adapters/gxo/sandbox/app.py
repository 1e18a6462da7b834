"""The sandbox's own HTTP door, and the loop in which its people work while it is open."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Protocol

from fastapi import FastAPI, Request, Response
from pydantic import ValidationError

from adapters.gxo.sandbox import display, door, snapshots, taking
from adapters.gxo.sandbox.setting_up import Setup, set_up
from adapters.gxo.sandbox.site import Site

TICK = 0.02  # seconds


class Listener(Protocol):
    """What the SFTP door is while it is open."""

    def close(self) -> None:
        """Takes no more connections."""


def new_app(site: Site, about: dict[str, Any], open_door: Callable[[], Awaitable[Listener]]) -> FastAPI:
    """The application; ``about`` is what ``health`` tells, ``open_door`` begins to listen for SFTP."""

    @asynccontextmanager
    async def alive(_: FastAPI) -> AsyncIterator[None]:
        listener, work = await open_door(), asyncio.create_task(_run(site))
        yield
        work.cancel()
        listener.close()

    app = FastAPI(lifespan=alive, openapi_url=None, docs_url=None, redoc_url=None)

    @app.api_route("/_sandbox/{page}", methods=["GET", "POST"])
    async def steer(page: str, request: Request) -> Response:
        if page == "health":
            return _json(200, {"ok": True, **about})
        if page == "books":
            return _json(200, display.show(site, request.query_params.get("only", "")))
        return _steer(site, page, await request.body())

    return app


def tick(site: Site) -> None:
    """One turn: takes files, lets people work, lands what is late, sends the day's snapshots."""
    site.clock.run_at(site.switches.clock_speed)
    taking.take_all(site)
    if site.switches.floor:
        site.people.work_off()
    site.carrying.work_off()
    snapshots.send_due(site)


async def _run(site: Site) -> None:
    while True:
        try:
            tick(site)
        except Exception:  # a mistake with one order must not close the warehouse
            logging.getLogger(__name__).exception("the floor stumbled")
        await asyncio.sleep(TICK)


def _json(status: int, answer: Any) -> Response:
    body = json.dumps(answer, separators=(",", ":")).encode()
    return Response(body, status, media_type="application/json")


def _steer(site: Site, page: str, body: bytes) -> Response:
    try:
        told = json.loads(body or b"{}")
        if page == "setup":
            set_up(site, Setup.model_validate(told))
        elif page == "switches":
            site.switches.turn(told)
        elif page == "floor":
            return _json(200, door.act(site, told))
        elif page == "snapshot":
            message = snapshots.send(site, site.facility(told.get("facility", "")))
            return _json(200, {"file": message.name, "snapshot": message.reference})
        else:
            return _json(404, {"error": "there are health, books, setup, switches, floor and snapshot"})
    except (ValidationError, ValueError, KeyError, TypeError, AttributeError) as error:
        return _json(422, {"error": str(error) or repr(error)})
    return _json(200, site.switches.model_dump())
