"""The record of what people did: found by who, what, to what and when, proven, and saved as lines of JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response, StreamingResponse
from sqlalchemy import Engine

from workers.access import audit
from workers.access.roles import Right
from workers.web.desk.acting import Deed, record, store_of
from workers.web.desk.door import Visitor, needs
from workers.web.desk.rendering import render
from workers.web.desk.words import LARGEST, Word, plain

Auditing = Annotated[Visitor, Depends(needs(Right.READ_AUDIT))]
HERE = "/record"
SHOWN = 100


def routes(_engine: Engine) -> APIRouter:
    """The list, its proof, and its export, which is recorded."""
    router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

    @router.get(HERE)
    def entries(
        request: Request,
        visitor: Auditing,
        who: Word = "",
        what: Word = "",
        thing: Word = "",
        since: Word = "",
        until: Word = "",
        before: int = 0,
    ) -> HTMLResponse:
        typed = {"who": who, "what": what, "thing": thing, "since": since, "until": until}
        chosen = {name: plain(word) for name, word in typed.items()}
        rows = audit.entries(
            store_of(request),
            subject=chosen["who"],
            action=chosen["what"],
            thing=chosen["thing"],
            since=_midnight(request, chosen["since"]),
            until=_midnight(request, chosen["until"], days=1),
            before=before if 0 < before <= LARGEST else None,
            limit=SHOWN,
        )
        return render(
            request,
            visitor,
            "record.html",
            rows=[_shown(row) for row in rows],
            chosen=chosen,
            actions=audit.actions(store_of(request)),
            more=rows[-1]["id"] if len(rows) == SHOWN else None,
        )

    @router.get(f"{HERE}/proof")
    def proof(request: Request, visitor: Auditing) -> HTMLResponse:
        return render(request, visitor, "record_proof.html", verdict=audit.verify(audit.every(store_of(request))))

    @router.get(f"{HERE}.jsonl", response_class=Response)
    def export(request: Request, visitor: Auditing) -> Response:
        store = store_of(request)
        record(request, visitor, Deed("audit exported", "entries behind 0"))

        def lines() -> Iterator[str]:
            for entry in audit.every(store):
                yield audit.as_line(entry) + "\n"

        headers = {"Content-Disposition": 'attachment; filename="record.jsonl"', "Cache-Control": "no-store"}
        return StreamingResponse(lines(), media_type="application/x-ndjson", headers=headers)

    return router


def _midnight(request: Request, text: str, days: int = 0) -> datetime | None:
    """When a day of the merchant's zone begins, or so many days later; None for what is no day."""
    try:
        day = date.fromisoformat(text) + timedelta(days=days)
    except (ValueError, OverflowError):
        return None
    return datetime(day.year, day.month, day.day, tzinfo=request.app.state.zone)


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    """An entry with its moment as one, and what was before and after as text."""
    detail = json.loads(row["detail"]) if row["detail"] else {}
    words = {name: "" if detail.get(name) is None else _written(detail[name]) for name in ("before", "after")}
    return {**row, **words, "at": datetime.fromisoformat(row["at"])}


def _written(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
