"""The ticker: runs what is scheduled under a minute in threads of `control`, and rings for the rest when it is due.

One process of the fleet ticks: it keeps the rows of its ticks. While nothing goes on it sleeps: it looks every few
seconds whether something fell due, and what comes into the ledger wakes it: ``wake`` in ``ledger/functions/locks.sql``.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import psycopg
import structlog
from psycopg.rows import dict_row
from psycopg_pool import PoolTimeout

from workers.broker.queues import LANES
from workers.ledger import locks
from workers.ledger.pool import TCP
from workers.spine import scheduler
from workers.spine.ringer import mark_dead_processes
from workers.spine.runtime import Runtime
from workers.spine.scheduler import Scheduled

log = structlog.get_logger(__name__)

SHORT = 60.0  # seconds; what is scheduled for longer, or talks to a partner, is rung for
KEPT_FOR = 10.0  # seconds until the rows of the ticks are kept anew
ASKS_EVERY = 5.0  # seconds, while another process ticks
AWAKE = 3.0  # seconds that the ticker stays awake after the last thing that went on
LOOKS_AWAKE, LOOKS_ASLEEP = 0.5, 5.0  # seconds between two looks
SLOW = 30.0  # seconds between two runs of a tick while the ticker sleeps; what is rarer keeps its interval
RUNG_FOR = 5.0  # seconds until a bell that nobody took is rung again

# Whether something goes on or is about to, what is due, and the seconds until more is.
LOOK = """
with soon as (select now() + make_interval(secs => %(soon)s) as at)
select exists (select 1 from message where state = 'working')
    or exists (select 1 from record_unread where due_at <= soon.at)
    or exists (select 1 from connection where shut_kind not in
                      ('not_live', 'suspect_release', 'restored_suspected', 'paused')
                  and (shut_until is null or shut_until <= soon.at))
    or exists (select 1 from connection where shut_kind is null and trouble_since is not null
                  and opened_at > now() - interval '15 seconds')
    or exists (select 1 from connection c cross join unnest(%(lanes)s::text[]) l (lane) cross join lateral (
                   select 1 from message m where m.lane = l.lane and m.connection = c.name
                      and m.state in ('queued', 'waiting') and m.behind is null and m.due_at <= soon.at
                      and not exists (select 1 from message e where e.subject = m.subject and e.id < m.id)
                    order by m.priority, m.due_at, m.id limit 1) m
                where c.shut_kind is null)
    or exists (select 1 from stock_site s join level l on l.site = s.site
                where l.due_at between now() - interval '15 seconds' and soon.at) as busy,
       array(select name from schedule where is_due(due_at, every) and name <> all (%(ticks)s)
                and (running is null or lease_until < now()) order by due_at) as due,
       (select extract(epoch from min(due_at) - now())::float from schedule
         where due_at > now() and name <> all (%(ticks)s)) as next_in
  from soon
