"""What a person must see is seen once, can be acted upon, and closes itself when its subject is well."""

from __future__ import annotations

import json
import threading
from typing import Any

import psycopg
import pytest

from adapters.errors import Rejected, Unavailable
from fleet_tests.ledger import Ledger, Partner
from workers import recovery
from workers.spine import dead_letters, exceptions, expectations, gates, ringer, scheduler
from workers.spine.exceptions import Once
from workers.spine.people import CannotDo, Person
from workers.spine.policy import verdict
from workers.spine.runtime import Runtime
from workers.spine.scheduler import Scheduled
from workers.wiring import schedules

MO = Person("Mo")


def died(ledger: Ledger, runtime: Runtime, partner: Partner, reference: str = "SO1-1") -> Any:
    ledger.post(reference)
    partner.faults = [("before", Rejected("no", symbol="bad"))]
    ledger.drain(partner)
    message = ledger.message(reference)
    assert dead_letters.file_dead(runtime, message["id"], message["generation"])
    return ledger.store.row("select * from exception where message_id = %s", message["id"])


def open_kinds(ledger: Ledger) -> list[str]:
    return [row["kind"] for row in ledger.store.rows("select kind from exception where state = 'open' order by id")]


def test_a_dead_message_is_filed_once_and_rung_until_it_is(ledger: Ledger, runtime: Runtime, partner: Partner) -> None:
    ledger.post("SO1-1")
    partner.faults = [("before", Rejected("no"))]
    ledger.drain(partner)
    unfiled = ledger.store.rows(ringer.UNFILED)
    assert [row["reference"] for row in unfiled] == ["SO1-1"]
    assert dead_letters.file_dead(runtime, unfiled[0]["id"], 1)
    assert not dead_letters.file_dead(runtime, unfiled[0]["id"], 1)
    assert not dead_letters.file_dead(runtime, unfiled[0]["id"], 7)
    assert ledger.store.rows(ringer.UNFILED) == []
    assert open_kinds(ledger) == ["refused_by_warehouse"]


def test_a_retry_goes_again_and_success_closes_the_exception(
    ledger: Ledger, runtime: Runtime, partner: Partner
) -> None:
    found = died(ledger, runtime, partner)
    assert recovery.retry(ledger.store, found["id"], MO) == "SO1-1"
    assert ledger.message("SO1-1")["generation"] == 2
    ledger.drain(partner)
    assert (ledger.state("SO1-1"), open_kinds(ledger)) == ("delivered", [])
    assert ledger.store.row("select state, closed_why from exception")["state"] == "resolved"
    with pytest.raises(CannotDo, match="resolved already"):
        recovery.retry(ledger.store, found["id"], MO)


def test_a_retry_that_fails_again_is_the_same_exception(ledger: Ledger, runtime: Runtime, partner: Partner) -> None:
    found = died(ledger, runtime, partner)
    recovery.retry(ledger.store, found["id"], MO)
    partner.faults = [("before", Rejected("still no"))]
    ledger.drain(partner)
    dead_letters.file_dead(runtime, found["message_id"], 2)
    row = ledger.store.row("select count(*) as n, max(times) as times, max(reason) as reason from exception")
    assert (row["n"], row["times"], row["reason"]) == (1, 2, "still no")


def test_an_edit_changes_what_is_sent(ledger: Ledger, runtime: Runtime, partner: Partner) -> None:
    found = died(ledger, runtime, partner)
    recovery.retry(ledger.store, found["id"], MO, body={"say": "edited"})
    ledger.drain(partner)
    assert json.loads(partner.books["SO1-1"][0])["say"] == "edited"
    assert ledger.store.row("select who from timeline where step = 'edited and retried'")["who"] == "Mo"


def test_what_may_have_been_sent_cannot_be_edited_and_its_retry_looks_first(
    ledger: Ledger, runtime: Runtime, partner: Partner
) -> None:
    ledger.post("SO1-1")
    partner.faults = [("after", Rejected("broken", maybe_done=True))]
    ledger.drain(partner)
    message = ledger.message("SO1-1")
    assert (message["state"], message["maybe_sent_at"] is not None) == ("dead", True)
    dead_letters.file_dead(runtime, message["id"], 1)
    found = ledger.store.row("select * from exception")
    with pytest.raises(CannotDo, match="cannot be changed"):
        recovery.retry(ledger.store, found["id"], MO, body={"say": "edited"})
    recovery.retry(ledger.store, found["id"], MO)
    ledger.drain(partner)
    assert (partner.pushes["SO1-1"], partner.looks["SO1-1"]) == (1, 1)
    assert ledger.settled("SO1-1")["proven_before"]


