"""The Celery app: queues and their dead-letter queues, the bells, the guards, the life of a worker process."""

from __future__ import annotations

import json
import os
import random
import socket
import threading
import time
from typing import Any

import structlog
from celery import Celery, Task, bootsteps, signals
from celery.worker.consumer import Consumer
from kombu.entity import Exchange, Queue
from kombu.exceptions import OperationalError

from workers.broker import transport
from workers.broker.queues import CONTROL, DEAD, FLOWS, ISOLATE, LANES
from workers.config import environment
from workers.ledger.store import Claimed, Store, task_id
from workers.observability import alerts, logs
from workers.observability.flower import Flower
from workers.spine import dead_letters, poison, reading, scheduler
from workers.spine.delivery import Slot, drain
from workers.spine.ringer import Bell
from workers.spine.runtime import Runtime
from workers.wiring import schedules
from workers.wiring import schedules as wiring_schedules
from workers.wiring.handlers import handler_for
from workers.wiring.readers import reader_for
from workers.wiring.systems import configuration

log = structlog.get_logger(__name__)

transport.install()

HEARTBEAT = 1.0
ARGUMENTS = 2  # of a bell: an id and a generation, for ever


def _queue(name: str) -> Queue:
    return Queue(name, Exchange("", type="direct"), routing_key=name)


app = Celery("fleet")
app.conf.update(
    broker_url=configuration().fleet.broker_url,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_transport_options={
        "visibility_timeout": 3600,
        "socket_timeout": 10,
        "socket_connect_timeout": 5,
        "socket_keepalive": True,
        "health_check_interval": 10,
        "unacked_restore_interval": 10,
        "unacked_restore_throttle": 1,
        "fanout_prefix": True,
        "fanout_patterns": True,
    },
    task_queues=[_queue(name) for name in (*LANES, *DEAD.values(), CONTROL)],
    task_default_queue=CONTROL,
    task_create_missing_queues=False,
    task_ignore_result=True,
    task_acks_late=False,  # a bell is only a bell: the ledger holds the work
    task_send_sent_event=False,
    task_serializer="json",
    accept_content=["json"],
    worker_prefetch_multiplier=1,
    worker_send_task_events=True,
    worker_consumer="workers.app:GuardedConsumer",
    worker_hijack_root_logger=False,
    worker_redirect_stdouts=False,
    worker_cancel_long_running_tasks_on_connection_loss=False,
    worker_enable_remote_control=True,
    beat_scheduler="workers.broker.beat:ShallowScheduler",
    enable_utc=True,
)


class Process:
    """What this worker process is made of; built when it is ready, after any fork."""

    def __init__(self, node: str, *, lone: bool) -> None:
        """``node`` is the worker's name in Flower; ``lone`` marks the one-slot worker for suspects."""
        self.runtime = Runtime(configuration())
        self.narrator = Flower(app, node)
        self.node = node
        self.lone = lone
        self.schedules = wiring_schedules.schedules(self.runtime, ring)
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
            on_dead=ring_dead,
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


_process: Process | None = None
_building = threading.Lock()


def process() -> Process:
    """This process's world, built at first use."""
    global _process  # noqa: PLW0603  one world per process
    with _building:
        if _process is None:
            name = environment().fleet_process
            node = f"{name}@{socket.gethostname()}"
            _process = Process(node, lone=name.startswith(ISOLATE))
    return _process


def ring(bell: Bell) -> None:
    """Ring a bell, by queue name. A bell that cannot be rung is rung again by the ringer."""
    task = "dead-letters" if bell.queue.endswith(".dead") else bell.queue
    try:
        app.send_task(task, args=bell.arguments, task_id=bell.task_id, queue=bell.queue, retry=False)
    except OperationalError as error:
        log.warning("a bell waits for Redis", queue=bell.queue, error=type(error).__name__)


def ring_dead(message: Claimed) -> None:
    """A message died: its bell goes to its flow's dead-letter queue."""
    ring(Bell(DEAD[message.flow], f"{message.task_id}:dead", (message.id, message.generation)))


class BellTask(Task):  # type: ignore[misc]
    """A bell. Its own events are off: each message that it wakes is told to Flower under its own name."""

    send_events = False
    ignore_result = True
    max_retries = 0

    def on_failure(self, exc: Exception, task_id: str, args: Any, kwargs: Any, einfo: Any) -> None:
        """A bell that failed loses nothing: the ledger has the work and it is rung again."""
        log.error("a bell failed", task=self.name, task_id=task_id, error=type(exc).__name__)
        if len(args) != ARGUMENTS or kwargs:  # somebody else's: a bell of ours has an id and a generation
            here = process()
            raw = json.dumps({"task": self.name, "args": args, "kwargs": kwargs}, default=str).encode()
            poison.keep(here.runtime.store, here.runtime.redis, self.name, "poison", raw)
            ring_poison(self.name)


