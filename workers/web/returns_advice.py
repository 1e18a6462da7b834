"""``POST /returns/advice``: returns that a help desk announces, with its token, or a person with the right."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

import structlog
from fastapi import APIRouter, Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse

from workers.access import audit
from workers.access.audit import Actor
from workers.access.roles import Right
from workers.access.tokens import Scope
from workers.ledger.store import Store
from workers.returns_in import rma
from workers.web.bodies import Unacceptable, read_body
from workers.web.desk.door import token_or
from workers.web.ledger_door import AGAIN, AWAY

log = structlog.get_logger(__name__)


def routes(store: Store) -> APIRouter:
    """JSON in: ``{"advice": [{"rma", "order", "sku", "quantity", …}]}``; JSON out: each line's result.

    Who announced is the token's name, or the person's; what the JSON claims (``by``) stands in the record of acts.
    """
    router = APIRouter(include_in_schema=False)

    @router.post("/returns/advice")
    async def advise(
        request: Request, who: Annotated[Actor, Depends(token_or(Scope.RETURNS_ADVICE, Right.ADVISE_RETURNS))]
    ) -> JSONResponse:
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
            done = await run_in_threadpool(_take, store, lines, replace(who, claimed=_claimed(body)))
        except AWAY as error:
            log.warning("returns could not be announced: the ledger is away", error=type(error).__name__)
            return JSONResponse({"error": "the ledger is away; send it again"}, 503, headers=AGAIN)
        log.info("returns were announced", taken=len(done.taken), known=len(done.known), refused=len(done.refused))
        refused = [{"line": number, "why": why} for number, why in done.refused]
        return JSONResponse({"taken": done.taken, "known": done.known, "refused": refused})

    return router


def _take(store: Store, lines: Sequence[rma.Said], who: Actor) -> rma.Taken:
    done = rma.take(store, lines, who.name)
    audit.record(store, who, "returns announced", f"{len(done.taken)} returns", after={"taken": done.taken})
    return done


def _claimed(body: bytes) -> str:
    payload = json.loads(body)
    by = payload.get("by") if isinstance(payload, dict) else None
    return by.strip()[:100] if isinstance(by, str) else ""
