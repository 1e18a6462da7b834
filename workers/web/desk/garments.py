"""Garments with a tag of their own: what is off the books, files that were refused, and what people say of one.

Each form acts by the function of its command in ``fleet garments``. What takes value off the books needs the right to
keep them; what only says where a garment is needs the right to solve.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy import Engine

from workers.access.roles import Right
from workers.spine.acts import reason_of
from workers.spine.people import CannotDo
from workers.stock_in import garment_people, write_offs
from workers.views.garments import garment, unannounced
from workers.web.desk.acting import Deed, Field, act_and_record, store_of
from workers.web.desk.door import Visitor, needs
from workers.web.desk.rendering import render, segment
from workers.web.desk.same_as import same_as
from workers.web.desk.words import NOT_FOUND, Part, plain

Seeing = Annotated[Visitor, Depends(needs(Right.SEE))]
Solving = Annotated[Visitor, Depends(needs(Right.SOLVE))]
Keeping = Annotated[Visitor, Depends(needs(Right.KEEP_BOOKS))]
HERE = "/garments"
SAID = {  # what is said of a garment or its file, the command that does the same, and what is recorded
    "accept-file": ("garments accept-file", "stock file accepted"),
    "adopt": ("garments adopt", "garments adopted"),
    "settle": ("garments settle", "garment's state said"),
}
ENDED = {  # what takes one off the books, likewise
    "give-up": ("garments give-up", "garment given up"),
    "write-off": ("garments write-off", "garment written off"),
}


def routes(engine: Engine) -> APIRouter:
    """The list, one garment, and the forms of both."""
    router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

    @router.get(HERE)
    def every(request: Request, visitor: Seeing) -> HTMLResponse:
        store = store_of(request)
        return render(
            request,
            visitor,
            "garments.html",
            retired=write_offs.waiting(store),
            files=garment_people.files(store),
            strangers=unannounced(engine),
        )

    @router.get("/garments/{tag:path}")
    def one(request: Request, visitor: Seeing, tag: str) -> HTMLResponse:
        asked = plain(tag)[:100]
        found = garment(engine, asked) if asked else None
        if found is None:
            return render(request, visitor, "nothing.html", NOT_FOUND, why=f"The ledger knows no garment “{asked}”.")
        states = [state.value for state in garment_people.SETTLED_AS]
        return render(request, visitor, "garment.html", garment=found[0], left=found[1], states=states)

    _forms(router)
    return router


def _forms(router: APIRouter) -> None:
    @router.post("/garment-acts/say/{deed}", response_class=Response)
    @same_as(*(command for command, _ in SAID.values()))
    def say(
        request: Request,
        visitor: Solving,
        deed: Part,
        name: Field = "",
        tag: Field = "",
        state: Field = "",
        why: Field = "",
    ) -> Response:
        store, who, file, code = store_of(request), visitor.name, plain(name), plain(tag)

        def do() -> None:
            reason_of(why, "what is said of a garment")
            if deed == "accept-file":
                garment_people.accept_file(store, file, who)
            elif deed == "adopt":
                garment_people.adopt(store, code, who)
            elif deed == "settle":
                garment_people.settle(store, code, plain(state), who)
            else:
                raise CannotDo(f"there is no act {deed!r}")

        thing = f"stock file {file}" if deed == "accept-file" else f"garment {code}"
        kept = Deed(SAID.get(deed, ("", deed))[1], thing, plain(why), {"state": plain(state)})
        return act_and_record(request, visitor, _back(code if deed == "settle" else ""), kept, do)

    @router.post("/garment-acts/end/{deed}", response_class=Response)
    @same_as(*(command for command, _ in ENDED.values()))
    def end(request: Request, visitor: Keeping, deed: Part, tag: Field = "", why: Field = "") -> Response:
        store, who, code = store_of(request), visitor.name, plain(tag)

        def do() -> None:
            reason_of(why, "taking a garment off the books")
            if deed == "give-up":
                garment_people.give_up(store, code, who)
            elif deed == "write-off":
                write_offs.confirm(store, code, who)
            else:
                raise CannotDo(f"there is no act {deed!r}")

        kept = Deed(ENDED.get(deed, ("", deed))[1], f"garment {code}", plain(why))
        return act_and_record(request, visitor, _back(code if deed == "give-up" else ""), kept, do)


def _back(tag: str) -> str:
    return f"{HERE}/{segment(tag)}" if tag else HERE