def _drain(lane: str) -> None:
    drain(process().slot(), lane)


for _lane in (*FLOWS, ISOLATE):

    @app.task(name=_lane, base=BellTask, bind=True)  # type: ignore[untyped-decorator]
    def _bell(self: Task, message_id: int, generation: int) -> None:  # noqa: ARG001  a bell's arguments, and Celery's binding
        """Wake a slot of this lane: it works until nothing may go."""
        _drain(self.name)


@app.task(name="dead-letters", base=BellTask)  # type: ignore[untyped-decorator]
def file_dead(message_id: int, generation: int) -> None:
    """File the exception of a dead message; generation 0 is a record that is no task."""
    here = process()
    if generation == 0:
        reading.read_inbox(here.runtime, lambda connection, source: reader_for(here.runtime, connection, source))
    else:
        row = dead_letters.file_dead(here.runtime, message_id, generation)
        if row is not None:  # one that died while it was read never ran: it is a failed task all the same
            name = task_id(row["flow"], row["connection"], row["reference"], row["version"])
            here.narrator.failed(name, row["flow"], (message_id, generation), row["error"] or row["error_kind"])


@app.task(name=CONTROL, base=BellTask, bind=True)  # type: ignore[untyped-decorator]
def run_scheduled(self: Task, name: str, _generation: int) -> None:  # noqa: ARG001  a bell's arguments, and Celery's binding
    """Run one scheduled thing, if it is due."""
    here = process()
    scheduler.run_due(here.runtime, here.schedules, name)


@app.on_after_finalize.connect
def _schedule(sender: Celery, **_: Any) -> None:
    runtime = Runtime(configuration())
    for scheduled in wiring_schedules.schedules(runtime, ring).values():
        beat_every = min(scheduled.every, 5.0)  # a lost bell costs at most this; the row says what is due
        sender.conf.beat_schedule[scheduled.name] = {
            "task": CONTROL,
            "schedule": beat_every,
            "args": (scheduled.name, 0),
            "options": {"queue": CONTROL},
        }


class GuardedConsumer(Consumer):  # type: ignore[misc]
    """Celery's consumer, which keeps what it cannot use instead of logging and dropping it."""

    def _keep(self, message: Any, kind: str) -> None:
        here = process()
        queue = (message.delivery_info or {}).get("routing_key") or CONTROL
        raw = json.dumps({"headers": message.headers, "body": str(message.body)}, default=str).encode()
        poison.keep(here.runtime.store, here.runtime.redis, str(queue), kind, raw)
        ring_poison(str(queue))

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


def ring_poison(queue: str) -> None:
    """Poison is a dead letter as well: ring the dead-letter queue of the queue that it stood in."""
    base = queue.removesuffix(".dead")
    ring(Bell(DEAD.get(base, DEAD["orders-out"]), f"poison:{base}:{time.time_ns()}", (0, 0)))


def _on_poison(queue: str, raw: bytes) -> None:
    here = process()
    poison.keep(here.runtime.store, here.runtime.redis, queue, "poison", raw)
    ring_poison(queue)


transport.on_poison.append(_on_poison)


class ProcessStep(bootsteps.StartStopStep):  # type: ignore[misc]
    """Builds the process's world before the first bell is taken, and says so in the ledger."""

    def start(self, worker: Any) -> None:
        """Install rows and begin to beat."""
        here = process()
        schedules.install(here.runtime, here.schedules)

    def stop(self, worker: Any) -> None:
        """Let the draining slots end after the message that they are at."""
        if _process is not None:
            _process.runtime.stopping.set()


app.steps["worker"].add(ProcessStep)


@signals.setup_logging.connect
def _logging(**_: Any) -> None:
    logs.configure(environment().fleet_process, environment().fleet_log_level)


@signals.celeryd_init.connect
@signals.beat_init.connect
def _alerting(**_: Any) -> None:
    alerts.configure(
        configuration().fleet.sentry_dsn or None,
        environment=environment().fleet_environment,
        release=_release(),
        process=environment().fleet_process,
    )


def _release() -> str:
    from importlib.metadata import version  # noqa: PLC0415  read once

    return version("khaos-fleet")


@signals.worker_shutting_down.connect
def _stopping(**_: Any) -> None:
    if _process is not None:
        _process.runtime.stopping.set()


@signals.worker_shutdown.connect
def _ended(**_: Any) -> None:
    if _process is not None:
        _process.close()
