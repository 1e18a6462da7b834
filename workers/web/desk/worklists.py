"""Worklists on the desk: what is to be done by hand in other systems, and a table to copy from."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import datetime
from urllib.parse import quote

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse, Response
from sqlalchemy import Engine

from workers.views.snapshot import Row
from workers.views.worklists import WORKLISTS, Worklist, counts, entries
from workers.web.desk.frame import nothing, page
from workers.web.desk.markup import Markup, link, moment, table, tag
from workers.web.guard import guard

HERE = "/worklists"
NOT_FOUND = 404


def routes(engine: Engine) -> APIRouter:
    """The lists and each of them, as a page or with ``.csv`` behind its name; all behind the desk's guard."""
    router = APIRouter(dependencies=[Depends(guard)], default_response_class=HTMLResponse, include_in_schema=False)

    @router.get(HERE)
    def every() -> HTMLResponse:
        return HTMLResponse(worklists(counts(engine)))

    @router.get(HERE + "/{name}")
    def one(name: str) -> Response:
        chosen = WORKLISTS.get(name.removesuffix(".csv"))
        if chosen is None:
            return HTMLResponse(nothing(f"worklist {name[:100]}"), NOT_FOUND)
        rows = entries(engine, chosen)
        if name.endswith(".csv"):
            return Response(as_csv(chosen, rows), media_type="text/csv; charset=utf-8")
        return HTMLResponse(worklist(chosen, rows))

    return router


def worklists(found: Mapping[str, int]) -> str:
    """The page of all lists, with their numbers of entries."""
    rows = [[link(f"{HERE}/{name}", WORKLISTS[name].title), n, WORKLISTS[name].what] for name, n in found.items()]
    return page("Worklists", HERE, table("Worklists", ("list", "to do", "what"), rows, numbers=frozenset({1})))


def worklist(chosen: Worklist, rows: Sequence[Row]) -> str:
    """One list."""
    return page(
        chosen.title,
        HERE,
        tag("p", chosen.what),
        tag("p", link(f"{HERE}/{chosen.name}.csv", "the same as CSV")),
        table(
            f"{len(rows)} to do",
            tuple(chosen.columns.values()),
            [[_cell(key, row[key]) for key in chosen.columns] for row in rows],
        ),
    )


def as_csv(chosen: Worklist, rows: Sequence[Row]) -> str:
    """The list for a program; times are ISO 8601."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(chosen.columns)
    for row in rows:
        values = (row[key] for key in chosen.columns)
        writer.writerow([value.isoformat() if isinstance(value, datetime) else value for value in values])
    return out.getvalue()


def _cell(key: str, value: object) -> object:
    if isinstance(value, datetime) or (value is None):
        return moment(value)
    if key == "order":
        return link(f"/orders?q={quote(str(value), safe='')}", value)
    return Markup("") if value == "" else value
