"""Celery's consumer, guarded: what it cannot use is kept as poison, and never ends the worker."""

from __future__ import annotations

import json
import time
from functools import partial
from typing import Any

import structlog
from celery.worker.consumer import Consumer
from redis import ResponseError

from workers.broker import transport
from workers.broker.queues import CONTROL

log = structlog.get_logger(__name__)

REFUSED_FOR = 1.0  # seconds until Redis is tried again that answers with an error


class GuardedConsumer(Consumer):  # type: ignore[misc]
    """Celery's consumer, which keeps what it cannot use instead of logging and dropping it."""

    class Blueprint(Consumer.Blueprint):  # type: ignore[misc]
        """Its steps, without the one that makes 28 queues for tasks of a later time: a bell has none."""

        default_steps = tuple(
            step for step in Consumer.Blueprint.default_steps if not step.endswith(":DelayedDelivery")
        )

    def _keep(self, message: Any, kind: str) -> None:
        queue = (message.delivery_info or {}).get("routing_key") or CONTROL
        raw = json.dumps({"headers": message.headers, "body": str(message.body)}, default=str).encode()
        for keep in transport.on_poison:
            keep(str(queue), kind, raw)

    def ensure_connected(self, conn: Any) -> Any:
        """Connect, tried every second: Celery waits ever longer, and half a minute after Redis is back at the worst."""
        conn.ensure_connection = partial(conn.ensure_connection, interval_start=1, interval_step=0, interval_max=1)
        return super().ensure_connected(conn)

    def on_connection_error_after_connected(self, exc: Exception) -> None:
        """Connect anew; a second later where Redis answers and refuses."""
        super().on_connection_error_after_connected(exc)
        if isinstance(exc, ResponseError):
            time.sleep(REFUSED_FOR)

    def create_task_handler(self, *arguments: Any, **options: Any) -> Any:
        """Celery's own handler, which lets some malformed tasks end the worker: those are kept as well."""
        handle = super().create_task_handler(*arguments, **options)

        def guarded(message: Any) -> None:
            try:
                handle(message)
            except self.connection_errors:
                raise
            except Exception as error:
                log.exception("a message broke Celery's handler", error=type(error).__name__)
                self._keep(message, "poison")
                message.reject_log_error(log, self.connection_errors)

        return guarded

    def on_decode_error(self, message: Any, exc: Exception) -> None:
        """A body that is not what its headers say."""
        log.error("a message cannot be decoded", error=type(exc).__name__)
        self._keep(message, "poison")
        message.ack_log_error(log, self.connection_errors)

    def on_unknown_message(self, body: Any, message: Any) -> None:
        """A message that is no task."""
        log.error("a message is no task")
        self._keep(message, "poison")
        message.reject_log_error(log, self.connection_errors)

    def on_unknown_task(self, body: Any, message: Any, exc: Exception) -> None:
        """A task name that this release does not know."""
        log.error("a task is not known")
        self._keep(message, "task_unknown")
        message.reject_log_error(log, self.connection_errors)

    def on_invalid_task(self, body: Any, message: Any, exc: Exception) -> None:
        """A task whose arguments cannot be read."""
        log.error("a task is invalid", error=type(exc).__name__)
        self._keep(message, "poison")
        message.reject_log_error(log, self.connection_errors)
