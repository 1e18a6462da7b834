"""Posts one order: what a job of every peer does. Runs in the peers' own environment, without the fleet."""

from __future__ import annotations

import os
from pathlib import Path

import aiohttp

ATONCE = int(os.environ.get("PEER_AT_ONCE", "8"))  # jobs of one process at a time
DSN = os.environ.get("PEER_DATABASE_URL", "")
STALLED = 10.0  # seconds after which a job whose process is gone is worked on again
NAME = b"@REFERENCE@"
HEADERS = {
    "Authorization": "Bearer bench",
    "X-Clarus-Subdomain": "bench",
    "Content-Type": "application/json",
    "Accept": "application/json",
}


class Poster:
    """A session that stays, as each peer's documents advise."""

    def __init__(self) -> None:
        """Read the body that every side posts."""
        self._body = Path(os.environ["BARE_BODY"]).read_bytes()
        self._url = os.environ["BARE_URL"] + "/api/goods_outs"
        self._session: aiohttp.ClientSession | None = None

    async def post(self, reference: str) -> None:
        """Post the order ``reference``. Raises when the warehouse does not take it."""
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30))
        body = self._body.replace(NAME, reference.encode())
        async with self._session.post(self._url, data=body, headers=HEADERS) as answer:
            answer.raise_for_status()
            told = await answer.json()
        if not told["data"]["id"]:
            raise ValueError("the answer has no id: look at workers/bench/answers.py")
