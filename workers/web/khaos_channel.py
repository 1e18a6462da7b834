"""The addresses that Khaos Control calls: it fetches configuration, orders and returns, and posts what changed.

kcc-web-services, README: anything but 200 makes it send the same again, so what it posts is in the ledger before the
200, and what cannot be read is parked from there. Basic credentials stand on every call.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog
from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from sqlalchemy import Engine

from mappings.canonical import CustomerReturn
from mappings.khaos.channel import CONTENT_TYPES, Form
from workers.ledger.store import Store
from workers.ports.sources import Source
from workers.returns_in import pulls
from workers.systems.khaos.channel import KhaosChannel
from workers.web.basic import credentials
from workers.web.bodies import Unacceptable, read_body
from workers.web.ledger_door import AGAIN, AWAY, name_of, present
from workers.web.refused_calls import RefusedCalls

log = structlog.get_logger(__name__)

MAX_BODY = 32 * 1024 * 1024  # bytes: the whole catalogue comes in bulk
BODY_PATIENCE = 60.0  # seconds for the whole body to arrive
CONTINUATION, SPECIFIC = "Sirion-Continuation", "SpecificIDs"
ASK = {"WWW-Authenticate": 'Basic realm="khaos", charset="UTF-8"'}
FORMS: dict[str, Form] = {".json": "json", ".xml": "xml"}
SOURCES = {
    "stock": Source.STOCK_UPLOAD,
    "stock-status": Source.STOCK_STATUS_UPLOAD,
    "order-status": Source.ORDER_STATUS_UPLOAD,
}
# one statement: the number goes up with each word that differs from the last, and belongs to the key
KEEP = """
with word as (
    insert into cursor (connection, source, value) values (%s, %s, jsonb_build_object('last', %s::text, 'n', 1))
    on conflict (connection, source) do update set moved_at = now(), value = case
        when cursor.value->>'last' = %s::text then cursor.value
        else jsonb_build_object('last', %s::text, 'n', (cursor.value->>'n')::bigint + 1) end
    returning value->>'n' as n)
select receive(%s, %s, %s || ' ' || n, %b, null) as id from word
"""
Endpoint = Callable[[Request], Awaitable[Response]]
Refuse = Callable[[Request], Awaitable[Response | None]]
HOURLY = (Source.STOCK_STATUS_UPLOAD, Source.ORDER_STATUS_UPLOAD)  # the same words an hour later are worth another look


@dataclass(frozen=True, slots=True)
class Door:
    """The channel, its connection's name, and the ledger. ``engine`` is asked first whether the ledger is there."""

    channel: KhaosChannel
    erp: str
    store: Store
    engine: Engine

    def keep(self, source: str, body: bytes) -> bool:
        """Store a push, durably. False when it is the last one of its source again: A, B and A are three."""
        present(self.engine)
        hour = datetime.now(UTC).strftime("%Y-%m-%d %H") if source in HOURLY else ""
        key = hashlib.sha256(hour.encode() + b"\0" + body).hexdigest()
        row = self.store.row(KEEP, self.erp, f"last {source}", key, key, key, self.erp, source, key, body)
        return row is not None and row["id"] is not None

    def pull(self, continuation: str, references: tuple[str, ...]) -> pulls.Batch:
        """The next returns."""
        present(self.engine)
        return pulls.pull(
            self.store, self.erp, continuation, self.channel.settings.page, references, self._can_be_written
        )

    def _can_be_written(self, made: CustomerReturn) -> bool:
        refused = self.channel.write_returns([made], "json").refused
        for entry in refused:
            log.error("a return cannot be written", reference=entry.subject, field=entry.error.field)
        return not refused


def routes(door: Door) -> APIRouter:
    """``/khaos/…``: each path with ``.json``, ``.xml`` or, in the form that is set, without an ending."""
    router = APIRouter(prefix="/khaos", include_in_schema=False)
    refuse = _refusing(door)
    usual = FORMS[f".{door.channel.settings.format.lower()}"]
    for ending, form in {"": usual, **FORMS}.items():
        router.add_api_route(f"/config{ending}", _fixed(refuse, form, door.channel.write_config), methods=["GET"])
        router.add_api_route(f"/orders{ending}", _fixed(refuse, form, door.channel.write_no_orders), methods=["GET"])
        router.add_api_route(f"/returns{ending}", _returns(door, refuse, form), methods=["GET"])
        for path, source in SOURCES.items():
            router.add_api_route(f"/{path}{ending}", _push(door, refuse, source), methods=["POST"])
    return router


def _refusing(door: Door) -> Refuse:
    """404 while there is no channel, 401 for other credentials than those that are set, None for a call to be taken."""
    channel, refusals = door.channel, RefusedCalls(door.store, door.engine, "returns-in")

    async def refuse(request: Request) -> Response | None:
        if not channel.open:
            return Response(status_code=404)
        wanted = f"{channel.settings.user}:{channel.settings.password}".encode()
        if hmac.compare_digest(credentials(request.headers.get("authorization", "")), wanted):
            await refusals.taken(door.erp, "channel")
            return None
        log.warning("a call of the channel was refused", reason="credentials")
        await refusals.refused(door.erp, "channel", "credentials")
        return Response(status_code=401, headers=ASK)

    return refuse


def _fixed(refuse: Refuse, form: Form, write: Callable[[Form], bytes]) -> Endpoint:
    async def answer(request: Request) -> Response:
        return await refuse(request) or Response(write(form), media_type=CONTENT_TYPES[form])

    return answer


def _returns(door: Door, refuse: Refuse, form: Form) -> Endpoint:
    async def answer(request: Request) -> Response:
        if refused := await refuse(request):
            return refused
        continuation = request.headers.get(CONTINUATION, "")
        references = pulls.named(request.headers.get(SPECIFIC, ""))
        try:
            batch = await run_in_threadpool(door.pull, continuation, references)
        except AWAY as error:
            return _away("returns", error)
        written = door.channel.write_returns(batch.returns, form)
        log.info("returns were pulled", returns=len(batch.returns), again=bool(references))
        headers = {} if batch.continuation is None else {CONTINUATION: batch.continuation}
        return Response(written.body, media_type=CONTENT_TYPES[form], headers=headers)

    return answer


def _push(door: Door, refuse: Refuse, source: str) -> Endpoint:
    async def receive(request: Request) -> Response:
        if refused := await refuse(request):
            return refused
        try:
            body = await read_body(request, largest=MAX_BODY, patience=BODY_PATIENCE)
        except Unacceptable as error:
            log.warning("a push was refused", source=source, reason=error.why)
            return Response(status_code=400)
        try:
            new = await run_in_threadpool(door.keep, source, body)
        except AWAY as error:
            return _away(source, error)
        log.info("a push came", source=source, size=len(body), repeated=not new)
        return Response(status_code=200)

    return receive


def _away(what: str, error: Exception) -> Response:
    """No log.exception: its text may quote the body."""
    log.warning("the ledger is away and the channel shall call again", what=what, error=name_of(error))
    return Response(status_code=503, headers=AGAIN)
