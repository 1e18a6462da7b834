"""The forms on Stock: take a count for true, have a SKU counted again.

Each acts by the function of its command in ``fleet stock-differences``.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlalchemy import Engine

from workers.access.roles import Right
from workers.spine.acts import reason_of
from workers.spine.people import CannotDo
from workers.stock_in import count_differences
from workers.web.desk.acting import Deed, Field, act_and_record, store_of
from workers.web.desk.door import Visitor, needs
from workers.web.desk.same_as import same_as
from workers.web.desk.words import plain

Keeping = Annotated[Visitor, Depends(needs(Right.KEEP_BOOKS))]
Solving = Annotated[Visitor, Depends(needs(Right.SOLVE))]
HERE = "/stock"


def routes(_engine: Engine) -> APIRouter:
    """One address for each act; each answers 303 to Stock."""
    router = APIRouter(include_in_schema=False)

    @router.post("/stock-acts/adopt")
    @same_as("stock-differences adopt")
    def adopt(
        request: Request, visitor: Keeping, site: Field = "", sku: Field = "", seen: Field = "", why: Field = ""
    ) -> Response:
        home, code = plain(site), plain(sku)

        def do() -> None:
            reason_of(why, "taking a count for true")
            if not plain(seen):
                raise CannotDo("the form does not say which figures you saw: open Stock again, and adopt there")
            count_differences.adopt(store_of(request), home, code, visitor.name, plain(seen))

        deed = Deed("count adopted", f"SKU {code} at {home}", plain(why))
        return act_and_record(request, visitor, HERE, deed, do)

    @router.post("/stock-acts/recount")
    @same_as("stock-differences recount")
    def recount(request: Request, visitor: Solving, site: Field = "", sku: Field = "") -> Response:
        home, code = plain(site), plain(sku)
        deed = Deed("recount asked for", f"SKU {code} at {home}")
        return act_and_record(
            request, visitor, HERE, deed, lambda: count_differences.recount(store_of(request), home, code, visitor.name)
        )

    return router
