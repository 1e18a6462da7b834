"""The forms of one exception and of a group: retry, assign, note, tag, snooze, dismiss."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response
from sqlalchemy import Engine

from workers import recovery
from workers.access.roles import Right
from workers.cases import care, group_retries
from workers.cases.care import Cases
from workers.spine.people import CannotDo
from workers.web.desk.acting import Field, act, settings_of, store_of
from workers.web.desk.door import Visitor, needs
from workers.web.desk.same_as import same_as
from workers.web.desk.words import LARGEST, Part, plain

Solving = Annotated[Visitor, Depends(needs(Right.SOLVE))]
Checked = Annotated[bool, Form()]
CARE = {  # what is done with the text of a form, and the command that does the same
    "assign": "exceptions assign",
    "take": "exceptions assign",
    "note": "exceptions note",
    "tag": "exceptions tag",
    "untag": "exceptions tag",
    "snooze": "exceptions snooze",
    "wake": "exceptions wake",
}


def routes(_engine: Engine) -> APIRouter:
    """All of them need the right to solve exceptions, and answer 303."""
    router = APIRouter(include_in_schema=False)

    @router.post("/exceptions/groups/{key}/retry-first")
    @same_as("exceptions retry-group")
    def retry_first(request: Request, visitor: Solving, key: Part) -> Response:
        store = store_of(request)
        return act(request, visitor, _group(key), lambda: group_retries.retry_first(store, plain(key), visitor.person))

    @router.post("/exceptions/groups/{key}/retry")
    @same_as("exceptions retry-group")
    def retry_all(request: Request, visitor: Solving, key: Part, why: Field = "") -> Response:
        store, rate = store_of(request), settings_of(request).exceptions.retry_per_minute
        return act(
            request,
            visitor,
            _group(key),
            lambda: group_retries.retry_group(store, plain(key), visitor.person, why, per_minute=rate),
        )

    @router.post("/exceptions/groups/{key}/stop")
    @same_as("exceptions stop-retry")
    def stop(request: Request, visitor: Solving, key: Part, retry: Annotated[int, Form()]) -> Response:
        store = store_of(request)
        number = max(0, min(retry, LARGEST))
        return act(request, visitor, _group(key), lambda: group_retries.stop(store, number, visitor.person))

    @router.post("/exceptions/groups/{key}/dismiss")
    @same_as("exceptions dismiss-group")
    def dismiss_all(request: Request, visitor: Solving, key: Part, why: Field = "") -> Response:
        store = store_of(request)
        return act(
            request,
            visitor,
            _group(key),
            lambda: group_retries.dismiss_group(store, plain(key), visitor.person, why),
        )

    @router.post("/exceptions/groups/{key}/{deed}")
    @same_as(*CARE.values())
    def care_for_group(
        request: Request, visitor: Solving, key: Part, deed: Part, text: Field = "", why: Field = "", until: Field = ""
    ) -> Response:
        return _care(request, visitor, Cases(key=plain(key)), _group(key), deed, text, why, until)

    @router.post("/exceptions/{number}/retry")
    @same_as("exceptions retry")
    def retry(request: Request, visitor: Solving, number: int) -> Response:
        store = store_of(request)
        return act(request, visitor, f"/exceptions/{number}", lambda: recovery.retry(store, number, visitor.person))

    @router.post("/exceptions/{number}/dismiss")
    @same_as("exceptions dismiss")
    def dismiss(
        request: Request, visitor: Solving, number: int, why: Field = "", end_order: Checked = False
    ) -> Response:
        store = store_of(request)
        return act(
            request,
            visitor,
            f"/exceptions/{number}",
            lambda: recovery.dismiss(store, number, visitor.person, why, end_order=end_order),
        )

    @router.post("/exceptions/{number}/care/{deed}")
    @same_as(*CARE.values())
    def care_for_one(
        request: Request,
        visitor: Solving,
        number: int,
        deed: Part,
        text: Field = "",
        why: Field = "",
        until: Field = "",
    ) -> Response:
        return _care(request, visitor, Cases(number=number), f"/exceptions/{number}", deed, text, why, until)

    return router


def _group(key: str) -> str:
    return f"/exceptions/groups/{plain(key)}"


def _care(
    request: Request, visitor: Visitor, cases: Cases, back: str, deed: str, text: str, why: str, until: str
) -> Response:
    store, person = store_of(request), visitor.person

    def do() -> None:
        if deed == "assign":
            care.assign(store, cases, person, plain(text))
        elif deed == "take":
            care.assign(store, cases, person, visitor.name)
        elif deed == "note":
            care.note(store, cases, person, text)
        elif deed == "tag":
            care.tag(store, cases, person, plain(text))
        elif deed == "untag":
            care.tag(store, cases, person, plain(text), remove=True)
        elif deed == "snooze":
            care.snooze(store, cases, person, _until(request, until), why)
        elif deed == "wake":
            care.wake(store, cases, person)
        else:
            raise CannotDo(f"there is no act {deed!r}")

    return act(request, visitor, back, do)


def _until(request: Request, text: str) -> datetime:
    """A time as a browser's field gives it, in the merchant's zone. Raises CannotDo."""
    try:
        local = datetime.fromisoformat(text)
    except ValueError:
        raise CannotDo("choose the day and time until which it shall sleep") from None
    return local.replace(tzinfo=local.tzinfo or request.app.state.zone).astimezone(UTC)
