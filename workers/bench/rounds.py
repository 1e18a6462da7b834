"""One round of each side: let it run, count at the warehouse over a window, let it come to rest."""

from __future__ import annotations

import base64
import json
import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from statistics import median
from typing import Any, Protocol

import redis
from celery import Celery

from workers.bench import cost, trade
from workers.bench.feeder import Feeder
from workers.bench.stage import Crew, Stage, command
from workers.embedded.parent_death import until

FLEET_PREFIX = "F"  # begins the orders of every form of the fleet: they share one backlog
THREADS = 8  # of a process of orders-out
WARM = 150  # orders after which a round counts
WARM_PATIENCE = 20.0  # seconds
PATIENCE = 60.0  # seconds for a round to come to rest


@dataclass(frozen=True, slots=True)
class Round:
    """What one round showed: orders a second, and CPU microseconds for each order by kind of process."""

    per_second: float
    micros: dict[str, float]
    more: dict[str, float] = field(default_factory=dict)


class Side(Protocol):
    """One thing that delivers orders."""

    name: str
    prefix: str
    working: Crew

    def prepare(self, orders: int) -> None:
        """Have at least so many orders ready, while all stands still."""

    def start(self) -> None:
        """Let it run."""

    def rest(self) -> None:
        """Stop it, with nothing half done."""

    def report(self, seconds: float) -> dict[str, float]:
        """More that the round showed."""


def measure(stage: Stage, side: Side, window: float) -> Round:
    """Run one side for ``window`` seconds, the others frozen."""
    families = {"workers": side.working.pids, **stage.server_pids}
    side.start()
    try:
        base = stage.count(side.prefix)["orders"]
        if not until(lambda: stage.count(side.prefix)["orders"] > base + WARM, WARM_PATIENCE):
            raise TimeoutError(f"{side.name} does not deliver; see {stage.folder / 'log'}")
        before = {name: cost.cpu(pids) for name, pids in families.items()}
        began, first = time.monotonic(), stage.count(side.prefix)["orders"]
        time.sleep(window)  # the window itself
        done, seconds = stage.count(side.prefix)["orders"] - first, time.monotonic() - began
        spent = {name: cost.cpu(pids) - before[name] for name, pids in families.items()}
        more = side.report(seconds)
    finally:
        side.rest()
    return Round(done / seconds, {name: 1e6 * used / max(done, 1) for name, used in spent.items()}, more)


class Bare:
    """Bare Celery on a queue of its own."""

    def __init__(self, stage: Stage, name: str, options: str, processes: int, *, events: bool = True) -> None:
        """``options`` choose the pool; ``events`` are Celery's task events."""
        self.name, self.prefix = f"bare {name}", f"BARE-{name}-"
        self._queue, self._stock = f"bare-{name}", f"bare-{name}-stock"
        self._redis = redis.Redis.from_url(stage.environment["BARE_BROKER_URL"])
        self._model = _model(stage.environment["BARE_BROKER_URL"], self._redis)
        self._number = 0
        self._patience = PATIENCE
        flags = f"-Q {self._queue} {options} -n {self._queue}-%s@%%h --without-gossip --without-mingle"
        self._command = f"celery -A workers.bench.bare worker {flags}" + (" -E" if events else "")
        self._stage = stage
        self.working = self._workers(self._queue, range(1, processes + 1))

    def _workers(self, name: str, numbers: Iterable[int]) -> Crew:
        commands = [self._command % number for number in numbers]
        return self._stage.crew(
            name, commands, BROKER_URL=self._stage.environment["BARE_BROKER_URL"]
        )  # Celery reads it

    def again(self) -> Crew:
        """Start another process like the first."""
        self._patience = 5.0  # what the dead one held is given to nobody for an hour
        return self._workers(f"{self._queue}-again", [len(self.working.processes) + 1])

    def left(self) -> int:
        """Tasks that stand in Redis, given to a process or not."""
        waiting = int(self._redis.llen(self._queue)) + int(self._redis.llen(self._stock))
        return waiting + int(self._redis.hlen("unacked"))

    def await_workers(self, stage: Stage) -> None:
        """Wait until one task has come back from each process, then freeze them."""
        tasks = 40 * len(self.working.processes)
        self.prepare(tasks)
        self._redis.rename(self._stock, self._queue)
        if not until(lambda: stage.count(self.prefix)["orders"] >= tasks, PATIENCE):
            raise TimeoutError(f"{self.name} does not come up; see {stage.folder / 'log'}")
        self.rest()

    def prepare(self, orders: int) -> None:
        """Put messages as Celery writes them onto a list that no worker reads."""
        with self._redis.pipeline(transaction=False) as pipe:
            for _ in range(orders - int(self._redis.llen(self._stock))):
                self._number += 1
                pipe.lpush(self._stock, self._model(f"{self.prefix}{self._number:07d}", self._queue))
            pipe.execute()

    def start(self) -> None:
        """Give the workers the list."""
        self.working.thaw()
        self._redis.rename(self._stock, self._queue)

    def rest(self) -> None:
        """Take the list away and let the workers finish what they hold."""
        if self._redis.exists(self._queue):
            self._redis.rename(self._queue, self._stock)
        until(lambda: not self._redis.hlen("unacked"), self._patience)
        self.working.freeze()

    def report(self, seconds: float) -> dict[str, float]:
        """Nothing more."""
        del seconds
        return {}


