"""The forms on a return's page: grade, offer for credit, name its credit note, stop, and what happened elsewhere.

Each acts by the function of its command in ``fleet returns``.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlalchemy import Engine

from workers.access.roles import Right
from workers.returns_in import decisions
from workers.spine.acts import reason_of
from workers.spine.people import CannotDo
from workers.web.desk.acting import Deed, Field, act_and_record, store_of
from workers.web.desk.door import Visitor, needs
from workers.web.desk.rendering import segment
from workers.web.desk.same_as import same_as
from workers.web.desk.words import Part, plain

Deciding = Annotated[Visitor, Depends(needs(Right.DECIDE_RETURNS))]
DEEDS = {name: f"returns {name}" for name in ("grade", "offer", "credited", "refunded", "released", "stop")}
DONE = {
    "grade": "return graded",
    "offer": "return offered",
    "credited": "return's credit note named",
    "refunded": "return's refund confirmed",
    "released": "return released from quarantine",
    "stop": "return stopped",
}


def routes(_engine: Engine) -> APIRouter:
    """One address for each act; all need the right to decide returns, and answer 303 to the return's page."""
    router = APIRouter(include_in_schema=False)

    @router.post("/return-acts/{deed}")
    @same_as(*DEEDS.values())
    def do_it(
        request: Request,
        visitor: Deciding,
        deed: Part,
        reference: Field = "",
        why: Field = "",
        condition: Field = "",
        hold: Field = "",
        order: Field = "",
        price: Field = "",
        note: Field = "",
    ) -> Response:
        store, who, code = store_of(request), visitor.name, plain(reference)
        told = {
            "condition": plain(condition), "hold reason": plain(hold), "order": plain(order), "price": plain(price),
            "note": plain(note),
        }  # fmt: skip

        def do() -> None:
            if deed == "grade":
                decisions.grade(store, code, told["condition"], told["hold reason"], who)
            elif deed == "offer":
                reason_of(why, "offering a return")
                decisions.offer(store, code, who, told["order"], _amount(told["price"]))
            elif deed == "credited":
                decisions.credited(store, code, _given(told["note"], "the credit note's code"), who)
            elif deed == "refunded":
                decisions.refunded(store, code, who)
            elif deed == "released":
                decisions.released(store, code, who)
            elif deed == "stop":
                decisions.stop(store, code, who, plain(why))
            else:
                raise CannotDo(f"there is no act {deed!r}")

        kept = Deed(DONE.get(deed, deed), f"return {code}", plain(why), told)
        return act_and_record(request, visitor, f"/returns/{segment(code)}", kept, do)

    return router


def _amount(text: str) -> Decimal | None:
    try:
        return Decimal(text) if text else None
    except InvalidOperation:
        raise CannotDo(f"{text!r} is no amount: write what one unit is credited with, such as 9.50") from None


def _given(text: str, what: str) -> str:
    if not text:
        raise CannotDo(f"write {what}")
    return text
