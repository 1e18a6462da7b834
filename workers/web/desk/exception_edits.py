"""What an exception's message says and would send, its edit, and edits that another person must approve."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy import Engine

from workers import recovery
from workers.access.roles import Right
from workers.cases import editing
from workers.cases.rehearsal import Written, dry_run
from workers.spine.people import CannotDo
from workers.views import exceptions
from workers.web.desk.acting import CONFLICT, Field, LongField, act, settings_of, store_of
from workers.web.desk.door import Visitor, needs
from workers.web.desk.rendering import render
from workers.web.desk.same_as import same_as
from workers.web.desk.words import LARGEST, NOT_FOUND

Looking = Annotated[Visitor, Depends(needs(Right.SEE_CUSTOMERS))]
Editing = Annotated[Visitor, Depends(needs(Right.EDIT))]


def routes(engine: Engine) -> APIRouter:
    """The pages with bodies: each look is recorded."""
    router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

    @router.get("/exceptions/{number}/bodies")
    def bodies(request: Request, visitor: Looking, number: int) -> HTMLResponse:
        case = exceptions.exception(engine, number, body=True) if 0 < number <= LARGEST else None
        if case is None:
            return render(request, visitor, "nothing.html", NOT_FOUND, why=f"There is no exception {number}.")
        recovery.looked(store_of(request), number, visitor.person)
        return render(
            request,
            visitor,
            "exception_bodies.html",
            row=case.exception,
            record=case.record,
            body=_shown(case.body) if case.body is not None else "",
            written=_rehearse(request, number, None),
            their_words=case.their_words,
        )

    @router.get("/exceptions/{number}/edit")
    def edit(request: Request, visitor: Editing, number: int) -> HTMLResponse:
        case = exceptions.exception(engine, number, body=True) if 0 < number <= LARGEST else None
        if case is None or case.body is None:
            return render(
                request, visitor, "nothing.html", NOT_FOUND, why=f"Exception {number} has no message to edit."
            )
        recovery.looked(store_of(request), number, visitor.person)
        return _form(request, visitor, number, _shown(case.body))

    @router.post("/exceptions/{number}/edit")
    @same_as("exceptions edit", "exceptions dry-run")
    def edited(
        request: Request,
        visitor: Editing,
        number: int,
        body: LongField = "",
        why: Field = "",
        send: Annotated[bool, Form()] = False,
    ) -> Response:
        store = store_of(request)
        try:
            new = _read(body)
            if send:
                guarded = settings_of(request).desk.second_person
                return act(
                    request,
                    visitor,
                    f"/exceptions/{number}",
                    lambda: editing.edit(store, number, visitor.person, new, why, guarded),
                )
            changed = editing.show(store, number, new)
        except CannotDo as error:
            return _form(request, visitor, number, body, why=why, fault=str(error))
        return _form(
            request,
            visitor,
            number,
            body,
            why=why,
            changed=changed,
            written=_rehearse(request, number, new),
            guarded=editing.guarded_in(changed, settings_of(request).desk.second_person),
        )

    return router


def _form(
    request: Request,
    visitor: Visitor,
    number: int,
    body: str,
    *,
    why: str = "",
    fault: str = "",
    changed: list[Any] | None = None,
    written: Written | None = None,
    guarded: list[str] | None = None,
) -> HTMLResponse:
    return render(
        request,
        visitor,
        "exception_edit.html",
        CONFLICT if fault else 200,
        number=number,
        body=body,
        why=why,
        fault=fault,
        changed=changed,
        written=written,
        guarded=guarded or [],
    )


def _rehearse(request: Request, number: int, body: dict[str, Any] | None) -> Written:
    try:
        return dry_run(store_of(request), settings_of(request), number, body)
    except CannotDo as error:
        return Written("", str(error))


def _shown(body: Any) -> str:
    return json.dumps(body, indent=2, ensure_ascii=False)


def _read(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise CannotDo(f"this is not JSON ({error}): correct it") from None
    if not isinstance(found, dict):
        raise CannotDo("the body is one JSON object: begin with the one that the form shows")
    return found
