"""``POST /returns/advice``: returns that a help desk announces, for those who may see the desk."""

from __future__ import annotations

import json

import structlog
from fastapi import APIRouter, Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse

from workers.ledger.store import Store
from workers.returns_in import rma
from workers.web.bodies import Unacceptable, read_body
from workers.web.guard import USER, guard
from workers.web.ledger_door import AGAIN, AWAY

log = structlog.get_logger(__name__)


def routes(store: Store) -> APIRouter:
    """JSON in: ``{"by": NAME, "advice": [{"rma", "order", "sku", "quantity", …}]}``; JSON out: each line's result."""
    router = APIRouter(dependencies=[Depends(guard)], include_in_schema=False)

    @router.post("/returns/advice")
    async def advise(request: Request) -> JSONResponse:
        # a page elsewhere can post forms and plain text with somebody's login, but not this
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            return JSONResponse({"error": "send Content-Type: application/json"}, 415)
        try:
            body = await read_body(request)
            lines = rma.read_json(body)
        except Unacceptable as error:
            return JSONResponse({"error": error.why}, error.status)
        except rma.NotAdvice as error:
            return JSONResponse({"error": str(error)}, 422)
        try:
            done = await run_in_threadpool(rma.take, store, lines, _who(body))
        except AWAY as error:
            log.warning("returns could not be announced: the ledger is away", error=type(error).__name__)
            return JSONResponse({"error": "the ledger is away; send it again"}, 503, headers=AGAIN)
        log.info("returns were announced", taken=len(done.taken), known=len(done.known), refused=len(done.refused))
        refused = [{"line": number, "why": why} for number, why in done.refused]
        return JSONResponse({"taken": done.taken, "known": done.known, "refused": refused})

    return router


def _who(body: bytes) -> str:
    payload = json.loads(body)
    by = payload.get("by") if isinstance(payload, dict) else None
    return by.strip()[:100] if isinstance(by, str) and by.strip() else USER
