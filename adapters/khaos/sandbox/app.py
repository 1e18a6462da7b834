"""The sandbox's HTTP: SOAP and WSDL under any ``*.exe``, its switches and books under ``/_sandbox``."""

from __future__ import annotations

import asyncio
import base64
import secrets
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from adapters.khaos.sandbox.books import Books
from adapters.khaos.sandbox.control import router
from adapters.khaos.sandbox.operations import Desk
from adapters.khaos.sandbox.records import Refused
from adapters.khaos.sandbox.switches import Switches
from adapters.khaos.sandbox.wire import read_request, write_fault, write_reply, wsdl

PAGE = b"<!DOCTYPE html><html><head><title>500 - Internal server error.</title></head><body>IIS</body></html>"
XML = "text/xml; charset=utf-8"
FAILED = 500


class Traffic:
    """What went over the wire, for ``/_sandbox/books``."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.under_way = 0
        self.over_concurrency = 0
        self.faults = 0


def create_app(
    *,
    seed: int = 0,
    auth: tuple[str, str] | None = None,
    argument: tuple[str, str] | None = None,
    confirm_shipment: bool = False,
    post_stock_journal: bool = False,
) -> ASGIApp:
    """One service with empty books, as an ASGI application for uvicorn."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    switches = Switches(confirm_shipment=confirm_shipment, post_stock_journal=post_stock_journal)
    app.state.desk = Desk(Books(seed), switches, argument)
    app.state.traffic = Traffic()
    app.include_router(router)
    app.add_exception_handler(Refused, _refused)
    guard = _guard(auth)
    base = "/{path:path}.exe"
    app.add_api_route(f"{base}/wsdl/IKosWeb", guard(_wsdl), methods=["GET"])
    app.add_api_route(f"{base}/soap/IKosWeb", guard(_soap), methods=["POST"])
    return _with_transport(app)


Handler = Callable[[Request], Awaitable[Response]]


def _guard(auth: tuple[str, str] | None) -> Callable[[Handler], Handler]:
    """Who may come in, and whether anyone is there at all."""
    expected = "Basic " + base64.b64encode(":".join(auth).encode()).decode() if auth else ""

    def wrap(handler: Handler) -> Handler:
        async def guarded(request: Request) -> Response:
            switches: Switches = request.app.state.desk.switches
            if time.time() < switches.away_until:
                return _hang_up(request) if switches.away_manner == "close" else Response(PAGE, 503)
            if switches.being_updated:
                return Response(PAGE, HTTPStatus.NOT_FOUND, media_type="text/html")
            if expected and not secrets.compare_digest(request.headers.get("authorization", ""), expected):
                return Response(PAGE, 401, {"WWW-Authenticate": 'Basic realm="IIS"'})
            return await handler(request)

        return guarded

    return wrap


async def _refused(_: Request, refusal: Exception) -> Response:
    """What a door asks for and the books refuse."""
    return JSONResponse({"detail": str(refusal)}, HTTPStatus.CONFLICT)


async def _wsdl(request: Request) -> Response:
    desk: Desk = request.app.state.desk
    address = str(request.url).replace("/wsdl/", "/soap/").partition("?")[0]
    return Response(wsdl(desk.signatures(), address), media_type=XML)


async def _soap(request: Request) -> Response:
    desk: Desk = request.app.state.desk
    traffic: Traffic = request.app.state.traffic
    traffic.over_concurrency += traffic.under_way > 0
    traffic.under_way += 1
    try:
        body = await request.body()
        if desk.switches.latency:
            await asyncio.sleep(desk.switches.latency)
        switches = desk.switches  # only now: they may have been turned meanwhile
        if switches.html_error:
            switches.html_error -= 1
            return Response(PAGE, switches.html_status, media_type="text/html")
        operation, reply = _answer(desk, traffic, body)
    finally:
        traffic.under_way -= 1
    if switches.drop_after_commit.get(operation, 0) > 0:
        switches.drop_after_commit[operation] -= 1
        if switches.drop_manner == "hold":
            await _hold(request, switches.hold_seconds)
        return _hang_up(request)
    if switches.truncate:
        switches.truncate -= 1
        whole = bytes(reply.body)
        return Response(whole[: len(whole) // 2], reply.status_code, media_type=XML)
    return reply


def _answer(desk: Desk, traffic: Traffic, body: bytes) -> tuple[str, Response]:
    signatures = desk.signatures()
    operation = ""
    try:
        call = read_request(body, signatures)
        operation = call.operation
        traffic.calls[operation] += 1
        result = desk.run(operation, call.arguments)
        kind = signatures[operation][1]
        return operation, Response(
            write_reply(operation, result, kind, multiref=desk.switches.multiref), media_type=XML
        )
    except Refused as refusal:
        message, symbol = str(refusal), refusal.symbol
    except Exception as error:  # noqa: BLE001 -- as the service does: any exception becomes a Fault
        message, symbol = f"{type(error).__name__}: {error}", "Exception"
    traffic.faults += 1
    return operation, Response(write_fault(message, symbol, shape=desk.switches.fault_shape), FAILED, media_type=XML)


async def _hold(request: Request, seconds: float) -> None:
    """Say nothing for a while, or until the caller has hung up."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends and not await request.is_disconnected():  # noqa: ASYNC110 -- ASGI tells it only when asked
        await asyncio.sleep(0.05)


def _hang_up(request: Request) -> Response:
    """Close the connection without a word. The response made here reaches nobody."""
    transport: Any = request.scope.get("sandbox.transport")
    if transport is not None:
        transport.abort()
    return Response(status_code=FAILED)


def _with_transport(app: FastAPI) -> ASGIApp:
    """Lets ``_hang_up`` reach the connection: ASGI has no word for closing it unanswered."""

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        scope["sandbox.transport"] = getattr(getattr(receive, "__self__", None), "transport", None)
        await app(scope, receive, send)

    return wrapped
