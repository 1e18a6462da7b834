"""Celery's beat, but silent while the queue of scheduled things is deep: a worker that is late is not made later.

Its bells used to expire after seconds instead. On a machine so busy that each waited longer than that, the worker did
nothing any more but throw them away. A bell has no age: what is due stands in the ledger's row.
"""

from __future__ import annotations

from typing import Any

from celery.beat import Scheduler

from workers.broker.depth import UNKNOWN, Depth
from workers.broker.queues import CONTROL

DEEP = 100  # bells: about three for each scheduled thing


class ShallowScheduler(Scheduler):  # type: ignore[misc]
    """A scheduler that rings only while fewer than ``DEEP`` bells wait; what it leaves out falls due again soon."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._depth = Depth(self.app.conf.broker_url)

    def apply_entry(self, entry: Any, producer: Any = None) -> None:
        """Ring, unless nobody has heard the last ones."""
        depth = self._depth.of(CONTROL)
        if depth < DEEP or depth == UNKNOWN:  # then the bell itself waits for the broker, or is left out
            super().apply_entry(entry, producer=producer)
