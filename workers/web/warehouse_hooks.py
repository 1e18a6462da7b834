"""Events that warehouses post: each is refused, or stored before it is answered.

Its body is not understood here, be it a hint or a fact; reading comes later, from the ledger.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import structlog
from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from sqlalchemy import Engine

from mappings.errors import Unmappable
from workers.ledger.store import Store
from workers.ports.events import Delivery, Events, Refusal
from workers.ports.sources import Kind, of_event
from workers.ports.warehouse import Warehouse
from workers.spine import exceptions
from workers.web.bodies import MAX_BODY, Unacceptable, read_body
from workers.web.ledger_door import AGAIN, AWAY, name_of, present
from workers.web.refused_calls import RefusedCalls

__all__ = ["EVENT", "MAX_BODY", "Inbox", "receipt_key", "routes"]

log = structlog.get_logger(__name__)

LONGEST_SUBJECT = 300
EVENT = re.compile(r"[a-z][a-z0-9_]{0,63}\.[a-z][a-z0-9_]{0,63}")


@dataclass(frozen=True, slots=True)
class Inbox:
    """The store of events, and the connections that may post.``engine`` is asked first whether the ledger is there."""

    store: Store
    engine: Engine
    warehouses: Mapping[str, Warehouse]

    def events(self, connection: str) -> Events | None:
        """The events of a connection; None for one that posts none, or that there is not."""
        warehouse = self.warehouses.get(connection)
        return warehouse.parts.events if warehouse else None

    def keep(self, connection: str, events: Events, delivery: Delivery) -> bool:
        """Store it, durably. False when the same event was stored before. Raises when the ledger is away."""
        present(self.engine)
        event = events.name(delivery)
        event = event if EVENT.fullmatch(event) else delivery.event  # a strange name is kept, for a person to see
        their_id, source = events.their_id(delivery), of_event(event)
        key = receipt_key(event, delivery.body, their_id)
        if not their_id and not _is_fact(events, event):  # the same hint an hour later is worth another look
            key = f"{datetime.now(UTC):%Y-%m-%d %H} {key}"
        if self.store.receive(connection, source, key, delivery.body):
            return True
        return bool(their_id) and self._keep_other(connection, events, event, their_id, delivery.body)

    def _keep_other(self, connection: str, events: Events, event: str, their_id: str, body: bytes) -> bool:
        """Store an event whose id came before with other content. False for a mere repeat."""
        source, content = of_event(event), receipt_key(event, body)
        first = self.store.row(
            "select r.id, r.body from record_key k join record r on r.id = k.record_id"
            " where k.connection = %s and k.source = %s and k.receipt_key = %s",
            connection,
            source,
            receipt_key(event, body, their_id),
        )
        if first is None or receipt_key(event, bytes(first["body"])) == content:
            return False
        record = self.store.receive(connection, source, content, body)
        if record is not None and _is_fact(events, event):
            exceptions.file(
                self.store.run,
                "told_otherwise",
                subject=f"told:{connection}:{source}:{their_id}"[:LONGEST_SUBJECT],
                story=their_id[:LONGEST_SUBJECT],
                flow="dispatch-in",
                connection=connection,
                why=f"{connection} gave event {their_id[:60]} twice, with other content: records {first['id']} and"
                f" {record}. Both are read, and a dispatch counts as the first: have each event given an id of its own",
                record=record,
            )
        return record is not None


def _is_fact(events: Events, event: str) -> bool:
    """Whether an event is a document in itself, and no hint that leads to a question."""
    try:
        return isinstance(events.meaning(event), Kind)
    except Unmappable:
        return False


def routes(inbox: Inbox) -> APIRouter:
    """``POST /hooks/{connection}/{token}/{event}``; the event is ``<resource>.<event>``, as our automations name it.

    A partner that posts all of its events to one address names each in its headers or body.
    """
    router = APIRouter()
    refusals = RefusedCalls(inbox.store, inbox.engine, "dispatch-in")

    async def refused(connection: str, why: str, status: int) -> JSONResponse:
        await refusals.refused(connection, "events", why)
        return _refused(connection, why, status)

    @router.post("/hooks/{connection}/{token}/{event}")
    async def receive(connection: str, token: str, event: str, request: Request) -> JSONResponse:
        events = inbox.events(connection)
        if events is None or not EVENT.fullmatch(event):
            return _refused(connection if events else "unknown", "event" if events else "connection", 404)
        delivery = Delivery(token, event, {name.lower(): value for name, value in request.headers.items()})
        if why := events.refuse_caller(delivery):
            return await refused(connection, why, 404 if why is Refusal.TOKEN else 401)
        try:
            delivery = replace(delivery, body=await read_body(request))
        except Unacceptable as error:
            return _refused(connection, error.why, error.status)
        if why := events.refuse_body(delivery):
            return await refused(connection, why, 401)
        try:
            new = await run_in_threadpool(inbox.keep, connection, events, delivery)
        except AWAY as error:
            # no log.exception: its text may quote the body
            log.warning(
                "a webhook could not be stored and shall be repeated", connection=connection, error=name_of(error)
            )
            return _answer(503)
        await refusals.taken(connection, "events")
        log.info("a webhook came", connection=connection, source=event, repeated=not new)
        return JSONResponse({"ok": True})

    return router


def _refused(connection: str, why: str, status: int) -> JSONResponse:
    log.warning("a webhook was refused", connection=connection, reason=str(why))
    return _answer(status)


def _answer(status: int) -> JSONResponse:
    """One body for every refusal, so that a stranger learns nothing."""
    return JSONResponse({"ok": False}, status, headers=AGAIN if status == 503 else None)  # noqa: PLR2004  named just above


def receipt_key(event: str, body: bytes, their_id: str = "") -> str:
    """The key by which a repeat is recognised: the partner's id of the event where it gives one, else the content.

    JSON that differs only in spaces or in the order of its members is the same.
    """
    content = body
    with suppress(ValueError, RecursionError):  # what is not JSON: its bytes stand for it
        content = json.dumps([their_id] if their_id else json.loads(body), sort_keys=True).encode()
    return hashlib.sha256(b"\0".join((event.encode(), b"id" if their_id else b"body", content))).hexdigest()