def test_a_dismissal_needs_a_reason_and_ends_the_message(ledger: Ledger, runtime: Runtime, partner: Partner) -> None:
    found = died(ledger, runtime, partner)
    with pytest.raises(CannotDo, match="needs a reason"):
        recovery.dismiss(ledger.store, found["id"], MO, "  ")
    recovery.dismiss(ledger.store, found["id"], MO, "the customer gave up")
    assert (ledger.state("SO1-1"), open_kinds(ledger)) == ("dismissed", [])
    with pytest.raises(CannotDo, match="dismissed already"):
        recovery.dismiss(ledger.store, found["id"], MO, "again")
    with pytest.raises(CannotDo, match="no exception"):
        recovery.dismiss(ledger.store, 987654, MO, "x")


def test_nobody_acts_on_a_message_while_it_is_being_worked_on(
    ledger: Ledger, runtime: Runtime, partner: Partner
) -> None:
    found = died(ledger, runtime, partner)
    recovery.retry(ledger.store, found["id"], MO)
    assert ledger.store.claim("orders-out", 60)
    for act in (
        lambda: recovery.retry(ledger.store, found["id"], MO),
        lambda: recovery.dismiss(ledger.store, found["id"], MO, "x"),
    ):
        with pytest.raises(CannotDo, match="being worked on"):
            act()
    assert ledger.state("SO1-1") == "working"


def test_what_does_not_come_in_time_is_an_exception_once(ledger: Ledger, runtime: Runtime) -> None:
    for subject, due in (("order:SO1-1", "-1 second"), ("order:SO2-1", "1 hour")):
        ledger.store.run(
            "insert into expectation (subject, what, story, due_at, kind, flow, connection) values (%s, 'dispatch',"
            " %s, now() + %s::interval, 'dispatch_overdue', 'dispatch-in', 'leeds')",
            subject, subject[6:], due,
        )  # fmt: skip
    assert (expectations.check(runtime), expectations.check(runtime)) == (1, 0)
    found = ledger.store.row("select * from exception")
    assert (found["kind"], found["subject"], found["times"]) == ("dispatch_overdue", "order:SO1-1", 1)
    assert ledger.store.row("select close_exception('dispatch_overdue', 'order:SO1-1', 'it came', 'fleet') as n")["n"]
    assert open_kinds(ledger) == []


def test_two_beats_run_a_schedule_once(ledger: Ledger, runtime: Runtime) -> None:
    runs: list[int] = []
    listed = {"x": Scheduled("x", 3600.0, lambda: runs.append(1), watched=False)}
    schedules.install(runtime, listed)
    others = []
    for _ in range(3):
        other = Runtime(runtime.configuration)
        other.__dict__["store"] = ledger.another()
        others.append(other)
    done: list[bool] = []
    ledger.in_threads(6, lambda n: done.append(scheduler.run_due(others[n % 3], listed, "x")))
    assert (len(runs), sorted(done)) == (1, [False] * 5 + [True])
    ledger.store.run("update schedule set due_at = now()")
    assert scheduler.run_due(runtime, listed, "x")
    assert len(runs) == 2


def test_the_schedule_of_a_dead_process_is_taken_over_and_a_living_one_s_is_not(
    ledger: Ledger, runtime: Runtime
) -> None:
    runs: list[int] = []
    listed = {"x": Scheduled("x", 0.001, lambda: runs.append(1), watched=False)}
    schedules.install(runtime, listed)
    victim = ledger.another()
    ledger.store.run("update schedule set running = %s, lease_until = now() + interval '1 hour'", victim.process_id)
    assert not scheduler.run_due(runtime, listed, "x")
    ledger.dies(victim)
    assert scheduler.run_due(runtime, listed, "x")


