"""Trouble that lasts tells somebody once, whatever class its error has, and closes when it is well."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.errors import Garbled, Rejected, Throttled, Unavailable
from fleet_tests.ledger import Ledger, Partner
from workers.broker.queues import FLOWS
from workers.spine import gates, limits, ringer, scheduler, watch
from workers.spine.polling import Busy
from workers.spine.runtime import Runtime
from workers.spine.scheduler import Scheduled
from workers.wiring import schedules


def filed(ledger: Ledger) -> list[tuple[str, str]]:
    rows = ledger.store.rows("select kind, subject from exception where state = 'open' order by id")
    return [(row["kind"], row["subject"]) for row in rows]


@pytest.fixture(autouse=True)
def _beats(ledger: Ledger) -> None:
    """A process that takes from every queue, and a schedule that runs."""
    ledger.store.run("update process set lanes = %s", [*FLOWS, "control", *(f"{flow}.dead" for flow in FLOWS)])
    ledger.store.run("insert into schedule (name, every, last_start) values ('ring', '1 second', now())")


class Poll:
    """A poll of Leeds that fails with what it is given, once a turn."""

    def __init__(self, ledger: Ledger, runtime: Runtime, error: Exception, name: str = "goods in LDS1") -> None:
        self.ledger, self.runtime, self.error, self.name = ledger, runtime, error, name
        self.listed = {name: Scheduled(name, 86_400.0, self.run, "leeds", watched=False)}
        ledger.store.run("insert into schedule (name, every, connection) values (%s, '1 day', 'leeds')", name)

    def run(self) -> None:
        if self.error:
            raise self.error

    def turn(self, times: int = 1) -> None:
        for _ in range(times):
            self.ledger.store.run("update schedule set due_at = now() where name = %s", self.name)
            scheduler.run_due(self.runtime, self.listed, self.name)

    def minutes_pass(self, minutes: int = 3) -> None:
        self.ledger.store.run("update schedule set failing_since = failing_since - make_interval(mins => %s)", minutes)


@pytest.mark.parametrize(
    "error",
    [Rejected("no such facility"), Garbled("a page"), Unavailable("timed out"), Busy("no slot")],
)
def test_a_poll_that_fails_again_and_again_tells_somebody_once_and_closes_when_it_runs(
    ledger: Ledger, runtime: Runtime, error: Exception
) -> None:
    poll = Poll(ledger, runtime, error)
    for _ in range(6):
        poll.turn()
        ledger.store.run("update connection set shut_kind = null")
        runtime.health.well("leeds")  # its neighbour of the same connection is well
    poll.minutes_pass()
    for _ in range(2):
        watch.look(runtime)
    assert filed(ledger) == [("schedule_failing", "schedule:goods in LDS1")]
    row = ledger.store.row("select owner, connection, times from exception")
    assert tuple(row.values()) == ("support", "leeds", 1)
    poll.error = None
    poll.turn()
    watch.look(runtime)
    assert filed(ledger) == []


def test_a_few_failures_or_a_shut_connection_tell_nobody_of_the_poll(ledger: Ledger, runtime: Runtime) -> None:
    poll = Poll(ledger, runtime, Rejected("no"))
    poll.turn(4)
    poll.minutes_pass()
    watch.look(runtime)
    assert filed(ledger) == []
    limits.shut(ledger.store, "leeds", "unavailable", "down")
    poll.error = Busy("shut")
    poll.turn(20)
    watch.look(runtime)
    assert filed(ledger) == []


def test_what_failed_is_tried_again_soon_and_not_tomorrow(ledger: Ledger, runtime: Runtime) -> None:
    poll = Poll(ledger, runtime, Busy("no slot"))
    waits = []
    for _ in range(8):
        poll.turn()
        row = ledger.store.row(
            "select extract(epoch from due_at - now())::float as wait from schedule where name = %s", poll.name
        )
        waits.append(round(row["wait"], -1))
    assert waits == [10, 20, 40, 80, 160, 320, 640, 640]


def test_a_poll_that_goes_on_for_hours_tells_somebody_and_a_long_one_does_not(ledger: Ledger, runtime: Runtime) -> None:
    ledger.store.run(
        "insert into schedule (name, every, connection, running, lease_until, last_start) values"
        " ('count LDS1', '1 day', 'leeds', %s, now() + interval '30 s', now() - interval '90 minutes')",
        ledger.store.process_id,
    )
    watch.look(runtime)
    assert filed(ledger) == []
    ledger.store.run("update schedule set last_start = now() - interval '3 hours' where name = 'count LDS1'")
    watch.look(runtime)
    assert filed(ledger) == [("schedule_hangs", "schedule:count LDS1")]
    ledger.store.run("update schedule set running = null where name = 'count LDS1'")
    watch.look(runtime)
    assert filed(ledger) == []


def test_a_refusal_shuts_no_connection_and_a_failure_does(ledger: Ledger, runtime: Runtime) -> None:
    Poll(ledger, runtime, Rejected("no such facility"), "a").turn(20)
    assert ledger.store.row("select shut_kind from connection where name = 'leeds'")["shut_kind"] is None
    Poll(ledger, runtime, Unavailable("timed out"), "b").turn(4)
    assert ledger.store.row("select shut_kind from connection where name = 'leeds'")["shut_kind"] == "unavailable"


def test_a_probe_that_is_refused_proves_that_the_connection_answers(
    ledger: Ledger, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits.shut(ledger.store, "leeds", "unavailable", "down")
    ledger.store.run("update connection set probe_at = now()")

    def refuse() -> None:
        raise Rejected("not for this account")

    monkeypatch.setattr(runtime.account("leeds"), "ping", refuse)
    assert gates.tend(runtime) == 1


@pytest.mark.parametrize("told", [99_999_999_999_999.0, 604_800.0])
def test_a_told_wait_is_obeyed_for_an_hour_at_most_and_told(
    ledger: Ledger, runtime: Runtime, partner: Partner, told: float
) -> None:
    ledger.post("SO1-1")
    partner.faults = [("before", Throttled("wait", retry_after=told))]
    ledger.drain(partner)
    row = ledger.store.row("select extract(epoch from shut_until - now())::float as rest from connection")
    assert 3500 < row["rest"] <= 3600
    assert (ledger.state("SO1-1"), ledger.slots_held()) == ("waiting", 0)
    watch.look(runtime)
    assert filed(ledger) == [("told_to_wait", "connection:leeds")]
    ledger.store.run("update connection set shut_until = now() - interval '1 second'")
    gates.tend(runtime)
    ledger.store.run("update connection set opened_at = now() - interval '2 minutes'")
    watch.look(runtime)
    assert filed(ledger) == []


def test_short_waits_over_and_over_are_told_as_well_and_one_alone_is_not(ledger: Ledger, runtime: Runtime) -> None:
    for _ in range(3):
        runtime.health.told_to_wait("leeds", 5.0)
        watch.look(runtime)
        assert filed(ledger) == []
        ledger.store.run("update connection set shut_until = now()")
        gates.tend(runtime)
    ledger.store.run("update connection set resting_since = resting_since - interval '16 minutes'")
    runtime.health.told_to_wait("leeds", 5.0)
    watch.look(runtime)
    assert filed(ledger) == [("told_to_wait", "connection:leeds")]


def test_a_queue_whose_oldest_message_waits_too_long_tells_somebody(
    ledger: Ledger, runtime: Runtime, partner: Partner
) -> None:
    ledger.post("SO1-1", args={"wait": -7200})
    ledger.post("SO2-1")
    watch.look(runtime)
    assert filed(ledger) == [("queue_waits", "queue:orders-out")]
    ledger.drain(partner)
    watch.look(runtime)
    assert filed(ledger) == []


@pytest.mark.parametrize(
    "because",
    [
        "update connection set shut_kind = 'unavailable'",
        "update message set state = 'held'",
        "update message set due_at = now() + interval '1 hour'",
        "update message set due_at = now() - interval '20 minutes'",
    ],
)
def test_what_may_not_go_or_waits_a_little_troubles_nobody(ledger: Ledger, runtime: Runtime, because: str) -> None:
    ledger.post("SO1-1", args={"wait": -7200})
    ledger.store.run(because)
    watch.look(runtime)
    assert filed(ledger) == []


def test_a_queue_that_nobody_takes_from_tells_somebody_when_something_waits(ledger: Ledger, runtime: Runtime) -> None:
    ledger.store.run("update process set lanes = array_remove(lanes, 'orders-out')")
    watch.look(runtime)
    assert filed(ledger) == [], "nothing waits"
    ledger.post("SO1-1", args={"wait": -400})
    watch.look(runtime)
    assert filed(ledger) == [("no_worker", "worker:orders-out")]
    ledger.store.run("update process set lanes = lanes || array['orders-out']")
    watch.look(runtime)
    assert filed(ledger) == []


def test_a_dead_message_whose_bell_nobody_hears_is_filed_all_the_same(
    ledger: Ledger, runtime: Runtime, partner: Partner
) -> None:
    ledger.post("SO1-1")
    partner.faults = [("before", Rejected("no"))]
    ledger.drain(partner)
    rung: list[Any] = []
    ringer.ring_dead(runtime, rung.append)
    assert filed(ledger) == [], "its bell may be heard still"
    ledger.store.run("update message set state_since = now() - interval '2 minutes'")
    ledger.store.run("update process set lanes = array_remove(lanes, 'orders-out.dead')")
    watch.look(runtime)
    ringer.ring_dead(runtime, rung.append)
    assert sorted(filed(ledger)) == [("no_worker", "worker:orders-out.dead"), ("refused_by_warehouse", "order:SO1-1")]


def test_records_that_nobody_reads_tell_somebody(ledger: Ledger, runtime: Runtime) -> None:
    ledger.store.receive("leeds", "order", "k", b"{}")
    ledger.store.run("update record_unread set due_at = now() - interval '2 hours'")
    watch.look(runtime)
    assert filed(ledger) == [("queue_waits", "queue:control")]


def test_a_beat_that_is_away_is_told_by_whoever_lives(ledger: Ledger, runtime: Runtime) -> None:
    assert not watch.look_after_schedules(runtime)
    ledger.store.run("update schedule set last_start = now() - interval '2 minutes'")
    for _ in range(2):
        assert watch.look_after_schedules(runtime)
    assert filed(ledger) == [("beat_away", "schedules")]
    assert ledger.store.row("select alerted, times from exception") == {"alerted": True, "times": 1}
    ledger.store.run("update schedule set last_start = now()")
    watch.look(runtime)
    assert filed(ledger) == []


def test_a_run_that_an_outage_cut_off_blocks_its_schedule_for_nobody(ledger: Ledger, runtime: Runtime) -> None:
    runs: list[int] = []
    listed = {"x": Scheduled("x", 0.001, lambda: runs.append(1), watched=False)}
    schedules.install(runtime, listed)
    # this process claimed it, and could not say that it had ended
    ledger.store.run(
        "update schedule set running = %s, lease_until = now() + interval '10 minutes'", ledger.store.process_id
    )
    runtime.running.add("x")
    assert not scheduler.run_due(runtime, listed, "x"), "it runs it now"
    runtime.running.clear()
    assert scheduler.run_due(runtime, listed, "x")
    assert runs == [1]


def test_a_running_schedule_is_its_processs_for_as_long_as_its_heart_renews_it(
    ledger: Ledger, runtime: Runtime
) -> None:
    listed = {"x": Scheduled("x", 0.001, lambda: None, watched=False)}
    schedules.install(runtime, listed)
    runtime.running.add("x")
    ledger.store.run(
        "update schedule set running = %s, lease_until = now() + interval '1 second'", ledger.store.process_id
    )
    scheduler.renew(runtime, ledger.store.run)
    row = ledger.store.row("select extract(epoch from lease_until - now())::float as s from schedule where name = 'x'")
    assert 25 < row["s"] <= 30


def test_one_step_of_the_ringer_that_fails_keeps_no_other_from_running() -> None:
    done: list[str] = []

    def fail() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        scheduler.each(lambda: done.append("a"), fail, lambda: done.append("b"))
    assert done == ["a", "b"]
