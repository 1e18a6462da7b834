"""The forms on worklists and on Files: booked, settled, read again.

Each acts by the function of its command. Received goods are booked by those who keep the books alone: saying so puts
units on sale, and whoever buys wants them there.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlalchemy import Engine

from workers.access.roles import Right
from workers.cases import replays
from workers.returns_in import charges, received_lines
from workers.spine.people import CannotDo
from workers.web.desk.acting import Deed, Field, act, act_and_record, store_of
from workers.web.desk.door import Visitor, needs
from workers.web.desk.same_as import same_as
from workers.web.desk.words import LARGEST, plain

Keeping = Annotated[Visitor, Depends(needs(Right.KEEP_BOOKS))]
Solving = Annotated[Visitor, Depends(needs(Right.SOLVE))]
MOST = 2**31 - 1  # units of a line


def routes(_engine: Engine) -> APIRouter:
    """One address for each act; each answers 303 to the page that it came from."""
    router = APIRouter(include_in_schema=False)

    @router.post("/worklist-acts/received")
    @same_as("received book")
    def book(request: Request, visitor: Keeping, line: Field = "", units: Field = "", why: Field = "") -> Response:
        number, many = plain(line), plain(units)

        def do() -> None:
            left = _number(many, "how many units are booked", MOST) if many else 0
            received_lines.book(store_of(request), _number(number, "the line's number"), visitor.name, left)

        deed = Deed("received goods booked", f"received line {number}", plain(why), {"units": many})
        return act_and_record(request, visitor, "/worklists/received", deed, do)

    @router.post("/worklist-acts/charges")
    @same_as("garments charged")
    def settle(
        request: Request, visitor: Keeping, order: Field = "", tag: Field = "", amount: Field = "", why: Field = ""
    ) -> Response:
        code, garment, paid = plain(order), plain(tag), plain(amount)
        deed = Deed("charges settled", f"garment {garment} of order {code}", plain(why), {"amount": paid})

        def do() -> None:
            charges.settle(store_of(request), code, garment, paid, visitor.name)

        return act_and_record(request, visitor, "/worklists/charges", deed, do)

    @router.post("/file-acts/replay")
    @same_as("replay")
    def replay(request: Request, visitor: Solving, record: Field = "", why: Field = "") -> Response:
        def do() -> None:
            number = _number(plain(record), "the record's number")
            if not replays.replay(store_of(request), number, visitor.person, plain(why)):
                raise CannotDo(f"record {number} waits to be read already")

        return act(request, visitor, "/files", do)

    return router


def _number(text: str, what: str, most: int = LARGEST) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= most):
        raise CannotDo(f"{text!r} is not {what}: write a whole number")
    return int(text)
