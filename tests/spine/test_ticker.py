"""The ticker: runs short schedules while something goes on, sleeps while nothing does, and is woken by what comes."""

from __future__ import annotations

import subprocess
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from fleet_tests.ledger import Ledger
from workers.ledger import locks
from workers.spine import scheduler, ticker, watch
from workers.spine.machine import machine
from workers.spine.runtime import Runtime
from workers.spine.scheduler import Scheduled
from workers.spine.ticker import Ticker

ASLEEP = (
    "select 1 as one from pg_locks where locktype = 'advisory' and objid = %s and mode = 'ExclusiveLock' and granted"
)


def until(good: Callable[[], object], what: str) -> None:
    ends = time.monotonic() + 60
    while not good():
        assert time.monotonic() < ends, what
        time.sleep(0.02)


class Clockwork:
    """A ticker with a tick of half a second and a poll, and what it did."""

    def __init__(self, ledger: Ledger, runtime: Runtime) -> None:
        self.ledger, self.runtime = ledger, runtime
        self.ran, self.rung = 0, Counter[str]()
        self.error: Exception | None = None
        self.going = threading.Event()  # a run ends when it is set
        self.going.set()
        self.deaf, self.tried, self.may_answer = False, 0, threading.Event()  # Redis
        listed = [
            Scheduled("ring", 0.5, self.run, watched=False),
            Scheduled("orders", 300.0, self.run),
            Scheduled("sweep leeds", 0.5, self.run, "leeds"),
        ]
        for one in listed:
            ledger.store.run(
                "insert into schedule (name, every, due_at) values (%s, make_interval(secs => %s), now() + interval"
                " '1 hour') on conflict do nothing",
                one.name, one.every if one.name == "ring" else 3600.0,
            )  # fmt: skip
        self.ticker = Ticker(runtime, {one.name: one for one in listed}, self.ring)

    def ring(self, name: str) -> bool:
        if self.deaf:
            self.tried += 1
            self.may_answer.wait(30)
            return False
        self.rung.update([name])
        return True

    def run(self) -> None:
        self.ran += 1
        self.going.wait(60)
        if self.error:
            raise self.error

    def asleep(self) -> bool:
        return self.ledger.store.row(ASLEEP, locks.ASLEEP) is not None

    def row(self, column: str) -> object:
        row = self.ledger.store.row(f"select {column} as it from schedule where name = 'ring'")  # noqa: S608  a test's
        return row["it"]


