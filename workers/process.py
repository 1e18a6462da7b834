"""The world of one worker process: its runtime, its schedules, its heartbeat, and the slots that it drains."""

from __future__ import annotations

import os
import random
import socket
import threading
import time
from collections.abc import Callable

import structlog
from celery import Celery

from workers.ledger.store import Claimed, Store
from workers.observability.flower import Flower
from workers.spine.delivery import Slot
from workers.spine.ringer import Bell
from workers.spine.runtime import Runtime
from workers.wiring import schedules
from workers.wiring.handlers import handler_for
from workers.wiring.systems import configuration

log = structlog.get_logger(__name__)

HEARTBEAT = 1.0


class Process:
    """What this worker process is made of; built when it is ready, after any fork."""

    def __init__(
        self, app: Celery, node: str, *, lone: bool, ring: Callable[[Bell], None], on_dead: Callable[[Claimed], None]
    ) -> None:
        """``node`` is the worker's name in Flower; ``lone`` marks the one-slot worker for suspects."""
        self.runtime = Runtime(configuration())
        self.narrator = Flower(app, node)
        self.node = node
        self.lone = lone
        self.schedules = schedules.schedules(self.runtime, ring)
        self._on_dead = on_dead
        self._stop = threading.Event()
        self._heart_store = Store(self.runtime.configuration.fleet.database_url, size=1, application=f"{node} heart")
        self._beat()
        threading.Thread(target=self._heart, name="heartbeat", daemon=True).start()

    def slot(self) -> Slot:
        """What a draining slot works with."""
        runtime = self.runtime
        return Slot(
            store=runtime.store,
            handler=lambda flow, connection, kind: handler_for(runtime, flow, connection, kind),
            health=runtime.health,
            narrator=self.narrator,
            doubt_wait=runtime.doubt_wait,
            lease=runtime.lease,
            clock=time.monotonic,
            sleep=time.sleep,
            dice=random.Random(),  # noqa: S311  jitter, not a secret
            on_dead=self._on_dead,
            stopping=runtime.stopping.is_set,
        )

    def _beat(self) -> None:
        self._heart_store.run(
            "insert into process (id, name, host, pid, lone) values (%s, %s, %s, %s, %s)"
            " on conflict (id) do update set beat_at = now()",
            self.runtime.store.process_id,
            self.node,
            socket.gethostname(),
            os.getpid(),
            self.lone,
        )

    def _heart(self) -> None:
        while not self._stop.wait(HEARTBEAT):
            try:
                self._beat()
            except Exception as error:  # noqa: BLE001  Postgres may be away; the heart goes on
                log.warning("no heartbeat", error=type(error).__name__)

    def close(self) -> None:
        """End: nothing of this process is waited for any more."""
        self._stop.set()
        self.narrator.stop()
        self._heart_store.close()
        self.runtime.store.run("update process set beat_at = '-infinity' where id = %s", self.runtime.store.process_id)
        self.runtime.close()
