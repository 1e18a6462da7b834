"""Reports every message to Flower by Celery's own task events, one life for each reference.

A slot drains many messages for one bell, so the bell's own events are off and each message is reported
under its own id. Events are buffered and sent together, a quarter of a second late at the most.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Sequence
from typing import Any

import structlog
from celery import Celery
from celery.events.event import get_exchange
from celery.utils.time import utcoffset
from kombu.messaging import Producer

from workers.ledger.store import Claimed
from workers.observability.privacy import mask

log = structlog.get_logger(__name__)

FLUSH_EVERY = 0.25
AT_MOST = 20_000  # events kept while Redis is away; the ledger has the truth


class Flower:
    """Reports each message of one worker process to Flower."""

    def __init__(self, app: Celery, hostname: str) -> None:
        """``hostname`` is the worker's node name, as Flower lists it."""
        self._app = app
        self._hostname = hostname
        self._events: list[str] = []  # each as JSON, without its braces
        self._lock = threading.Lock()
        self._some = threading.Event()  # there is something to send, or an end to come to
        self._letters = True  # another process may have told of some
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="reporter", daemon=True)
        self._thread.start()

    def started(self, message: Claimed) -> None:
        """Report a claimed message as a running task."""
        told = f'"uuid": {json.dumps(message.task_id)}, "timestamp": {time.time()!r}'
        self._keep(
            f'"type": "task-received", {told}, "name": {json.dumps(message.flow)}, "kwargs": "{{}}",'
            f' "args": "({message.id}, {message.generation})", "retries": {message.attempt - 1}',
            f'"type": "task-started", {told}',
        )

    def ended(self, message: Claimed, state: str, note: str, seconds: float) -> None:
        """Report a settled message: a dead one is a failed task, one that waits is a retried task."""
        event: dict[str, Any] = {"uuid": message.task_id, "timestamp": time.time()}
        if state == "dead":
            event |= {"type": "task-failed", "exception": f"Dead({mask(note, 200)!r})", "traceback": ""}
        elif state in ("waiting", "held"):
            event |= {"type": "task-retried", "exception": f"{state}({mask(note, 200)!r})", "traceback": ""}
        else:
            event |= {"type": "task-succeeded", "result": state, "runtime": seconds}
        self._add(event)

    def failed(self, uuid: str, flow: str, arguments: tuple[int, int], why: str) -> None:
        """Report a dead message as a failed task, also when it died before it could run."""
        event = {"uuid": uuid, "timestamp": time.time()}
        self._add(
            event | {"type": "task-received", "name": flow, "args": repr(arguments), "kwargs": "{}"},
            event | {"type": "task-failed", "exception": f"Dead({mask(why, 200)!r})", "traceback": ""},
        )

    def stand(self, counts: dict[str, int], letters: Sequence[dict[str, Any]], desk: str) -> None:
        """Report the dead letters that stand, and where people reach the desk. Told again only while some stand."""
        if letters or self._letters:
            self._add(
                {"type": "dead-letters", "timestamp": time.time(), "counts": counts, "letters": letters, "desk": desk}
            )
        self._letters = bool(letters)

    def _add(self, *events: dict[str, Any]) -> None:
        self._keep(*(json.dumps(event)[1:-1] for event in events))

    def _keep(self, *texts: str) -> None:
        """Keep events that are written already, as JSON without its braces, until they are sent."""
        with self._lock:
            self._events.extend(texts)
            del self._events[:-AT_MOST]
        self._some.set()

    def stop(self) -> None:
        """Send what is left."""
        self._stop.set()
        self._some.set()
        self._thread.join(timeout=2)

    def _run(self) -> None:
        pid = os.getpid()
        while not self._stop.is_set():
            try:
                with self._app.connection_for_write() as connection:
                    producer = Producer(connection, exchange=get_exchange(connection), auto_declare=False)
                    while self._some.wait() and not self._stop.wait(FLUSH_EVERY):
                        self._some.clear()
                        self._flush(producer, pid)
                    self._flush(producer, pid)
            except Exception as error:  # noqa: BLE001  Redis may be away for any reason; visibility is not the truth
                log.warning("events for Flower wait for Redis", error=type(error).__name__)
                self._stop.wait(1.0)

    def _flush(self, producer: Producer, pid: int) -> None:
        with self._lock:
            events, self._events = self._events, []
        if not events:
            return
        shared = json.dumps({"hostname": self._hostname, "pid": pid, "utcoffset": utcoffset()})[:-1]
        batch = [f'{shared}, "clock": {self._app.clock.forward()}, {event}}}' for event in events]
        try:
            for start in range(0, len(batch), 100):
                producer.publish(
                    f"[{','.join(batch[start : start + 100])}]",
                    routing_key="task.multi",
                    content_type="application/json",
                    content_encoding="utf-8",
                    headers={"hostname": self._hostname},
                    delivery_mode=1,
                    retry=False,
                    declare=[producer.exchange],  # or, on a connection of its own, a fanout would be taken for direct
                )
        except Exception:
            with self._lock:
                self._events[:0] = events[-AT_MOST:]
            self._some.set()
            raise


class Silent:
    """Reports nothing: for where nobody watches."""

    def started(self, message: Claimed) -> None:
        """Nothing."""

    def ended(self, message: Claimed, state: str, note: str, seconds: float) -> None:
        """Nothing."""

    def stop(self) -> None:
        """Nothing."""
