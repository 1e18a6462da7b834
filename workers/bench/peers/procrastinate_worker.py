"""A worker of procrastinate. Jobs of a worker that is gone are put back by every other, as its manual advises."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import UTC, datetime

import procrastinate
import uvloop

from workers.bench.peers.posting import ATONCE, DSN, STALLED, Poster

app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=DSN, min_size=4, max_size=ATONCE + 4))
poster = Poster()


@app.task(name="post", queue="bench")
async def post(reference: str) -> None:
    """Post one order."""
    await poster.post(reference)


async def rescue() -> None:
    """Put jobs of processes that are gone back."""
    while True:
        await asyncio.sleep(STALLED / 4)
        for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED):
            with contextlib.suppress(procrastinate.exceptions.ProcrastinateException):
                await app.job_manager.retry_job(job, retry_at=datetime.now(UTC))


async def main() -> None:
    """Work until ended."""
    async with app.open_async():
        rescuing = asyncio.create_task(rescue())
        await app.run_worker_async(
            queues=["bench"],
            concurrency=ATONCE,
            update_heartbeat_interval=STALLED / 4,
            stalled_worker_timeout=STALLED,
            fetch_job_polling_interval=1.0,
            install_signal_handlers=True,
        )
        rescuing.cancel()


if __name__ == "__main__":
    uvloop.run(main())