def _model(url: str, client: redis.Redis) -> Callable[[str, str], str]:
    """Writes messages like the one that Celery itself puts on the wire."""
    with Celery("model", broker=url) as app:
        app.conf.task_ignore_result = True
        app.send_task("post", args=("@REFERENCE@",), task_id="@TASK@", queue="bench-model")
    raw = client.lpop("bench-model")
    assert isinstance(raw, bytes)
    sample: dict[str, Any] = json.loads(raw)

    def write(reference: str, queue: str) -> str:
        task = str(uuid.uuid4())
        said = [[reference], {}, {"callbacks": None, "errbacks": None, "chain": None, "chord": None}]
        properties = {
            **sample["properties"],
            "correlation_id": task,
            "delivery_tag": str(uuid.uuid4()),
            "delivery_info": {"exchange": "", "routing_key": queue},
            "body_encoding": "base64",
        }
        headers = {**sample["headers"], "id": task, "root_id": task, "argsrepr": f"('{reference}',)"}
        body = base64.b64encode(json.dumps(said).encode()).decode()
        return json.dumps({**sample, "body": body, "headers": headers, "properties": properties})

    return write


class Fleet:
    """The fleet's own workers on the connection ``leeds``, with intake going on."""

    def __init__(self, stage: Stage, name: str, working: Crew, feeder: Feeder, pace: float) -> None:
        """``working`` are all processes of the fleet; ``feeder`` brings ``pace`` new orders a second."""
        self.name, self.prefix, self.working = name, FLEET_PREFIX, working
        self._stage, self._feeder, self._pace = stage, feeder, pace

    def again(self) -> Crew:
        """Start another process like the first."""
        return self._stage.crew("orders-out-again", [command("orders-out", THREADS)])

    def left(self) -> int:
        """Orders that are not settled."""
        row = self._stage.store.row(
            "select count(*) as n from message where connection = %s and due_at < 'infinity'", trade.FAST
        )
        return int(row["n"]) if row else 0

    def prepare(self, orders: int) -> None:
        """Post what is missing of the backlog."""
        missing = orders - self.left()
        if missing > 0:
            self._feeder.stock(missing)

    def start(self) -> None:
        """Open the connection's gate, and let records come in."""
        self.working.thaw()
        shut(self._stage, trade.FAST, False)
        self._feeder.start(self._pace)

    def rest(self) -> None:
        """No more records; shut the gate; wait until nothing is in flight or unread."""
        self._feeder.stop()
        shut(self._stage, trade.FAST, True)
        if not until(lambda: not _in_flight(self._stage), PATIENCE):
            raise TimeoutError("the fleet did not come to rest: see the messages in state 'working'")
        self.working.freeze()

    def report(self, seconds: float) -> dict[str, float]:
        """How much came in meanwhile."""
        del seconds
        return self._feeder.told()


def fleet_crews(stage: Stage, *, silent: bool = False) -> dict[str, Crew]:
    """Start the fleet's processes, ``control`` and ``orders-out``, wait until they beat, and freeze them.

    With ``silent`` also workers that tell Flower nothing.
    """
    crews = {
        "control": stage.crew("control", [command("control", 2), command("beat", 0)]),
        "orders-out": stage.crew("orders-out", [command("orders-out", THREADS)] * 2),
    }
    if silent:
        crews["silent"] = stage.crew("silent", [command("orders-out", THREADS, "workers.bench.silent")] * 2)
    stage.up(sum(len(crew.processes) for crew in crews.values()) - 1)  # beat has no row
    for crew in crews.values():
        crew.freeze()
    return crews


def working(name: str, crews: dict[str, Crew], workers: str = "orders-out") -> Crew:
    """Join the workers and ``control`` under a name."""
    return Crew(name, crews[workers].processes + crews["control"].processes)


def _in_flight(stage: Stage) -> int:
    row = stage.store.row(
        "select (select count(*) from message where state = 'working') + (select count(*) from record_unread) as n"
    )
    return int(row["n"]) if row else 0


def shut(stage: Stage, connection: str, closed: bool) -> None:
    """Shut a connection as only a person may open it again, or open it."""
    stage.store.run(
        "update connection set shut_kind = %s, alerted = true where name = %s",
        "suspect_release" if closed else None,
        connection,
    )


def middle(rounds: list[Round]) -> dict[str, Any]:
    """The medians of some rounds, and every round's rate."""
    return {
        "per_second": round(median(r.per_second for r in rounds), 1),
        "rounds": [round(r.per_second, 1) for r in rounds],
        "cpu_micros_per_order": {
            name: round(median(r.micros[name] for r in rounds)) for name in (rounds[0].micros if rounds else ())
        },
        **{key: round(median(r.more[key] for r in rounds), 1) for key in (rounds[0].more if rounds else ())},
    }