@pytest.mark.parametrize("cut_off", ["its process died", "its end could not be written"])
def test_what_runs_once_a_day_and_was_cut_off_runs_again_soon_and_not_tomorrow(
    ledger: Ledger, runtime: Runtime, cut_off: str
) -> None:
    listed = {"x": Scheduled("x", 86400.0, lambda: None, watched=False)}
    schedules.install(runtime, listed)
    victim = ledger.another()
    begin = "update schedule set running = %s, due_at = now() + every, lease_until = now() + interval '1 minute'"
    ledger.store.run(begin, victim.process_id)
    ringer.release_lost(runtime)
    row = ledger.store.row("select running, due_at > now() + interval '1 hour' as tomorrow from schedule")
    assert row == {"running": victim.process_id, "tomorrow": True}  # it lives, and is at it
    for _ in range(5):
        ledger.store.run(begin, victim.process_id)
        if cut_off == "its process died":
            ledger.dies(victim)
        else:
            ledger.store.run("update schedule set lease_until = now() - interval '1 second'")
        ringer.release_lost(runtime)
        row = ledger.store.row("select running, due_at < now() + interval '12 minutes' as soon from schedule")
        assert row == {"running": None, "soon": True}
    ledger.store.run("update schedule set failing_since = now() - interval '3 minutes'")
    troubles = ledger.store.rows('select kind, why from fleet_troubles(\'{"queue_wait": 600, "flows": []}\')')
    assert [one["kind"] for one in troubles if "it was cut off" in one["why"]] == ["schedule_failing"]
    ledger.store.run("update schedule set due_at = now()")
    assert scheduler.run_due(runtime, listed, "x")
    assert ledger.store.row("select failures, last_error from schedule") == {"failures": 0, "last_error": None}


def test_a_schedule_that_fails_is_an_exception_until_it_runs(ledger: Ledger, runtime: Runtime) -> None:
    faults: list[Exception] = [ZeroDivisionError()]

    def run() -> None:
        if faults:
            raise faults.pop()

    listed = {"x": Scheduled("x", 0.001, run, watched=False)}
    schedules.install(runtime, listed)
    assert not scheduler.run_due(runtime, listed, "x")
    assert open_kinds(ledger) == ["schedule_failed"]
    ledger.store.run("update schedule set due_at = now()")
    assert scheduler.run_due(runtime, listed, "x")
    assert open_kinds(ledger) == []


def test_a_burst_of_one_kind_shuts_the_connection_until_a_person_opens_it(
    ledger: Ledger, runtime: Runtime, partner: Partner
) -> None:
    for n in range(12):
        ledger.post(f"SO{n}-1")
    partner.faults = [("before", Rejected("no"))] * 12
    ledger.drain(partner, stopping=iter([False] * 5 + [True] * 50).__next__)
    gates.tend(runtime)
    gates.tend(runtime)
    assert ledger.store.row("select shut_kind from connection where name = 'leeds'")["shut_kind"] == "suspect_release"
    assert open_kinds(ledger) == ["suspect_release"]
    partner.faults = []
    assert ledger.drain(partner) == 0
    ledger.store.run("update message set state_since = now() - interval '1 hour' where state = 'dead'")
    assert gates.open_connection(runtime.store, "leeds")
    assert open_kinds(ledger) == []
    ledger.store.run("update connection set opened_at = null")
    assert ledger.drain(partner) == 7


def test_a_burst_stays_open_once_a_person_opened_it(ledger: Ledger, runtime: Runtime, partner: Partner) -> None:
    for n in range(5):
        ledger.post(f"SO{n}-1")
    partner.faults = [("before", Rejected("no"))] * 5
    ledger.drain(partner)
    gates.tend(runtime)
    assert gates.open_connection(runtime.store, "leeds")
    gates.tend(runtime)
    row = ledger.store.row("select shut_kind from connection where name = 'leeds'")
    assert row["shut_kind"] is None, "the same deaths are no new burst"


def test_a_shut_connection_is_one_exception_that_closes_when_it_opens(
    ledger: Ledger, runtime: Runtime, partner: Partner
) -> None:
    ledger.post("SO1-1")
    partner.faults = [("before", Unavailable("refused"))]
    ledger.drain(partner)
    assert runtime.health.failed("leeds", "unavailable", "refused", at_once=True)
    for _ in range(3):
        gates.tend(runtime)
    assert open_kinds(ledger) == ["connection_shut"]
    assert ledger.store.row("select times from exception")["times"] == 1
    assert gates.open_connection(runtime.store, "leeds")
    assert open_kinds(ledger) == []
    ledger.store.run("update connection set opened_at = null")
    assert ledger.drain(partner) == 1, "what waited for its back-off need not wait any more"


