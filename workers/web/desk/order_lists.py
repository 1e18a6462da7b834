"""Lists of orders with their filters in the address, so that a filter is a link; and the same as CSV."""

from __future__ import annotations

from datetime import UTC, datetime, time, tzinfo
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import Engine

from mappings.canonical.stages import STAGE_NAMES
from workers.access.roles import Right
from workers.views import order_lists as views
from workers.views.saved_filters import saved
from workers.views.snapshot import Row
from workers.views.standing import STEPS
from workers.views.wording import units
from workers.web.desk.acting import store_of
from workers.web.desk.door import Visitor, needs
from workers.web.desk.rendering import address, render
from workers.web.desk.sheets import as_csv, csv_answer
from workers.web.desk.words import NOT_FOUND, SEE_OTHER, Word, plain

Seeing = Annotated[Visitor, Depends(needs(Right.SEE))]
Exporting = Annotated[Visitor, Depends(needs(Right.EXPORT))]
ListName = Annotated[str, Query(alias="list", max_length=40)]
NOT_READY = "not-ready"
SHOWN, EXPORTED = 100, 1000
COLUMNS = (
    *("order_code", "reference", "invoice_code", "associated_ref", "site", "warehouse", "state", "step", "courier"),
    *("units", "units_left", "sent_at", "due_at", "late", "exception"),
)


def routes(engine: Engine) -> APIRouter:
    """The lists of orders: ``/orders?list=late&warehouse=…``, and ``/orders.csv`` with the same filters."""
    router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

    @router.get("/orders")
    def lists(
        request: Request,
        visitor: Seeing,
        q: Word = "",
        list_: ListName = "in-hand",
        warehouse: Word = "",
        state: Word = "",
        courier: Word = "",
    ) -> Response:
        if q:  # an address of an older release
            return RedirectResponse(request.url.replace(path="/search"), SEE_OTHER)
        chosen = {"list": list_, "warehouse": plain(warehouse), "state": plain(state), "courier": plain(courier)}
        day = beginning_of_day(request.app.state.zone)
        if list_ == NOT_READY:
            rows = views.not_ready(engine, SHOWN)
            title, what = views.NOT_READY_TITLE, views.NOT_READY_WHAT
        elif list_ in views.LISTS:
            rows = views.orders(engine, list_, _wanted(day, chosen, SHOWN))
            title, what = views.LISTS[list_].title, views.LISTS[list_].what
        else:
            why = f"There is no list “{list_}”. There are {', '.join((*views.LISTS, NOT_READY))}."
            return render(request, visitor, "nothing.html", NOT_FOUND, why=why)
        return render(
            request,
            visitor,
            "orders.html",
            title=title,
            what=what,
            rows=rows,
            chosen=chosen,
            tabs=[(name, one.title) for name, one in views.LISTS.items()] + [(NOT_READY, views.NOT_READY_TITLE)],
            counts=views.counts(engine, day),
            steps=STEPS,
            stages=STAGE_NAMES,
            now=datetime.now(UTC),
            warehouses=views.warehouses(engine),
            states=views.IN_HAND,
            saved=saved(store_of(request), visitor.name),
            this=address("/orders", chosen),
        )

    @router.get("/orders.csv")
    def sheet(
        request: Request,
        visitor: Exporting,
        list_: ListName = "in-hand",
        warehouse: Word = "",
        state: Word = "",
        courier: Word = "",
    ) -> Response:
        if list_ not in views.LISTS:
            why = f"There is no list “{list_}” as CSV. There are {', '.join(views.LISTS)}."
            return render(request, visitor, "nothing.html", NOT_FOUND, why=why)
        chosen = {"warehouse": plain(warehouse), "state": plain(state), "courier": plain(courier)}
        rows = views.orders(engine, list_, _wanted(beginning_of_day(request.app.state.zone), chosen, EXPORTED))
        return csv_answer(f"orders-{list_}.csv", as_csv(COLUMNS, map(_as_sheet, rows)))

    return router


def beginning_of_day(zone: tzinfo) -> datetime:
    """The moment at which the merchant's day began."""
    return datetime.combine(datetime.now(zone).date(), time(), zone)


def _wanted(day: datetime, chosen: dict[str, str], limit: int) -> views.Wanted:
    return views.Wanted(day, chosen["warehouse"], chosen["state"], chosen["courier"], limit)


def _as_sheet(row: Row) -> Row:
    late = bool(row["missed_at"]) or (row["due_at"] is not None and row["due_at"] < datetime.now(UTC))
    return {
        **row,
        "step": STEPS[row["step"]],
        "units": units(row["requested"]),
        "units_left": units(row["shipped"]),
        "late": "late" if late else "",
        "exception": row["reason"] or "",
    }
