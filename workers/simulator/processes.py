"""The fleet's processes in a walk: two of them, driven by hand, each with its own memory, and each may be killed."""

from __future__ import annotations

import random
import socket
import uuid
from dataclasses import dataclass, field
from functools import partial

from workers.broker.queues import LANES
from workers.config import Configuration
from workers.ledger.store import Claimed
from workers.observability.flower import Silent
from workers.simulator.clock import CLOCK
from workers.simulator.moments import WatchedStore
from workers.spine import dead_letters, scheduler
from workers.spine.delivery import MOST, Slot, drain
from workers.spine.runtime import Runtime
from workers.spine.scheduler import Scheduled
from workers.wiring import schedules
from workers.wiring.handlers import handler_for

CONTROL = "control"  # the queue of the schedules, which the walk runs by hand
HEARD = 0.5  # of the bells of dead messages: the others are lost
FILLED = "select distinct lane from message where state <> 'dead'"
BORN = """
insert into process (id, name, host, pid, beat_at, machine, lanes) values (%s, %s, %s, 0, now(), 'the walk', %s)
"""


@dataclass
class Process:
    """One process of the fleet."""

    name: str
    configuration: Configuration
    store: WatchedStore
    dice: random.Random
    silent: set[uuid.UUID]  # processes whose hearts have stopped
    runtime: Runtime = field(init=False)
    listed: dict[str, Scheduled] = field(init=False)

    def __post_init__(self) -> None:
        self.be_born()

    def be_born(self) -> None:
        """Begin with an empty memory, under a new name in the ledger."""
        self.store.process_id = uuid.uuid4()
        self.runtime = Runtime(self.configuration, dice=self.dice)
        vars(self.runtime)["store"] = self.store
        self.listed = schedules.schedules(self.runtime, lambda _bell: None)
        self.store.run(BORN, self.store.process_id, self.name, f"{socket.gethostname()} of the walk", [*LANES, CONTROL])

    def fall_silent(self) -> uuid.UUID:
        """Be gone, and nobody but its silence says so. Its name in the ledger."""
        gone = self.store.process_id
        self.silent.add(gone)
        self.begin_anew()
        return gone

    def begin_anew(self) -> None:
        """Begin with an empty memory, on a ledger that may not know it."""
        self.store.moments, watched = None, self.store.moments
        self.be_born()
        self.store.moments = watched

    def die(self) -> None:
        """Be gone: the heartbeat has stopped long enough."""
        self.store.moments, watched = None, self.store.moments
        self.store.run("update process set beat_at = '-infinity' where id = %s", self.store.process_id)
        self.store.moments = watched
        self.begin_anew()

    def work(self, lane: str, most: int = 1000, *, file_dead: bool = True) -> int:
        """Work off a queue, at most so many messages. A dead one's bell is lost unless ``file_dead``."""
        begun = 0

        class Counting(Silent):
            def started(self, message: Claimed) -> None:
                nonlocal begun
                begun += 1

        def dead(message: Claimed) -> None:
            if file_dead:
                dead_letters.file_dead(self.runtime, message.id, message.generation)

        slot = Slot(
            store=self.store, handler=partial(handler_for, self.runtime),
            health=self.runtime.health, reporter=Counting(), doubt_wait=self.runtime.doubt_wait,
            lease=self.runtime.lease, sleep=CLOCK.wait, dice=self.dice,
            clock=lambda: CLOCK.at.timestamp(),  # noqa: PLW0108  the moment is asked for each time
            on_dead=dead, stopping=lambda: most <= begun, most=MOST,
        )  # fmt: skip
        return drain(slot, lane)

    def work_all(self) -> int:
        """Work off every queue; one that has nothing is not asked, unless work in another may have filled it."""
        done, filled = 0, {row["lane"] for row in self.store.rows(FILLED)}
        for lane in LANES:
            heard = self.dice.random() < HEARD
            if lane in filled or done:
                done += self.work(lane, file_dead=heard)
        return done

    def run(self, name: str, *, now: bool = False) -> bool:
        """Run a scheduled thing if it is due; ``now`` brings it forward."""
        if now:
            self.store.run("update schedule set due_at = now() where name = %s and due_at > now()", name)
        return scheduler.run_due(self.runtime, self.listed, name)