"""


NEVER = float("-inf")  # when something was, that never was
Ear = psycopg.Connection[dict[str, Any]]


@dataclass
class Tick:
    """A short schedule in this process: when it began last, and how it went."""

    scheduled: Scheduled
    began: float = NEVER
    running: bool = False
    failing: bool = True  # until it went well once, an exception may stand from before


class Ticker:
    """Ticks in threads of its own, over a connection of its own."""

    def __init__(self, runtime: Runtime, listed: dict[str, Scheduled], ring: Callable[[str], bool]) -> None:
        """``ring`` rings for a scheduled thing that any process of `control` may run, by name; False when it cannot."""
        self._runtime, self._ring = runtime, ring
        self._ticks = {name: Tick(one) for name, one in listed.items() if is_tick(one)}
        self._threads = ThreadPoolExecutor(max_workers=len(self._ticks) + 1, thread_name_prefix="tick")
        self._rung: dict[str, float] = {}
        self._ringing = False
        self._kept: set[str] = set()
        self._kept_at = self._keep_at = self._look_at = self._awake_until = NEVER
        self._asleep = False
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ticker", daemon=True)

    def start(self) -> None:
        """Begin to tick."""
        self._thread.start()

    def stop(self) -> None:
        """Tick no more; another process may at once."""
        self._stop.set()
        self._threads.shutdown(wait=True, cancel_futures=True)
        try:
            self._runtime.store.run("select pg_notify('fleet', '')")
            self._thread.join(timeout=2.0)
            scheduler.release(self._runtime, list(self._ticks))
        except (psycopg.Error, PoolTimeout) as error:
            log.warning("the ticks lapse by themselves", error=type(error).__name__)

    def _run(self) -> None:
        while not self._stop.is_set():
            self._asleep, self._keep_at, self._look_at = False, NEVER, NEVER
            try:
                with psycopg.connect(
                    self._runtime.configuration.fleet.database_url, autocommit=True, row_factory=dict_row,
                    application_name="fleet ticker", **TCP,
                ) as ear:  # fmt: skip
                    ear.execute("listen fleet")
                    while not self._stop.is_set():
                        pause = self._turn(ear)
                        if list(ear.notifies(timeout=pause, stop_after=1)):
                            self._wake(ear)
            except Exception as error:  # noqa: BLE001  the ledger may be away; the ticker goes on
                log.warning("the ticker waits for the ledger", error=type(error).__name__)
                self._stop.wait(1.0)

    def _turn(self, ear: Ear) -> float:
        """Keep the rows, look, and begin what is due. Returns the seconds until the next turn."""
        now = time.monotonic()
        if now >= self._keep_at:
            self._kept = self._keep()
            self._keep_at = now + (KEPT_FOR if self._kept else ASKS_EVERY)
        if not self._kept:  # another process ticks
            self._wake(ear)
            return ASKS_EVERY
        if now >= self._look_at:
            self._look(ear, now)
        if now >= self._awake_until and not self._asleep:
            self._fall_asleep(ear)
            self._look(ear, now)  # at what was committed until now
        for name in self._kept:
            self._begin(self._ticks[name], now)
        next_at = min(self._look_at, self._keep_at, *(self._due_at(self._ticks[name]) for name in self._kept))
        return max(0.01, next_at - time.monotonic())

    def _keep(self) -> set[str]:
        """Keep the rows of the ticks; at once where the process that kept them is gone from this machine."""
        now, names = time.monotonic(), list(self._ticks)
        at_it = [name for name, tick in self._ticks.items() if tick.running and tick.began < self._kept_at]
        kept = scheduler.keep(self._runtime, names, at_it)
        if len(kept) < len(names) and mark_dead_processes(self._runtime):
            kept = scheduler.keep(self._runtime, names, at_it)
        self._kept_at = now
        return kept

    def _look(self, ear: Ear, now: float) -> None:
        """Stay awake, or wake, while something goes on; ring for what is due."""
        values = {"soon": LOOKS_ASLEEP, "lanes": list(LANES), "ticks": list(self._ticks)}
        row: dict[str, Any] | None = ear.execute(LOOK, values).fetchone()
        assert row is not None
        if row["busy"]:
            self._wake(ear)
        unrung = [name for name in row["due"] if now >= self._rung.get(name, NEVER) + RUNG_FOR]
        if unrung and not self._ringing:
            self._ringing = True
            self._threads.submit(self._ring_some, unrung, now)
        every = LOOKS_ASLEEP if self._asleep else LOOKS_AWAKE
        self._look_at = now + (every if row["next_in"] is None else min(every, row["next_in"]))

    def _ring_some(self, names: list[str], now: float) -> None:
        """Ring in a thread, as Redis may keep it waiting. What could not be rung is rung at the next look."""
        try:
            for name in names:
                if not self._ring(name):
                    break
                self._rung[name] = now
        finally:
            self._ringing = False

    def _wake(self, ear: Ear) -> None:
        self._awake_until = time.monotonic() + AWAKE
        if self._asleep:
            locks.let_go(ear, locks.ASLEEP)
            self._asleep, self._look_at = False, NEVER

    def _fall_asleep(self, ear: Ear) -> None:
        """Sleep, unless somebody is just writing what would wake it."""
        self._asleep = locks.keep_if_free(ear, locks.ASLEEP)

    def _due_at(self, tick: Tick) -> float:
        if tick.running:
            return float("inf")
        return tick.began + max(tick.scheduled.every, SLOW if self._asleep else 0.0)

    def _begin(self, tick: Tick, now: float) -> None:
        if now >= self._due_at(tick):
            tick.running, tick.began = True, now
            self._threads.submit(self._tick, tick)

    def _tick(self, tick: Tick) -> None:
        try:
            tick.failing = scheduler.run_kept(self._runtime, tick.scheduled, failing=tick.failing)
        except Exception as error:  # noqa: BLE001  how it went could not be written: the ledger is away
            tick.failing = True
            log.warning("a tick was cut off", schedule=tick.scheduled.name, error=type(error).__name__)
        finally:
            tick.running = False


def is_tick(scheduled: Scheduled) -> bool:
    """Whether the ticker runs it, in `control`'s own process; what calls a partner is rung for."""
    return scheduled.every < SHORT and not scheduled.connection
