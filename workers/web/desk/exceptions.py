"""Exceptions by cause and one by one, a group, and one exception: what happened, what to do, and the forms to do it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse
from markupsafe import Markup
from sqlalchemy import Engine

from workers.access.roles import Right
from workers.cases.tables import wanted_row
from workers.views import exception_counts, exception_groups, exceptions, runbook
from workers.web.desk.door import Visitor, needs
from workers.web.desk.rendering import render
from workers.web.desk.words import LARGEST, NOT_FOUND, Part, Word, plain

SHOWN, GROUPS_SHOWN = 100, 100
MEMBERS = 50
Seeing = Annotated[Visitor, Depends(needs(Right.SEE))]


def routes(engine: Engine) -> APIRouter:
    """The pages that show; ``exception_acts`` and ``exception_edits`` take the forms."""
    router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

    @router.get("/exceptions")
    def groups(
        request: Request,
        visitor: Seeing,
        kind: Word = "",
        owner: Word = "",
        flow: Word = "",
        assignee: Word = "",
        tag: Word = "",
        snoozed: Word = "",
    ) -> HTMLResponse:
        typed = {"kind": kind, "owner": owner, "flow": flow, "assignee": assignee, "tag": tag}
        chosen = {name: plain(word) for name, word in typed.items()}
        rows = exception_groups.groups(engine, **chosen, snoozed=bool(snoozed), limit=GROUPS_SHOWN)
        kinds, owners = exception_counts.choices(engine)
        return render(
            request,
            visitor,
            "exception_groups.html",
            rows=rows,
            total=sum(row["n"] for row in rows),
            all_shown=len(rows) < GROUPS_SHOWN,
            chosen={**chosen, "snoozed": snoozed},
            kinds=sorted({*kinds, chosen["kind"]} - {""}),
            owners=sorted({*owners, chosen["owner"]} - {""}),
            flows=sorted({row["flow"] for row in rows if row["flow"]} | {chosen["flow"]} - {""}),
        )

    @router.get("/exceptions/all")
    def all_(
        request: Request, visitor: Seeing, state: exceptions.State = "open", kind: Word = "", owner: Word = ""
    ) -> HTMLResponse:
        chosen = {"state": state, "kind": plain(kind), "owner": plain(owner)}
        rows = exceptions.exceptions(engine, state=state, kind=chosen["kind"], owner=chosen["owner"], limit=SHOWN)
        kinds, owners = exception_counts.choices(engine)
        return render(
            request,
            visitor,
            "exceptions.html",
            rows=rows,
            total=exception_counts.how_many(engine),
            chosen=chosen,
            states=exceptions.STATES,
            kinds=sorted({*kinds, chosen["kind"]} - {""}),
            owners=sorted({*owners, chosen["owner"]} - {""}),
        )

    @router.get("/exceptions/groups/{key}")
    def group(request: Request, visitor: Seeing, key: Part, after: int = 0) -> HTMLResponse:
        found = exception_groups.groups(engine, key=plain(key), limit=1)
        retries = exception_groups.group_retries(engine, plain(key), limit=5)
        if not found and not retries:
            return render(request, visitor, "nothing.html", NOT_FOUND, why=f"No exception stands open in group {key}.")
        row = found[0] if found else None
        rows = exception_groups.members(engine, plain(key), after=max(0, min(after, LARGEST)), limit=MEMBERS)
        return render(
            request,
            visitor,
            "exception_group.html",
            key=plain(key),
            group=row,
            rows=rows,
            more=rows[-1]["id"] if len(rows) == MEMBERS else None,
            retries=retries,
            wanted=wanted_row(row["reason"]) if row else None,
            runbook=Markup(runbook.section(row["kind"])) if row else "",  # noqa: S704  our own document
        )

    @router.get("/exceptions/groups/{key}/progress")
    def progress(request: Request, visitor: Seeing, key: Part) -> HTMLResponse:
        retries = exception_groups.group_retries(engine, plain(key), limit=5)
        return render(request, visitor, "exception_progress.html", key=plain(key), retries=retries)

    @router.get("/exceptions/{number}")
    def exception(request: Request, visitor: Seeing, number: int) -> HTMLResponse:
        case = exceptions.exception(engine, number) if 0 < number <= LARGEST else None
        if case is None:
            return render(request, visitor, "nothing.html", NOT_FOUND, why=f"There is no exception {number}.")
        return render(
            request,
            visitor,
            "exception.html",
            row=case.exception,
            message=case.message,
            timeline=case.timeline,
            proposals=exceptions.proposals(engine, number),
            runbook=Markup(runbook.section(case.exception["kind"])),  # noqa: S704  our own document
        )

    return router
