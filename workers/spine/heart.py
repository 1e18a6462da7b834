"""The heartbeat of a process: reports it alive, renews its leases, and notices when no schedule runs.

While it cannot beat, the fleet may count the process as dead; so the process then sends nothing by itself.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import structlog

from workers.config import environment
from workers.ledger.store import Store
from workers.spine import scheduler, watch
from workers.spine.machine import machine
from workers.spine.runtime import Runtime

log = structlog.get_logger(__name__)

BEAT = 1.0  # seconds, while the process works on something
CALM = 8.0  # seconds, while it does not; and at most two fifths of the silence after which it counts as dead
RENEWED_EVERY = 5.0  # seconds
LOOKED_EVERY = 15.0  # seconds; and only after a minute of beating: an outage of the ledger is no trouble of schedules
TRUSTED_AFTER = 60.0


class Heart:
    """The heartbeat, in a thread and over a connection of its own."""

    def __init__(
        self,
        runtime: Runtime,
        node: str,
        *,
        lone: bool,
        lanes: Sequence[str],
        tell: Callable[[], object] = lambda: None,
    ) -> None:
        """``node`` is the worker's name in Flower; ``lanes`` are the queues that it takes from.

        ``tell`` tells owners where nothing scheduled runs, which would; it must return at once.
        """
        self._tell = tell
        self._runtime = runtime
        self._node, self._lone, self._lanes = node, lone, list(lanes)
        self._store = Store(runtime.configuration.fleet.database_url, size=1, application=f"{node} heart")
        self._last = 0.0
        self._calm = max(BEAT, min(CALM, runtime.configuration.fleet.limits.process_silent * 2 / 5))
        self._working = 0
        self._lock = threading.Lock()
        self._hurry = threading.Event()
        self._stop = threading.Event()
        folder = environment().fleet_heartbeats
        self._sign = Path(folder, node.partition("@")[0]) if folder else None
        self._beat()
        self._show()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)
        self._thread.start()

    def alive(self) -> bool:
        """Whether the last beat is fresh enough that nobody counts this process as dead."""
        return time.monotonic() - self._last < self._runtime.configuration.fleet.limits.process_silent

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Beat quickly while this is open, in however many threads."""
        with self._lock:
            self._working += 1
            if self._working == 1:
                self._hurry.set()
        try:
            yield
        finally:
            with self._lock:
                self._working -= 1

    def stop(self) -> None:
        """Beat no more, and say that the process has ended."""
        self._stop.set()
        self._hurry.set()
        if self._sign:
            self._sign.unlink(missing_ok=True)
        self._store.run("update process set beat_at = '-infinity' where id = %s", self._runtime.store.process_id)
        self._store.close()

    def _beat(self) -> None:
        began = time.monotonic()
        back = self._store.row(
            "select beat(%s, %s, %s, %s, %s, %s, %s) as by",
            self._runtime.store.process_id,
            self._node,
            socket.gethostname(),
            os.getpid(),
            self._lone,
            machine(),
            self._lanes,
        )
        if back and back["by"]:
            log.warning("the clock of Postgres went back", seconds=round(back["by"].total_seconds()))
        self._last = began

    def _show(self) -> None:
        """Show whoever looks into this container that the heart turns (deploy/beating.py)."""
        if self._sign:
            self._sign.parent.mkdir(parents=True, exist_ok=True)
            self._sign.touch()

    def _run(self) -> None:
        began = renewed = looked = time.monotonic()
        missed = False
        while not self._stop.is_set():
            if self._hurry.wait(BEAT if self._working or missed else self._calm):
                self._hurry.clear()
                if self._stop.wait(max(0.0, self._last + BEAT - time.monotonic())):
                    return
            now = time.monotonic()
            try:
                self._show()
                missed = True
                self._beat()
                missed = False
                if now - renewed >= RENEWED_EVERY:
                    scheduler.renew(self._runtime, self._store.run)
                    renewed = now
                if now - began >= TRUSTED_AFTER and now - looked >= LOOKED_EVERY:
                    if watch.look_after_schedules(self._runtime):
                        self._tell()
                    looked = now
            except Exception as error:  # noqa: BLE001  the ledger may be away; the heart goes on
                began = time.monotonic()
                log.warning("no heartbeat", error=type(error).__name__)
