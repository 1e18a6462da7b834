"""The world of one worker process: its runtime, its schedules, its heartbeat, and the slots that it drains."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache, partial

from celery import Celery

from workers.broker.queues import CONTROL
from workers.cases import case_schedules, notices
from workers.domain import overlay
from workers.ledger.store import Claimed
from workers.observability.flower import Flower
from workers.spine.dead_letters import Standing
from workers.spine.delivery import MOST, Handler, Slot
from workers.spine.heart import Heart
from workers.spine.ringer import Bell
from workers.spine.runtime import Runtime
from workers.spine.scheduler import Scheduled
from workers.spine.ticker import Ticker
from workers.wiring import schedules
from workers.wiring.handlers import handler_for
from workers.wiring.systems import configuration


class Process:
    """The parts of this worker process; built when it is ready, after any fork."""

    def __init__(
        self,
        app: Celery,
        node: str,
        *,
        lone: bool,
        lanes: Sequence[str],
        ring: Callable[[Bell], None],
        ring_scheduled: Callable[[str], bool],
        on_dead: Callable[[Claimed], None],
    ) -> None:
        """``node`` is the worker's name in Flower, ``lanes`` its queues; ``lone``: the one-slot worker for suspects."""
        self.runtime = Runtime(configuration())
        self.reporter = Flower(app, node)
        listed = schedules.schedules(self.runtime, ring, self._show) | case_schedules.schedules(self.runtime)
        self.schedules = {name: self._fresh(scheduled) for name, scheduled in listed.items()}
        self._made = cache(partial(handler_for, self.runtime))
        self._on_dead = on_dead
        self.heart = Heart(self.runtime, node, lone=lone, lanes=lanes, tell=partial(notices.tell_beside, self.runtime))
        self.ticker = Ticker(self.runtime, self.schedules, ring_scheduled) if CONTROL in lanes else None

    def _show(self, standing: Standing) -> None:
        """Tell Flower of the dead letters that stand."""
        self.reporter.stand(standing.counts, standing.letters, self.runtime.configuration.desk.url)

    def _handler(self, flow: str, connection: str, kind: str) -> Handler:
        overlay.refresh(self.runtime)
        return self._made(flow, connection, kind)

    def _fresh(self, scheduled: Scheduled) -> Scheduled:
        """Run it with tables as people changed them last."""

        def run() -> object:
            overlay.refresh(self.runtime)
            return scheduled.run()

        return replace(scheduled, run=run)

    def slot(self) -> Slot:
        """The surroundings of a draining slot."""
        runtime = self.runtime
        return Slot(
            store=runtime.store,
            handler=self._handler,
            health=runtime.health,
            reporter=self.reporter,
            doubt_wait=runtime.doubt_wait,
            lease=runtime.lease,
            clock=time.monotonic,
            sleep=time.sleep,
            dice=random.Random(),  # noqa: S311  jitter, not a secret
            on_dead=self._on_dead,
            stopping=runtime.stopping.is_set,
            most=MOST,
            alive=self.heart.alive,
        )

    def close(self) -> None:
        """End: nothing of this process is waited for any more."""
        if self.ticker:
            self.ticker.stop()
        self.reporter.stop()
        self.heart.stop()
        self.runtime.close()
