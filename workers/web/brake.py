"""Slows down whoever tries tokens at the doors that partners call. A right token is never refused."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fastapi import Request, Response

from workers.web.doorkeeper import MINUTE, Doorkeeper
from workers.web.ledger_door import AWAY

DOORS = ("/hooks/", "/khaos/")
WRONG = (401, 404)  # what a door answers to a stranger
TOO_MANY = 429

Following = Callable[[Request], Awaitable[Response]]


def brake(keeper: Doorkeeper) -> Callable[[Request, Following], Awaitable[Response]]:
    """A middleware: answers 429 instead, once an address has shown too many wrong tokens within a minute.

    A door has judged the token before: what it took stays taken.
    """

    async def braked(request: Request, following: Following) -> Response:
        answer = await following(request)
        if answer.status_code in WRONG and request.url.path.startswith(DOORS):
            door = "/" + request.url.path.split("/")[1]  # what follows may be anything that a stranger wrote
            try:
                too_many = await keeper.too_many_wrong(request, f"calls of {door}")
            except AWAY:  # then nobody is let in, and nothing can be recorded
                return answer
            if too_many:
                return Response(status_code=TOO_MANY, headers=MINUTE)
        return answer

    return braked
