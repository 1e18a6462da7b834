"""A connection that a person paused is left alone until a person resumes it; its messages wait and keep their doubt."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.errors import Unavailable
from fleet_tests.ledger import Ledger, Partner
from fleet_tests.sentry import Sentry
from workers.cases import connection_acts
from workers.observability import alerts
from workers.spine import gates, limits, live
from workers.spine.people import CannotDo, Person
from workers.spine.runtime import Runtime

MO = Person("Mo")


def open_kinds(ledger: Ledger) -> list[str]:
    return [row["kind"] for row in ledger.store.rows("select kind from exception where state = 'open' order by id")]


def shut_kind(ledger: Ledger) -> Any:
    row = ledger.store.row("select shut_kind from connection where name = 'leeds'")
    assert row is not None
    return row["shut_kind"]


def test_nothing_is_sent_while_it_is_paused_and_everything_goes_when_it_is_resumed(
    ledger: Ledger, runtime: Runtime, partner: Partner, sentry: Sentry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runtime.account("leeds"), "ping", lambda: pytest.fail("it was probed"))
    ledger.post("SO1-1")
    connection_acts.pause(ledger.store, "leeds", MO, "Leeds moves house")
    for _ in range(3):
        ledger.time_passes()
        assert ledger.drain(partner) == 0
        assert gates.tend(runtime) == 0
    with limits.poll_slot(ledger.store, "leeds", "orders", 1.0) as taken:
        assert not taken
    message = ledger.message("SO1-1")
    assert (message["state"], message["attempt"]) == ("queued", 0)
    assert open_kinds(ledger) == ["connection_paused"]
    assert connection_acts.open_(ledger.store, "leeds", MO, "it has moved")
    ledger.store.run("update connection set opened_at = null")
    assert ledger.drain(partner) == 1
    assert open_kinds(ledger) == []
    assert not connection_acts.open_(ledger.store, "leeds", MO)
    steps = ledger.store.rows(
        "select step, note from timeline where story = 'connection leeds' and who = 'Mo' order by id"
    )
    said = [(row["step"], row["note"]) for row in steps]
    assert {("paused", "Leeds moves house"), ("resumed", "it has moved")} <= set(said)
    kept = ledger.store.rows("select action, reason from audit_entry order by id")
    assert [tuple(row.values()) for row in kept] == [
        ("connection paused", "Leeds moves house"), ("connection resumed", "it has moved"),
    ]  # fmt: skip
    alerts.flush()
    assert sentry.items("event") == [], "a pause is no trouble of the partner's"


def test_a_pause_keeps_doubt_and_waits_as_they_are(ledger: Ledger, partner: Partner) -> None:
    ledger.post("SO1-1")
    partner.faults = [("after", Unavailable("cut off", maybe_done=True))]
    ledger.drain(partner)
    before = ledger.message("SO1-1")
    assert before["maybe_sent_at"] is not None
    connection_acts.pause(ledger.store, "leeds", MO, "x")
    connection_acts.open_(ledger.store, "leeds", MO, "x")
    after = ledger.message("SO1-1")
    assert [after[name] for name in ("state", "due_at", "maybe_sent_at", "attempt")] == [
        before[name] for name in ("state", "due_at", "maybe_sent_at", "attempt")
    ]


def test_a_pause_during_a_probe_outlives_its_answer_and_the_outage_is_over_when_it_is_resumed(
    ledger: Ledger, runtime: Runtime, sentry: Sentry, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits.shut(ledger.store, "leeds", "unavailable", "HTTP 503")

    def paused_meanwhile() -> None:
        connection_acts.pause(ledger.store, "leeds", MO, "they ask us to wait")

    monkeypatch.setattr(runtime.account("leeds"), "ping", paused_meanwhile)
    ledger.store.run("update connection set probe_at = now()")
    assert gates.tend(runtime) == 0
    assert (shut_kind(ledger), open_kinds(ledger)) == ("paused", ["connection_shut", "connection_paused"])
    assert gates.open_connection(ledger.store, "leeds")
    assert open_kinds(ledger) == []
    alerts.flush()
    assert [event["tags"]["state"] for event in sentry.items("event")] == ["shut", "opened"]


def test_failures_and_waits_that_end_meanwhile_do_not_change_a_pause(ledger: Ledger, runtime: Runtime) -> None:
    connection_acts.pause(ledger.store, "leeds", MO, "x")
    health = limits.Health(ledger.store)
    health.failed("leeds", "unauthorised", "refused", at_once=True)
    health.told_to_wait("leeds", 0.0)
    gates.tend(runtime)
    assert shut_kind(ledger) == "paused"


@pytest.mark.parametrize(
    ("kind", "told"),
    [("suspect_release", "until a person opens it"), (live.NOT_LIVE, "go-live"), ("paused", "paused already")],
)
def test_what_only_a_person_opens_is_not_paused_over(ledger: Ledger, kind: str, told: str) -> None:
    ledger.store.run("update connection set shut_kind = %s, shut_since = now() where name = 'leeds'", kind)
    with pytest.raises(CannotDo, match=told):
        connection_acts.pause(ledger.store, "leeds", MO, "x")
    with pytest.raises(CannotDo, match="needs a reason"):
        connection_acts.pause(ledger.store, "leeds", MO, " ")
    assert (shut_kind(ledger), open_kinds(ledger)) == (kind, [])
