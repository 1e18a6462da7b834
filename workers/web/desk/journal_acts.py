"""The forms on the journal's pages: give an entry its reason, export ready entries, confirm that a file was loaded.

Each acts by the function of its command in ``fleet journal``. Who exported a file does not confirm it.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlalchemy import Engine

from workers.access.roles import Right
from workers.journal import files, manual
from workers.spine.people import CannotDo
from workers.web.desk.acting import Deed, Field, act, act_and_record, record, settings_of, store_of
from workers.web.desk.door import Visitor, needs
from workers.web.desk.rendering import render
from workers.web.desk.same_as import same_as
from workers.web.desk.words import LARGEST, NOT_FOUND, plain

Keeping = Annotated[Visitor, Depends(needs(Right.KEEP_BOOKS))]
Confirming = Annotated[Visitor, Depends(needs(Right.CONFIRM_JOURNALS))]
HERE = "/journal"
ROUTES: dict[str, files.Route] = {"finance_csv": "finance_csv", "adjust_by": "adjust_by"}


def routes(_engine: Engine) -> APIRouter:
    """One address for each act, which answers 303, and one that brings a file byte for byte."""
    router = APIRouter(include_in_schema=False)

    @router.post("/journal-acts/map")
    @same_as("journal map")
    def give_reason(
        request: Request, visitor: Keeping, entry: Field = "", reason: Field = "", account: Field = "", why: Field = ""
    ) -> Response:
        number, told = plain(entry), {"reason": plain(reason), "account": plain(account)}
        back = f"{HERE}/{number}" if number.isascii() and number.isdigit() else HERE
        deed = Deed("journal entry mapped", f"journal entry {number}", plain(why), told)
        return act_and_record(request, visitor, back, deed, lambda: _map(request, visitor, number, told))

    @router.post("/journal-acts/export")
    @same_as("journal export")
    def export(request: Request, visitor: Keeping, route: Field = "", why: Field = "") -> Response:
        return act(request, visitor, HERE, lambda: _export(request, visitor, plain(route), plain(why)))

    @router.post("/journal-acts/loaded")
    @same_as("journal loaded")
    def loaded(request: Request, visitor: Confirming, name: Field = "", why: Field = "") -> Response:
        deed = Deed("journal confirmed as loaded", f"journal file {plain(name)}", plain(why))
        return act_and_record(request, visitor, HERE, deed, lambda: _confirm(request, visitor, plain(name)))

    @router.get("/journal-files/{name}")
    def brought(request: Request, visitor: Keeping, name: str) -> Response:
        file = plain(name)[:100]
        body = files.stored(store_of(request), file)
        if body is None:
            return render(request, visitor, "nothing.html", NOT_FOUND, why=f"No file “{file}” was ever exported.")
        record(request, visitor, Deed("journal file saved", f"journal file {file}"))
        headers = {"Content-Disposition": f'attachment; filename="{file}"', "Cache-Control": "no-store"}
        return Response(body, media_type="application/octet-stream", headers=headers)

    return router


def _map(request: Request, visitor: Visitor, number: str, told: dict[str, str]) -> None:
    if not (number.isascii() and number.isdigit() and int(number) <= LARGEST):
        raise CannotDo(f"there is no journal entry {number!r}")
    if not all(told.values()):
        raise CannotDo("write Khaos Control's adjustment reason, and the ledger account")
    try:
        manual.give_reason(store_of(request), int(number), told["reason"], told["account"], visitor.name)
    except manual.CannotMap as error:
        raise CannotDo(str(error)) from None


def _export(request: Request, visitor: Visitor, named: str, why: str) -> None:
    route = ROUTES.get(named)
    if route is None:
        raise CannotDo(f"there is no file {named!r}: write one of {', '.join(ROUTES)}")
    template = settings_of(request).stock.adjust_by if route == "adjust_by" else None
    proven = visitor.actor.subject
    written = files.offer(store_of(request), route, visitor.name, template, proven=proven)
    if written is None:
        raise CannotDo("nothing is ready that this file can hold")
    record(request, visitor, Deed("journal exported", f"journal file {written.name}", why))


def _confirm(request: Request, visitor: Visitor, name: str) -> None:
    found = files.confirm(store_of(request), name, visitor.name, proven=visitor.actor.subject)
    if found is None:
        raise CannotDo(f"no file {name!r} was ever exported")
    if found.again:
        raise CannotDo(f"{found.by} has confirmed {name} already")
