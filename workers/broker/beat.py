"""Celery's beat, but silent while the queue of scheduled things is deep: a worker that is late is not made later.

Its bells used to expire after seconds instead. On a machine so busy that each waited longer than that, the worker did
nothing any more but throw them away. A bell has no age: what is due stands in the ledger's row.
"""

from __future__ import annotations

from typing import Any

import redis
import structlog
from celery.beat import Scheduler

from workers.broker.queues import CONTROL

log = structlog.get_logger(__name__)

DEEP = 100  # bells: about three for each scheduled thing


class ShallowScheduler(Scheduler):  # type: ignore[misc]
    """A scheduler that rings only while fewer than ``DEEP`` bells wait; what it leaves out falls due again soon."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._redis = redis.Redis.from_url(self.app.conf.broker_url, socket_timeout=5, socket_connect_timeout=5)

    def apply_entry(self, entry: Any, producer: Any = None) -> None:
        """Ring, unless nobody has heard the last ones."""
        if not self._deep():
            super().apply_entry(entry, producer=producer)

    def _deep(self) -> bool:
        try:
            return int(self._redis.llen(CONTROL)) >= DEEP  # type: ignore[arg-type]
        except redis.RedisError as error:
            log.warning("the depth of the queue cannot be read", error=type(error).__name__)
            return False  # the bell itself waits for Redis, or is left out
