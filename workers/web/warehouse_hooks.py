"""What warehouses tell us by themselves: a webhook is refused, or stored before it is answered.

A webhook is a hint and its body is not understood here; reading comes later, from the ledger.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

import psycopg
import structlog
from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from psycopg_pool import PoolClosed, PoolTimeout
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import ClientDisconnect

from workers.ledger.store import Store
from workers.ports.api import Asked

log = structlog.get_logger(__name__)

MAX_BODY = 1024 * 1024  # bytes
BODY_PATIENCE = 20.0  # seconds for the whole body to arrive
EVENT = re.compile(r"[a-z][a-z0-9_]{0,63}\.[a-z][a-z0-9_]{0,63}")
THEIR_IDS = ("delivery_id", "event_id")  # members of a body that name the telling itself, not its subject
AGAIN = {"Retry-After": "30"}


@dataclass(frozen=True, slots=True)
class Inbox:
    """Where webhooks go, and whom they may come from. ``engine`` tells quickly whether the ledger is there."""

    store: Store
    engine: Engine
    warehouses: Mapping[str, Asked]

    def keep(self, connection: str, event: str, body: bytes) -> bool:
        """Store it, durably. False when the same was told before. Raises when the ledger is away."""
        with self.engine.connect() as here:
            here.execute(text("select 1"))
        stored = self.store.receive(connection, f"webhook {event}", receipt_key(event, body), body)
        return stored is not None


class Unacceptable(Exception):
    """A body that is not taken; ``status`` is the answer."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status
        self.why = why


def routes(inbox: Inbox) -> APIRouter:
    """``POST /hooks/{connection}/{token}/{event}``; the event is ``<resource>.<event>``, as our automations name it."""
    router = APIRouter()

    @router.post("/hooks/{connection}/{token}/{event}")
    async def receive(connection: str, token: str, event: str, request: Request) -> JSONResponse:
        refused = refusal(inbox.warehouses.get(connection), token, event, request.headers)
        if refused:
            name = connection if connection in inbox.warehouses else "unknown"
            log.warning("a webhook was refused", connection=name, reason=refused)
            return _answer(401 if refused == "headers" else 404)
        try:
            body = await read_body(request)
        except Unacceptable as error:
            log.warning("a webhook was refused", connection=connection, reason=error.why)
            return _answer(error.status)
        try:
            new = await run_in_threadpool(inbox.keep, connection, event, body)
        except (psycopg.Error, PoolTimeout, PoolClosed, SQLAlchemyError) as error:
            # no log.exception: its text may quote the body
            log.warning(
                "a webhook could not be stored and shall be repeated", connection=connection, error=_name(error)
            )
            return _answer(503)
        log.info("a webhook came", connection=connection, source=event, repeated=not new)
        return JSONResponse({"ok": True})

    return router


def _name(error: Exception) -> str:
    return type(getattr(error, "orig", None) or error).__name__


def _answer(status: int) -> JSONResponse:
    """One body for every refusal: it tells a stranger nothing."""
    return JSONResponse({"ok": False}, status, headers=AGAIN if status == 503 else None)  # noqa: PLR2004  named just above


def refusal(warehouse: Asked | None, token: str, event: str, headers: Mapping[str, str]) -> str:
    """The class of a refusal: ``connection``, ``event``, ``token``, ``headers``; empty when it is taken."""
    if warehouse is None:
        return "connection"
    if not EVENT.fullmatch(event):
        return "event"
    why = warehouse.refuse_webhook(token, f"webhook {event}", dict(headers))
    if why is None:
        return ""
    return "token" if why.startswith("the token") else "headers"


async def read_body(request: Request) -> bytes:
    """The whole body. Raises Unacceptable: 413 above one MiB, 408 when it drips, 400 when it breaks off."""
    promised = request.headers.get("content-length", "")
    if promised.isascii() and promised.isdigit() and int(promised[:12]) > MAX_BODY:
        raise Unacceptable(413, "too large")
    chunks: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(BODY_PATIENCE):
            async for chunk in request.stream():
                size += len(chunk)
                if size > MAX_BODY:
                    raise Unacceptable(413, "too large")
                chunks.append(chunk)
    except TimeoutError:
        raise Unacceptable(408, "too slow") from None
    except ClientDisconnect:
        raise Unacceptable(400, "broken off") from None
    return b"".join(chunks)


def receipt_key(event: str, body: bytes) -> str:
    """What tells a repeat from news: their id of the telling where they give one, else the content.

    JSON that differs only in spaces or in the order of its members is the same.
    """
    said = body
    try:
        told = json.loads(body)
        given = [told[key] for key in THEIR_IDS if told.get(key)] if isinstance(told, dict) else []
        said = json.dumps(given[:1] or told, sort_keys=True).encode()
    except (ValueError, RecursionError):
        given = []  # not JSON: its bytes stand for it
    return hashlib.sha256(b"\0".join((event.encode(), b"id" if given else b"body", said))).hexdigest()
