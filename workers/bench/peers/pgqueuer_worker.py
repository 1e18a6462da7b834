"""A worker of pgqueuer: picks eight at a time, and picks a job again when its heart has not beaten for a while."""

from __future__ import annotations

import asyncio
import signal
from datetime import timedelta

import asyncpg
import uvloop
from pgqueuer import AsyncpgPoolDriver, Job, PgQueuer

from workers.bench.peers.posting import ATONCE, DSN, STALLED, Poster

poster = Poster()


async def main() -> None:
    """Work until ended."""
    async with asyncpg.create_pool(DSN, min_size=4, max_size=ATONCE + 2) as pool:
        queue = PgQueuer(AsyncpgPoolDriver(pool))

        @queue.entrypoint("post")
        async def post(job: Job) -> None:
            """Post one order."""
            await poster.post((job.payload or b"").decode())

        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, queue.shutdown.set)
        await queue.qm.run(
            dequeue_timeout=timedelta(seconds=1),
            batch_size=ATONCE,
            max_concurrent_tasks=2 * ATONCE,
            heartbeat_timeout=timedelta(seconds=STALLED),
        )


if __name__ == "__main__":
    uvloop.run(main())
