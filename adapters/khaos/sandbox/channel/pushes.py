"""Uploads: what changed, as bodies; each is posted until it is answered 200, identical every time.

Source: the vendor's repository kcc-web-services, README ("anything but 200: the same data again"). The waits are our
assumption. A body that failed does not hold back newer ones, so that old figures can come after new ones.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from adapters.khaos.sandbox.books import Books
from adapters.khaos.sandbox.calling import OK, call
from adapters.khaos.sandbox.channel import order_words, stock_words
from adapters.khaos.sandbox.channel.config import LEVELS, ORDER_STATUS, STOCK, Endpoint
from adapters.khaos.sandbox.channel.documents import MEDIA_TYPES, write
from adapters.khaos.sandbox.channel.tally import Tally, code_of
from adapters.khaos.sandbox.switches import Switches

WAITS = (60.0, 300.0, 900.0, 3600.0)  # seconds after the first, second … failure; the last one stays
NAMES = {**stock_words.NAMES, **order_words.NAMES}


@dataclass
class Body:
    """Bytes for one endpoint, due at a second of the channel's clock."""

    endpoint: str
    form: str
    body: bytes
    due: float = 0.0
    tries: int = 0


class Pusher:
    """Finds what the other side was not told yet, and posts it."""

    def __init__(self, books: Books, tally: Tally, switches: Callable[[], Switches]) -> None:
        self.books = books
        self.tally = tally
        self.switches = switches
        self.outbox: list[Body] = []
        self._told_levels: dict[tuple[str, str], dict[str, Any]] = {}
        self._linked = False
        self._dice = random.Random(0)

    def collect(self, endpoints: Mapping[str, Endpoint], pulled_orders: dict[str, dict[str, Any]]) -> None:
        """Put what changed since the last time into the outbox: at the first link-up that is everything."""
        books = self.books
        codes = list(books.edited_codes if self._linked else books.products)
        moved = set(books.moved_levels)
        moved |= {(code, site) for code in codes for site in books.sites if not books.products[code].is_parent}
        self._linked = True
        books.edited_codes.clear()
        books.moved_levels.clear()
        told: list[tuple[str, Iterator[tuple[str, dict[str, Any]]]]] = [
            (STOCK, stock_words.stock_items(books, codes)),
            (LEVELS, stock_words.changed_levels(books, moved, self._told_levels)),
            (ORDER_STATUS, self._statuses(pulled_orders)),
        ]
        for name, documents in told:
            for root, document in documents:
                if (endpoint := endpoints.get(name)) is not None:
                    body = write(root, document, endpoint.form, NAMES)
                    self.outbox.append(Body(name, endpoint.form, body))

    def _statuses(self, pulled_orders: dict[str, dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
        changed = []
        for code, told in pulled_orders.items():
            status = order_words.order_status(self.books.orders[code])
            if status != told:
                pulled_orders[code] = status
                changed.append(status)
        if changed:
            yield "OrderStatuses", {"Statuses": changed}

    async def post_due(self, endpoints: Mapping[str, Endpoint], auth: tuple[str, str], moment: float) -> None:
        """Post every body that is due, oldest first."""
        for body in [body for body in self.outbox if body.due <= moment]:
            if (endpoint := endpoints.get(body.endpoint)) is None:
                self.outbox.remove(body)
                continue
            self.tally.retries[body.endpoint] += body.tries > 0
            if await self._post(body, endpoint, auth) == OK:
                self.outbox.remove(body)
                if self._dice.random() < self.switches().channel_repeat_rate:
                    self.tally.repeats[body.endpoint] += 1
                    await self._post(body, endpoint, auth)
            else:
                body.due = moment + WAITS[min(body.tries, len(WAITS) - 1)]
                body.tries += 1

    async def _post(self, body: Body, endpoint: Endpoint, auth: tuple[str, str]) -> int:
        headers = {"Content-Type": MEDIA_TYPES[body.form]}
        answer = await call("POST", endpoint.url, auth=auth, headers=headers, body=body.body)
        status = answer.status
        if self.switches().loses_answer_of(body.endpoint):
            self.tally.lost[body.endpoint] += 1
            status = 0
        self.tally.posts[body.endpoint][code_of(status)] += 1
        return status
