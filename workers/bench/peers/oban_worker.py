"""A worker of oban, with its lifeline set so that the jobs of a process that is gone are worked on again soon."""

from __future__ import annotations

import asyncio
import signal

import uvloop
from oban import Oban, job
from psycopg_pool import AsyncConnectionPool

from workers.bench.peers.posting import ATONCE, DSN, STALLED, Poster

poster = Poster()


@job(queue="bench")
async def post(reference: str) -> None:
    """Post one order."""
    await poster.post(reference)


async def main() -> None:
    """Work until ended."""
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    async with (
        AsyncConnectionPool(conninfo=DSN, min_size=4, max_size=ATONCE + 2) as pool,
        Oban(
            pool=pool,
            queues={"bench": ATONCE},
            lifeline={"interval": STALLED / 4, "rescue_after": STALLED},
        ),
    ):
        await ended.wait()


if __name__ == "__main__":
    uvloop.run(main())
