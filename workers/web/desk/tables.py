"""Tables and routing on the desk: the rows that were put here, every change, and the forms to change them."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy import Engine

from workers.access.roles import Right
from workers.cases import tables
from workers.domain.overlay import ROUTING
from workers.spine.people import CannotDo
from workers.views import tables as views
from workers.web.desk.acting import Field, act, settings_of, store_of
from workers.web.desk.door import Visitor, needs
from workers.web.desk.rendering import render
from workers.web.desk.same_as import same_as

Seeing = Annotated[Visitor, Depends(needs(Right.SEE))]
Changing = Annotated[Visitor, Depends(needs(Right.CHANGE_TABLES))]
Routing = Annotated[Visitor, Depends(needs(Right.CHANGE_ROUTING))]
Keeping = Annotated[Visitor, Depends(needs(Right.KEEP_BOOKS))]
REASONS = "adjustment_reasons"  # finance's own: which account a warehouse's reason is booked to
Checked = Annotated[bool, Form()]
HERE = "/tables"


def routes(engine: Engine) -> APIRouter:
    """The page and its forms: rows need one right, rules another, and finance puts its own rows."""
    router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

    @router.get("/tables")
    def page(request: Request, visitor: Seeing) -> HTMLResponse:
        return render(
            request,
            visitor,
            "tables.html",
            rows=[_worded(row, "value") for row in views.table_rows(engine)],
            changes=[_worded(row, "before", "after") for row in views.table_changes(engine)],
            routing=ROUTING,
        )

    @router.post("/tables/put")
    @same_as("tables add")
    def put(
        request: Request,
        visitor: Changing,
        table: Field = "",
        word: Field = "",
        value: Field = "",
        why: Field = "",
        replay: Checked = False,
        back: Field = HERE,
    ) -> Response:
        def do() -> None:
            _put(request, visitor, _of_table(table, word), value, why, replay=replay)

        return act(request, visitor, back if back.startswith("/exceptions/") else HERE, do)

    @router.post("/tables/reasons/put")
    @same_as("tables add")
    def put_reason(
        request: Request,
        visitor: Keeping,
        table: Field = "",
        word: Field = "",
        value: Field = "",
        why: Field = "",
        back: Field = HERE,
    ) -> Response:
        def do() -> None:
            place = _of_table(table, word)
            if place.name != REASONS:
                raise CannotDo(f"who keeps the books puts rows of {REASONS}; this is one of {place.name}")
            _put(request, visitor, place, value, why, replay=True)

        return act(request, visitor, back if back.startswith("/exceptions/") else HERE, do)

    @router.post("/tables/remove")
    @same_as("tables remove")
    def remove(request: Request, visitor: Changing, table: Field = "", word: Field = "", why: Field = "") -> Response:
        store, settings = store_of(request), settings_of(request)
        return act(
            request,
            visitor,
            HERE,
            lambda: tables.remove(store, settings, visitor.person, _of_table(table, word), why),
        )

    _rules(router)
    return router


def _rules(router: APIRouter) -> None:
    """The forms of routing rules."""

    @router.post("/tables/routing/put")
    @same_as("tables add")
    def put_rule(
        request: Request,
        visitor: Routing,
        word: Field = "",
        value: Field = "",
        why: Field = "",
        replay: Checked = False,
    ) -> Response:
        def do() -> None:
            _put(request, visitor, tables.read_place(ROUTING, word), value, why, replay=replay)

        return act(request, visitor, HERE, do)

    @router.post("/tables/routing/remove")
    @same_as("tables remove")
    def remove_rule(request: Request, visitor: Routing, word: Field = "", why: Field = "") -> Response:
        store, settings = store_of(request), settings_of(request)
        place = (ROUTING, word)
        return act(
            request,
            visitor,
            HERE,
            lambda: tables.remove(store, settings, visitor.person, tables.read_place(*place), why),
        )


def _of_table(table: str, word: str) -> tables.Place:
    """A row of a table; a rule of the routing needs its own right, and so its own form."""
    place = tables.read_place(table, word)
    if place.name == ROUTING:
        raise CannotDo("routing rules are put by the form below: they need the right to change routing")
    return place


def _put(request: Request, visitor: Visitor, place: tables.Place, value: str, why: str, *, replay: bool) -> None:
    store, settings = store_of(request), settings_of(request)
    tables.put(store, settings, visitor.person, place, tables.read_value(value), why)
    if replay:
        tables.replay(store, place, visitor.person, why, per_minute=settings.exceptions.retry_per_minute)


def _worded(row: dict[str, Any], *names: str) -> dict[str, Any]:
    """A row with its values as people write them."""
    values = {
        name: row[name]
        if row[name] is None or isinstance(row[name], str)
        else json.dumps(row[name], ensure_ascii=False)
        for name in names
    }
    return {**row, **values}
