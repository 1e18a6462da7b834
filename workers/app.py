"""The Celery app: queues and their dead-letter queues, the bells, the life of a worker process."""

from __future__ import annotations

import json
import socket
import threading
import time
from typing import Any

import structlog
from celery import Celery, Task, bootsteps, signals
from kombu.exceptions import OperationalError
from redis import RedisError

from workers.broker import remote_control, transport
from workers.broker.celery_app import fleet_app
from workers.broker.queues import CONTROL, DEAD, FLOWS, ISOLATE
from workers.config import environment
from workers.ledger.store import Claimed, task_id
from workers.observability import alerts, logs
from workers.process import Process
from workers.spine import dead_letters, poison, reading, restored, scheduler
from workers.spine.delivery import drain
from workers.spine.laid_settings import Outdated
from workers.spine.ringer import Bell
from workers.spine.runtime import Runtime
from workers.spine.ticker import is_tick
from workers.wiring import schedules
from workers.wiring.readers import reader_for
from workers.wiring.systems import configuration

log = structlog.get_logger(__name__)

remote_control.limit()

BEAT_EVERY = 300.0  # seconds; the ticker rings when something is due: beat is for a ticker that is not well
OUTDATED = 78  # the exit code of a worker whose fleet.toml is older than the one that stands (EX_CONFIG)
UNWELL = (OperationalError, RedisError)  # the broker is away; Redis is full, or a replica that takes no writes
ARGUMENTS = 2  # of a bell: an id and a generation, for ever


app = fleet_app(configuration().fleet.broker_url)


_process: Process | None = None
_building = threading.Lock()


def process() -> Process:
    """This process's world, built at first use."""
    global _process  # noqa: PLW0603  one world per process
    with _building:
        if _process is None:
            name = environment().fleet_process
            node = f"{name}@{socket.gethostname()}"
            lanes = list(app.amqp.queues.consume_from)
            _process = Process(
                app,
                node,
                lone=name.startswith(ISOLATE),
                lanes=lanes,
                ring=ring,
                ring_scheduled=ring_scheduled,
                on_dead=ring_dead,
            )
    return _process


def ring(bell: Bell) -> None:
    """Ring a bell, by queue name. A bell that cannot be rung is rung again by the ringer."""
    task = "dead-letters" if bell.queue.endswith(".dead") else bell.queue
    try:
        app.send_task(task, args=bell.arguments, task_id=bell.task_id, queue=bell.queue, retry=False)
    except UNWELL as error:
        log.warning("a bell waits for the broker", queue=bell.queue, error=type(error).__name__)


def ring_scheduled(name: str) -> bool:
    """Ring for a scheduled thing: whichever process of `control` is free runs it. False when it cannot be rung."""
    try:
        app.send_task(CONTROL, args=(name, 0), queue=CONTROL, retry=False)
    except UNWELL as error:
        log.warning("a scheduled thing waits for the broker", schedule=name, error=type(error).__name__)
        return False
    return True


def ring_dead(message: Claimed) -> None:
    """A message died: its bell goes to its flow's dead-letter queue."""
    ring(Bell(DEAD[message.flow], f"{message.task_id}:dead", (message.id, message.generation)))


class BellTask(Task):  # type: ignore[misc]
    """A bell. Its own events are off: each message that it wakes is reported to Flower under its own name."""

    send_events = False
    ignore_result = True
    max_retries = 0

    def on_failure(self, exc: Exception, task_id: str, args: Any, kwargs: Any, einfo: Any) -> None:
        """A bell that failed loses nothing: the ledger has the work and it is rung again."""
        log.error("a bell failed", task=self.name, task_id=task_id, error=type(exc).__name__)
        if len(args) != ARGUMENTS or kwargs:  # somebody else's: a bell of ours has an id and a generation
            raw = json.dumps({"task": self.name, "args": args, "kwargs": kwargs}, default=str).encode()
            keep_poison(self.name, "poison", raw)


def _drain(lane: str, message_id: int) -> None:
    here = process()
    with here.heart.at_work():
        restored.look_at_bell(here.runtime, message_id)
        drain(here.slot(), lane)


for _lane in (*FLOWS, ISOLATE):

    @app.task(name=_lane, base=BellTask, bind=True)  # type: ignore[untyped-decorator]
    def _bell(self: Task, message_id: int, generation: int) -> None:  # noqa: ARG001  a bell's arguments, and Celery's binding
        """Wake a slot of this lane: it works until nothing may go."""
        _drain(self.name, message_id)


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
            here.reporter.failed(name, row["flow"], (message_id, generation), row["error"] or row["error_kind"])


@app.task(name=CONTROL, base=BellTask, bind=True)  # type: ignore[untyped-decorator]
def run_scheduled(self: Task, name: str, _generation: int) -> None:  # noqa: ARG001  a bell's arguments, and Celery's binding
    """Run one scheduled thing, if it is due."""
    here = process()
    with here.heart.at_work():
        scheduler.run_due(here.runtime, here.schedules, name)


@app.on_after_finalize.connect
def _schedule(sender: Celery, **_: Any) -> None:
    runtime = Runtime(configuration())
    for scheduled in schedules.schedules(runtime, ring).values():
        if is_tick(scheduled):
            continue
        sender.conf.beat_schedule[scheduled.name] = {
            "task": CONTROL,
            "schedule": min(scheduled.every, BEAT_EVERY),
            "args": (scheduled.name, 0),
            "options": {"queue": CONTROL},
        }


def ring_poison(queue: str) -> None:
    """Poison is a dead letter as well: ring the dead-letter queue of the queue that it stood in."""
    base = queue.removesuffix(".dead")
    ring(Bell(DEAD.get(base, DEAD["orders-out"]), f"poison:{base}:{time.time_ns()}", (0, 0)))


def keep_poison(queue: str, kind: str, raw: bytes) -> None:
    """Keep what stood in a queue and is no task of ours, and ring for it."""
    here = process()
    poison.keep(here.runtime.store, here.runtime.redis, queue, kind, raw)
    ring_poison(queue)


transport.on_poison.append(keep_poison)


class ProcessStep(bootsteps.StartStopStep):  # type: ignore[misc]
    """Builds the process's world before the first bell is taken, and says so in the ledger."""

    def start(self, worker: Any) -> None:
        """Install rows and begin to beat. Ends the process where a newer ``fleet.toml`` than its own stands."""
        here = process()
        try:
            schedules.install(here.runtime, here.schedules)
        except Outdated as error:
            log.error("this worker does not start", why=str(error))  # noqa: TRY400  the reason is all there is to say
            raise SystemExit(OUTDATED) from None
        if here.ticker:
            here.ticker.start()

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
