"""Downloads: one GET of orders or returns, and what becomes of its answer.

Source: the vendor's repository kcc-web-services, README (Sirion-Continuation, SpecificIDs). That a batch which is
refused as a whole, or an answer to SpecificIDs, does not move the continuation is our assumption.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from adapters.khaos.sandbox.books import Books
from adapters.khaos.sandbox.calling import OK, Answer, call
from adapters.khaos.sandbox.channel.batch import objection
from adapters.khaos.sandbox.channel.config import RETURNS, Endpoint
from adapters.khaos.sandbox.channel.documents import UnreadableDocument, read
from adapters.khaos.sandbox.channel.orders import import_pulled_orders
from adapters.khaos.sandbox.channel.returns import import_returns
from adapters.khaos.sandbox.channel.tally import Tally, code_of
from adapters.khaos.sandbox.records import now
from adapters.khaos.sandbox.switches import Switches

START = timedelta(days=92)  # how far back the channel's start date lies
CONTINUATION = "Sirion-Continuation"


class Puller:
    """Pulls, imports, and keeps the last continuation of each endpoint."""

    def __init__(self, books: Books, tally: Tally, switches: Callable[[], Switches]) -> None:
        self.books = books
        self.tally = tally
        self.switches = switches
        self.continuation: dict[str, str] = {}
        self.pulled_orders: dict[str, dict[str, Any]] = {}  # code -> the status last told
        self._first = f"{now() - START:%Y-%m-%d %H:%M:%SZ}"

    async def pull(self, name: str, endpoint: Endpoint, auth: tuple[str, str], wanted: Sequence[str] = ()) -> None:
        """One GET; with ``wanted`` only those references are asked for, as an operator's retry does."""
        headers = {CONTINUATION: self.continuation.get(name, self._first)}
        if wanted:
            headers["SpecificIDs"] = f'"{",".join(wanted)}"'
        answer = await call("GET", endpoint.url, auth=auth, headers=headers)
        self.tally.gets[name][code_of(answer.status)] += 1
        if self.switches().loses_answer_of(name):
            self.tally.lost[name] += 1
        elif answer.status == OK and self._take(name, endpoint, answer) and not wanted:
            self.continuation[name] = answer.headers.get(CONTINUATION, headers[CONTINUATION])

    def _take(self, name: str, endpoint: Endpoint, answer: Answer) -> bool:
        """Import the batch; False when it was refused as a whole."""
        try:
            document = read(answer.body, endpoint.form)
            why = objection(document, endpoint.form)
        except UnreadableDocument as error:
            why = str(error)
        if why:
            self.tally.rejected[name, "", why] += 1
            return False
        if name == RETURNS:
            taken, rejected = import_returns(self.books, document)
        else:
            codes, rejected = import_pulled_orders(self.books, document, auto_split=self.switches().auto_split)
            self.pulled_orders |= {code: {} for code in codes}
            taken = len(codes)
        self.tally.imported[name] += taken
        self.tally.rejected.update((name, reference, reason) for reference, reason in rejected)
        return True
