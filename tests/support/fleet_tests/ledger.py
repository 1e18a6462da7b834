"""A ledger without a world around it: messages posted by hand, and a partner that keeps books."""

from __future__ import annotations

import json
import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from workers.ledger.store import Claimed, NewMessage, Store
from workers.observability.flower import Silent
from workers.spine.delivery import MOST, NotAtPartner, Slot, drain
from workers.spine.limits import Health
from workers.spine.outcomes import Dead, Delivered, Duplicate, Outcome


@dataclass
class Partner:
    """A warehouse without wires: what it was sent stands in its books, whatever it answered."""

    books: dict[str, list[bytes]] = field(default_factory=dict)
    pushes: Counter[str] = field(default_factory=Counter)
    looks: Counter[str] = field(default_factory=Counter)
    faults: list[tuple[str, Exception]] = field(default_factory=list)  # before or after the effect, and what is raised
    look_faults: list[Exception] = field(default_factory=list)
    answers: list[Outcome] = field(default_factory=list)  # instead of pushing
    written: Counter[str] = field(default_factory=Counter)
    repeatable: bool = False
    refused: str = "refused_by_warehouse"
    seconds: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)
    under_way: int = 0
    most_at_once: int = 0
    subjects: Counter[str] = field(default_factory=Counter)
    collisions: int = 0

    def write(self, message: Claimed) -> bytes | Outcome:
        self.written[message.reference] += 1
        if self.answers:
            return self.answers.pop(0)
        return json.dumps({"say": message.body["say"], "draft": self.written[message.reference]}).encode()

    def push(self, message: Claimed, wire: bytes) -> Outcome:
        with self.lock:
            self.pushes[message.reference] += 1
            fault = self.faults.pop(0) if self.faults else None
            self.under_way += 1
            self.subjects[message.subject] += 1
            self.collisions += self.subjects[message.subject] > 1
            self.most_at_once = max(self.most_at_once, self.under_way)
        try:
            if self.seconds:
                time.sleep(self.seconds)
            if fault and fault[0] == "before":
                raise fault[1]
            with self.lock:
                self.books.setdefault(message.reference, []).append(wire)
            if fault:
                raise fault[1]
        finally:
            with self.lock:
                self.under_way -= 1
                self.subjects[message.subject] -= 1
        return Delivered("taken")

    def look_up(self, message: Claimed, wire: bytes) -> Outcome | NotAtPartner:
        self.looks[message.reference] += 1
        if self.look_faults:
            raise self.look_faults.pop(0)
        there = self.books.get(message.reference, [])
        if not there:
            return NotAtPartner()
        if len(there) > 1:
            return Dead("duplicate_at_warehouse", "it is there twice", maybe_done=True)
        if there[0] != wire:
            return Dead("order_changed_after_release", "it is there with other content", maybe_done=True)
        return Duplicate("it had arrived")


class Ledger:
    """A ledger in which time passes when told to."""

    def __init__(self, store: Store, dsn: str) -> None:
        self.store, self.dsn = store, dsn
        self.dead: list[Claimed] = []
        self._stores: list[Store] = []
        self.alive(store.process_id)
        self.judged()

    # who is there

    def connection(self, name: str = "leeds", slots: int = 4, **shares: int) -> None:
        self.store.run("insert into connection (name, system) values (%s, 'clarus')", name)
        for lane, size in {"*": slots, **{k.replace("_", "-"): v for k, v in shares.items()}}.items():
            self.store.run(
                "insert into slot (connection, lane, number) select %s, %s, n from generate_series(1, %s) n",
                name, lane, size,
            )  # fmt: skip

    def alive(self, process: uuid.UUID, *, lone: bool = False) -> None:
        self.store.run(
            "insert into process (id, name, host, pid, lone) values (%s, 'p', 'h', 1, %s)"
            " on conflict (id) do update set beat_at = now(), lone = excluded.lone",
            process, lone,
        )  # fmt: skip

    def judged(self) -> None:
        """Silence has been judged for as long as anybody remembers, a moment ago for the last time."""
        self.store.run("delete from judgement")
        self.store.run("insert into judgement (at) values (now())")

    def another(self, *, lone: bool = False) -> Store:
        """Another process's door."""
        store = Store(self.dsn)
        self._stores.append(store)
        self.alive(store.process_id, lone=lone)
        return store

    def dies(self, store: Store) -> None:
        self.store.run("update process set beat_at = now() - interval '1 hour' where id = %s", store.process_id)

    def release_lost(self, doubt: float = 0.0) -> list[Any]:
        return self.store.rows(
            "select * from release_lost(interval '20 seconds', %s)", json.dumps({"leeds": doubt, "york": doubt})
        )

    def time_passes(self) -> None:
        """Whatever waited for a time has waited long enough."""
        self.store.run("update message set due_at = now() - interval '1 second' where state = 'waiting'")

    # what is there

    def post(self, reference: str, say: str = "one", **more: Any) -> int | None:
        message = NewMessage(
            flow=more.pop("flow", "orders-out"), connection=more.pop("connection", "leeds"),
            kind=more.pop("kind", "order"), reference=reference, subject=more.pop("subject", f"order:{reference}"),
            story=reference, body={"say": say}, fingerprint=more.pop("fingerprint", say), **more,
        )  # fmt: skip
        row = self.store.row(*_flat(message))
        assert row is not None
        found: int | None = row["post"]
        return found

    def message(self, reference: str) -> Any:
        return self.store.row("select * from message where reference = %s order by id desc limit 1", reference)

    def state(self, reference: str) -> str:
        row = self.message(reference) or self.settled(reference)
        return str(row["state"]) if row else "none"

    def settled(self, reference: str) -> Any:
        return self.store.row("select * from message_settled where reference = %s order by id desc limit 1", reference)

    def slots_held(self) -> int:
        row = self.store.row("select count(*) as n from slot where lane = '*' and holder is not null")
        assert row is not None
        return int(row["n"])

    def steps(self, reference: str) -> list[str]:
        return [r["step"] for r in self.store.rows("select step from timeline where story = %s order by id", reference)]

    # work

    def slot(self, partner: Any, store: Store | None = None, **more: Any) -> Slot:
        store = store or self.store
        settings: dict[str, Any] = {
            "store": store, "handler": lambda *_: partner, "health": Health(store, limit=1000), "reporter": Silent(),
            "doubt_wait": lambda _: 90.0, "lease": 60.0, "clock": time.monotonic, "sleep": lambda _: None,
            "dice": random.Random(5), "on_dead": self.dead.append, "stopping": lambda: False, "most": MOST,
        }  # fmt: skip
        return Slot(**{**settings, **more})

    def drain(self, partner: Any, lane: str = "orders-out", **more: Any) -> int:
        return drain(self.slot(partner, **more), lane)

    def in_threads(self, number: int, work: Callable[[int], object]) -> None:
        """Run ``work(n)`` in so many threads at once; whatever one raises fails the test."""
        failures: list[BaseException] = []
        together = threading.Barrier(number)

        def run(n: int) -> None:
            try:
                together.wait(20)
                work(n)
            except BaseException as error:  # noqa: BLE001  it is raised again in the test's own thread
                failures.append(error)

        threads = [threading.Thread(target=run, args=(n,), daemon=True) for n in range(number)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert not any(thread.is_alive() for thread in threads), "threads hang"
        if failures:
            raise failures[0]

    def close(self) -> None:
        for store in self._stores:
            store.close()


def _flat(message: NewMessage) -> tuple[Any, ...]:
    effect = message.as_effect()
    return (effect.sql, *effect.values)
