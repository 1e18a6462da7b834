"""How much of the machine one person's reading may take: who reads without a pause does not slow deliveries.

Nobody is refused: a person's pages come at once as long as they take a small part of a core on average, and a little
later beyond that. Ten people who read what they open never wait.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from fastapi import Request, Response

SHARE = 0.15  # CPU seconds of making pages for each second that passes
BURST = 3.0  # CPU seconds of making pages at once: some fifty
LEDGER = 2.0  # what a page takes in all for what it takes of this process: the ledger works about as long as the page
LONGEST = 2.0  # seconds that a page waits at the most
REMEMBERED = 1000  # readers


@dataclass(slots=True)
class _Reader:
    credit: float
    at: float


class Pace:
    """Of one web process. ``clock`` gives seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._readers: OrderedDict[str, _Reader] = OrderedDict()

    def wait(self, reader: str) -> float:
        """Seconds that the next page of this reader is to wait."""
        return min(LONGEST, max(0.0, -self._now(reader).credit / SHARE))

    def spent(self, reader: str, seconds: float) -> None:
        """Count the CPU seconds that a page of this reader took."""
        self._now(reader).credit -= seconds

    def _now(self, reader: str) -> _Reader:
        now = self._clock()
        found = self._readers.pop(reader, None) or _Reader(BURST, now)
        found.credit = min(BURST, found.credit + SHARE * (now - found.at))
        found.at = now
        self._readers[reader] = found  # the last seen stand last
        if len(self._readers) > REMEMBERED:
            self._readers.popitem(last=False)
        return found


def paced(cookie: str) -> Callable[[Request, Callable[[Request], Awaitable[Response]]], Awaitable[Response]]:
    """Make the middleware that gives each holder of this cookie their pace; what acts is never made to wait."""
    pace = Pace()

    async def middleware(request: Request, following: Callable[[Request], Awaitable[Response]]) -> Response:
        reader = request.cookies.get(cookie, "") if request.method == "GET" else ""
        if not reader:
            return await following(request)
        if seconds := pace.wait(reader):
            await asyncio.sleep(seconds)
        began = time.process_time()  # what others do meanwhile counts for both: pages rarely overlap
        try:
            return await following(request)
        finally:
            pace.spent(reader, LEDGER * (time.process_time() - began))

    return middleware