@pytest.fixture
def clockwork(ledger: Ledger, runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> Iterator[Clockwork]:
    monkeypatch.setattr(ticker, "AWAKE", 1.0)
    monkeypatch.setattr(ticker, "SLOW", 1.0)  # whoever wants it to sleep for long says so
    made = Clockwork(ledger, runtime)
    made.ticker.start()
    yield made
    made.going.set()
    made.ticker.stop()


def test_what_is_short_runs_here_and_what_is_long_or_calls_a_partner_is_rung_for_when_it_is_due(
    clockwork: Clockwork,
) -> None:
    until(lambda: clockwork.ran >= 1, "the tick runs")
    assert clockwork.rung == {}
    clockwork.ledger.store.run("update schedule set due_at = now() where name <> 'ring'")
    until(lambda: set(clockwork.rung) == {"orders", "sweep leeds"}, "both are rung for")


def test_a_clock_that_went_back_by_a_day_holds_up_no_schedule(clockwork: Clockwork) -> None:
    clockwork.ledger.store.run("update schedule set due_at = due_at + interval '1 day' where name <> 'ring'")
    until(lambda: set(clockwork.rung) == {"orders", "sweep leeds"}, "both are rung for")
    listed = {"orders": Scheduled("orders", 3600.0, lambda: None)}
    assert scheduler.run_due(clockwork.runtime, listed, "orders")
    assert not scheduler.run_due(clockwork.runtime, listed, "orders"), "it has run"


def test_what_could_not_be_rung_for_is_rung_for_soon_and_holds_up_no_tick(
    clockwork: Clockwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ticker, "RUNG_FOR", 3600.0)
    clockwork.deaf = True
    clockwork.ledger.store.run("update schedule set due_at = now() where name <> 'ring'")
    until(lambda: clockwork.tried == 1, "it rings, and Redis does not answer")
    clockwork.ledger.post("SO1-1")  # something goes on
    ran = clockwork.ran
    until(lambda: clockwork.ran > ran + 3, "it ticks on")
    clockwork.may_answer.set()
    until(lambda: clockwork.tried > 1, "it rings again")
    clockwork.deaf = False
    until(lambda: set(clockwork.rung) == {"orders", "sweep leeds"}, "both are rung for")


def test_a_record_and_a_message_wake_a_ticker_that_would_not_look_for_an_hour(
    clockwork: Clockwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LOOKS_ASLEEP", "SLOW", "KEPT_FOR"):
        monkeypatch.setattr(ticker, name, 3600.0)
    until(clockwork.asleep, "it sleeps")
    for write in (
        lambda: clockwork.ledger.store.receive("leeds", "order", "a receipt", b"{}"),
        lambda: clockwork.ledger.post("SO1-1"),
    ):
        ran = clockwork.ran
        write()
        until(lambda: clockwork.ran > ran, "it woke")  # noqa: B023  used at once
        clockwork.ledger.store.run("delete from record_unread")
        clockwork.ledger.store.run("update connection set shut_kind = 'not_live'")
        until(clockwork.asleep, "it sleeps again")


def test_it_does_not_fall_asleep_beside_a_transaction_that_would_have_woken_it(
    clockwork: Clockwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LOOKS_ASLEEP", "SLOW"):
        monkeypatch.setattr(ticker, name, 3600.0)
    with clockwork.ledger.store.transaction() as db:
        until(lambda: not clockwork.asleep(), "it is awake")
        db.execute("select receive('leeds', 'order', 'slow', %b, null)", (b"{}",))
        ran = clockwork.ran
        until(lambda: clockwork.ran > ran + 3, "it goes on ticking")
        assert not clockwork.asleep()


def test_a_tick_that_does_nothing_writes_nothing(clockwork: Clockwork, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ticker, "KEPT_FOR", 3600.0)
    until(lambda: clockwork.ran >= 2, "it ticks")
    before = clockwork.row("xmin")
    clockwork.ledger.post("SO1-1")  # something goes on
    until(lambda: clockwork.ran >= 6, "it ticks on")
    assert clockwork.row("xmin") == before


def test_a_tick_that_fails_is_counted_and_its_exception_closes_when_it_is_well(clockwork: Clockwork) -> None:
    clockwork.error = ValueError("a fault of ours")
    until(lambda: clockwork.ledger.store.row("select 1 from exception where kind = 'schedule_failed'"), "it is filed")
    until(lambda: clockwork.row("failures"), "it is counted")
    clockwork.error = None
    until(lambda: clockwork.row("failures") == 0, "it is well")
    assert clockwork.ledger.store.row("select 1 as one from exception where state = 'open'") is None


def test_a_tick_that_hangs_is_told_by_whoever_lives_until_it_goes_on(
    clockwork: Clockwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ticker, "KEPT_FOR", 0.2)
    monkeypatch.setattr(ticker, "SLOW", 0.2)
    ledger = clockwork.ledger

    def kept_again() -> None:
        before = clockwork.row("lease_until")
        until(lambda: clockwork.row("lease_until") != before, "its row is kept")

    def standing() -> list[str]:
        return [row["subject"] for row in ledger.store.rows("select subject from exception where state = 'open'")]

    clockwork.going.clear()
    ran = clockwork.ran
    until(lambda: clockwork.ran > ran, "it hangs")
    for _ in range(3):
        kept_again()
    assert not watch.look_after_schedules(clockwork.runtime), "it takes its time"
    ledger.store.run("update schedule set last_start = last_start - interval '11 minutes' where name = 'ring'")
    ledger.store.run("insert into schedule (name, every, last_start) values ('x', '1 second', now())")
    for _ in range(2):
        kept_again()
        assert watch.look_after_schedules(clockwork.runtime)
    assert standing() == ["schedule:ring"]
    row = ledger.store.row("select kind, owner, alerted, times from exception")
    assert row == {"kind": "schedule_hangs", "owner": "support", "alerted": True, "times": 1}
    clockwork.going.set()
    until(lambda: clockwork.ran > ran + 3, "it goes on")
    kept_again()
    watch.look(clockwork.runtime)
    assert standing() == []


def test_a_bell_of_an_older_beat_does_not_run_what_this_process_keeps(clockwork: Clockwork) -> None:
    until(lambda: clockwork.runtime.kept == {"ring"}, "it keeps its tick")
    clockwork.ledger.store.run("update schedule set due_at = now() where name = 'ring'")
    listed = {"ring": Scheduled("ring", 0.5, pytest.fail, watched=False)}
    assert not scheduler.run_due(clockwork.runtime, listed, "ring")


def test_one_process_ticks_at_a_time_and_another_goes_on_when_it_ends(clockwork: Clockwork) -> None:
    until(lambda: clockwork.ran >= 1, "the first ticks")
    other = Clockwork(clockwork.ledger, Runtime(clockwork.runtime.configuration))
    other.ledger.store.run(
        "insert into process (id, name, host, pid) values (%s, 'other', 'h', 0)", other.runtime.store.process_id
    )
    other.ticker.start()
    try:
        ran = clockwork.ran
        clockwork.ledger.post("SO1-1")
        until(lambda: clockwork.ran > ran + 2, "the first goes on")
        assert other.ran == 0
        clockwork.ticker.stop()
        until(lambda: other.ran >= 1, "the other takes over")
    finally:
        other.ticker.stop()
        other.runtime.close()


def test_the_ticks_of_a_process_that_was_killed_on_this_machine_go_on_at_once(ledger: Ledger, runtime: Runtime) -> None:
    ended = subprocess.Popen(["true"])
    ended.wait()
    killed = uuid.uuid4()
    ledger.store.run(
        "insert into process (id, name, host, pid, machine) values (%s, 'killed', 'h', %s, %s)",
        killed, ended.pid, machine(),
    )  # fmt: skip
    made = Clockwork(ledger, runtime)
    ledger.store.run("update schedule set running = %s, lease_until = now() + interval '1 hour'", killed)
    made.ticker.start()
    try:
        until(lambda: made.ran, "it ticks")
    finally:
        made.ticker.stop()
    assert ledger.store.row("select 1 as one from process where id = %s and beat_at = '-infinity'", killed)