@pytest.mark.parametrize(
    ("once", "times"),
    [
        (None, [1, 2, 3]),
        (Once.WHILE_OPEN, [1, 1, 1]),
        (Once.WITH_THIS_REASON, [1, 1, 2]),
        (Once.OR_DISMISSED, [1, 1, 2]),
    ],
)
def test_trouble_that_is_seen_again_is_counted_as_its_filing_says(
    ledger: Ledger, once: Once | None, times: list[int]
) -> None:
    counted = []
    for why in ("4 units", "4 units", "5 units"):
        file_stock(ledger, why, once)
        counted.append(ledger.store.row("select times from exception")["times"])
    assert counted == times


@pytest.mark.parametrize(("once", "again"), [(Once.WITH_THIS_REASON, 2), (Once.OR_DISMISSED, 1)])
def test_what_a_person_dismissed_stands_again_only_where_its_filing_says_so(
    ledger: Ledger, once: Once, again: int
) -> None:
    file_stock(ledger, "4 units", once)
    ledger.store.run("update exception set state = 'dismissed', closed_at = now()")
    file_stock(ledger, "4 units", once)
    assert len(ledger.store.rows("select 1 from exception")) == again
    file_stock(ledger, "5 units", once)
    assert [row["reason"] for row in ledger.store.rows("select reason from exception where state = 'open'")] == [
        "5 units"
    ]


def test_an_exception_has_the_owner_and_next_step_of_its_kind_and_closes_with_a_reason(ledger: Ledger) -> None:
    file_stock(ledger, "4 units", None)
    row = verdict("stock_not_carried")
    found = ledger.store.row("select * from exception")
    assert (found["owner"], found["severity"], found["next_step"]) == (row.owner, row.severity, row.next_step)
    exceptions.close_all(ledger.store.run, "e.subject like %s", "other:%", why="not this one")
    assert open_kinds(ledger) == ["stock_not_carried"]
    exceptions.close_all(ledger.store.run, "e.subject like %s", "not_carried:%", why="they are gone")
    assert open_kinds(ledger) == []
    assert ledger.store.row("select closed_why from exception")["closed_why"] == "they are gone"


def file_stock(ledger: Ledger, why: str, once: Once | None) -> None:
    exceptions.file(
        ledger.store.run,
        "stock_not_carried",
        subject="not_carried:Leeds:damaged",
        story="Leeds",
        flow="stock-in",
        connection="leeds",
        why=why,
        once=once,
    )


@pytest.mark.parametrize("act", ["retried", "edited", "dismissed"])
def test_who_acts_while_the_message_is_settled_waits_and_is_told_that_it_is_over(
    ledger: Ledger, runtime: Runtime, partner: Partner, act: str
) -> None:
    found = died(ledger, runtime, partner)
    told: list[str] = []

    def press() -> None:
        try:
            if act == "dismissed":
                recovery.dismiss(ledger.store, found["id"], MO, "dealt with")
            else:
                recovery.retry(ledger.store, found["id"], MO, body={"say": "two"} if act == "edited" else None)
        except CannotDo as error:
            told.append(str(error))

    waits = "select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
    with psycopg.connect(ledger.dsn) as settling:  # a worker, in the middle of it
        settling.execute("delete from message where id = %s", (found["message_id"],))
        presser = threading.Thread(target=press)
        presser.start()
        while not ledger.store.row(waits):
            assert presser.is_alive()
        settling.execute("set local lock_timeout = '2s'")
        settling.execute("update exception set state = 'resolved' where message_id = %s", (found["message_id"],))
    presser.join(30)
    assert told == [f"exception {found['id']} is resolved already"]


def test_of_many_who_press_at_once_the_order_goes_once(ledger: Ledger, runtime: Runtime, partner: Partner) -> None:
    found = died(ledger, runtime, partner)
    pressed: list[bool] = []

    def press(number: int) -> None:
        if number % 2:
            ledger.drain(partner, store=ledger.another())
            return
        try:
            recovery.retry(ledger.store, found["id"], Person(f"Mo {number}"))
            pressed.append(True)
        except CannotDo:
            pressed.append(False)

    ledger.in_threads(8, press)
    ledger.drain(partner)
    assert any(pressed)
    assert (ledger.state("SO1-1"), len(partner.books["SO1-1"]), open_kinds(ledger)) == ("delivered", 1, [])
