"""The desk's addresses: which module answers which place."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi import APIRouter
from sqlalchemy import Engine

from workers.web.desk import (
    access,
    books,
    exception_acts,
    exception_edits,
    exception_proposals,
    exceptions,
    filters,
    flows,
    garments,
    journal_acts,
    messages,
    order_acts,
    order_lists,
    orders,
    record,
    return_acts,
    return_advice,
    returns,
    search,
    static_files,
    stock,
    stock_acts,
    tables,
    today,
    values,
    worklist_acts,
    worklists,
)


def routers(engine: Engine) -> Iterator[APIRouter]:
    """The desk's pages. They block, so each runs in the server's pool of threads; each names the right it needs."""
    yield static_files.routes()
    for place in (
        today,
        flows,
        order_acts,
        exception_acts,
        exception_proposals,
        exception_edits,
        exceptions,
        search,
        order_lists,
        orders,
        stock_acts,
        stock,
        garments,
        return_acts,
        return_advice,
        returns,
        journal_acts,
        values,
        books,
        messages,
        filters,
        tables,
        worklist_acts,
        worklists,
        record,
        access,
    ):
        yield place.routes(engine)
