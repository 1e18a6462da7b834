"""Partners' calls that are refused again and again: a key or a password may have been changed on one side alone."""

from __future__ import annotations

import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable

import structlog
from fastapi.concurrency import run_in_threadpool
from sqlalchemy import Engine

from workers.ledger.store import Store
from workers.spine import exceptions
from workers.spine.exceptions import Once
from workers.web.ledger_door import AWAY, name_of, present

log = structlog.get_logger(__name__)

KIND = "calls_refused"
MANY, WITHIN = 5, 3600.0  # refusals and seconds: strangers try a door as well, and seldom


class RefusedCalls:
    """Counts refusals in a row of each door of a connection within this process."""

    def __init__(self, store: Store, engine: Engine, flow: str, clock: Callable[[], float] = time.monotonic) -> None:
        """``engine`` is asked first whether the ledger is there. ``flow`` is the queue that those calls feed."""
        self._store, self._engine, self._flow, self._clock = store, engine, flow, clock
        self._refused: defaultdict[str, deque[float]] = defaultdict(lambda: deque(maxlen=MANY))
        self._well: set[str] = set()
        self._lock = threading.Lock()

    async def refused(self, connection: str, door: str, why: str) -> None:
        """Count one; file the exception of that door once there are many and none was taken between them."""
        name, now = f"{connection}:{door}", self._clock()
        with self._lock:
            times = self._refused[name]
            times.append(now)
            if len(times) < MANY or now - times[0] > WITHIN:
                return
            times.clear()
            self._well.discard(name)
        await self._write(lambda: self._file(connection, door, why))

    async def taken(self, connection: str, door: str) -> None:
        """One was taken: whatever was refused before was a stranger's, or is mended."""
        name = f"{connection}:{door}"
        with self._lock:
            self._refused[name].clear()
            if name in self._well:
                return
        if await self._write(lambda: exceptions.close(self._store.run, KIND, f"calls:{name}", "a call was taken")):
            self._well.add(name)

    def _file(self, connection: str, door: str, why: str) -> None:
        exceptions.file(
            self._store.run,
            KIND,
            subject=f"calls:{connection}:{door}",
            story=f"connection {connection}",
            flow=self._flow,
            connection=connection,
            why=f"{MANY} calls of the {door} in a row were refused, the last for its {why}",
            once=Once.WHILE_OPEN,
        )

    async def _write(self, write: Callable[[], None]) -> bool:
        try:
            await run_in_threadpool(present, self._engine)
            await run_in_threadpool(write)
        except AWAY as error:
            log.warning("what was refused could not be written down", error=name_of(error))
            return False
        return True
