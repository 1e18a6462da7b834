"""A shut connection is probed gently where it refuses us, tells somebody once, and a person opens it at once."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.errors import Unauthorised, Unavailable
from fleet_tests.ledger import Ledger, Partner
from fleet_tests.sentry import Sentry
from workers.observability import alerts
from workers.spine import gates, limits
from workers.spine.limits import Health
from workers.spine.runtime import Runtime


class Probed:
    """Leeds, whose probe answers with what it is given, and whose calls are refused for want of a right."""

    def __init__(self, ledger: Ledger, runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ledger, self.runtime, self.answer = ledger, runtime, None
        self.probes = 0
        monkeypatch.setattr(runtime.account("leeds"), "ping", self.ping)

    answer: Exception | None

    def ping(self) -> None:
        self.probes += 1
        if self.answer:
            raise self.answer

    def row(self) -> dict[str, Any]:
        row = self.ledger.store.row(
            "select shut_kind, extract(epoch from probe_at - now())::float as next from connection where name = 'leeds'"
        )
        assert row is not None
        return row

    def probed(self) -> float:
        """The seconds from a probe to the next one."""
        self.ledger.store.run("update connection set probe_at = now()")
        gates.tend(self.runtime)
        return float(self.row()["next"])

    def passes(self, seconds: float) -> None:
        """So much time goes by for the connection."""
        self.ledger.store.run(
            "update connection set shut_since = shut_since - d, trouble_since = trouble_since - d,"
            " opened_at = opened_at - d from make_interval(secs => %s) d",
            seconds,
        )

    def exceptions(self) -> list[tuple[str, int]]:
        rows = self.ledger.store.rows("select state, times from exception where kind = 'connection_shut' order by id")
        return [(row["state"], row["times"]) for row in rows]


@pytest.fixture
def leeds(ledger: Ledger, runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> Probed:
    return Probed(ledger, runtime, monkeypatch)


def test_credentials_that_are_refused_are_tried_ever_more_seldom(leeds: Probed) -> None:
    limits.shut(leeds.ledger.store, "leeds", "unauthorised", "refused")
    leeds.answer = Unauthorised("refused our credentials")
    waits = []
    for passed in (0, 10, 20, 600):
        leeds.passes(passed)
        waits.append(round(leeds.probed()))
    assert waits == [3, 10, 30, 60]
    leeds.answer = Unavailable("nobody there")
    assert round(leeds.probed()) == 3, "nobody is locked out by an answer that does not come"


def test_a_right_that_is_missing_although_the_probe_is_answered_tells_somebody_once(
    leeds: Probed, partner: Partner, sentry: Sentry
) -> None:
    leeds.ledger.post("SO1-1")
    waits = []
    for _ in range(8):
        partner.faults = [("before", Unauthorised("ACS forbids it"))]
        leeds.ledger.time_passes()
        leeds.ledger.drain(partner, health=Health(leeds.ledger.store))
        assert leeds.row()["shut_kind"] == "unauthorised"
        waits.append(leeds.row()["next"])
        leeds.passes(waits[-1])
        leeds.probed()
        assert leeds.row()["shut_kind"] is None
    assert waits == sorted(waits)
    assert waits[-1] > 30
    alerts.flush()
    assert [event["tags"]["state"] for event in sentry.items("event")] == ["shut"]
    assert leeds.exceptions() == [("open", 8)]
    partner.faults = []
    leeds.ledger.time_passes()
    leeds.ledger.drain(partner)
    leeds.passes(61)
    gates.tend(leeds.runtime)
    assert leeds.exceptions() == [("resolved", 8)]
    alerts.flush()
    assert [event["tags"]["state"] for event in sentry.items("event")] == ["shut", "opened"]
    limits.shut(leeds.ledger.store, "leeds", "unauthorised", "refused")
    assert leeds.row()["next"] < 2, "that trouble is over, and this is another"


def test_a_person_opens_it_at_once_and_it_is_tried_quickly_again(leeds: Probed, partner: Partner) -> None:
    limits.shut(leeds.ledger.store, "leeds", "unauthorised", "refused")
    leeds.answer = Unauthorised("refused our credentials")
    leeds.passes(600)
    leeds.probed()
    leeds.ledger.post("SO1-1")
    assert leeds.ledger.drain(partner) == 0
    assert gates.open_connection(leeds.runtime.store, "leeds")
    assert leeds.ledger.drain(partner) == 1
    assert [state for state, _ in leeds.exceptions()] == ["resolved"]
    limits.shut(leeds.ledger.store, "leeds", "unauthorised", "refused")
    assert leeds.row()["next"] < 2


def test_whoever_opens_a_connection_cuts_no_doubt_short(leeds: Probed, partner: Partner) -> None:
    leeds.ledger.post("SO1-1")
    partner.faults = [("after", Unavailable("no answer", maybe_done=True))]
    leeds.ledger.drain(partner)
    due = leeds.ledger.message("SO1-1")["due_at"]
    for open_it in (lambda: gates.open_connection(leeds.runtime.store, "leeds"), leeds.probed):
        limits.shut(leeds.ledger.store, "leeds", "unavailable", "down")
        open_it()
        assert (leeds.row()["shut_kind"], leeds.ledger.message("SO1-1")["due_at"]) == (None, due)
    assert leeds.ledger.drain(partner) == 0
    assert partner.pushes["SO1-1"] == 1


def test_a_process_that_dies_around_an_alert_repeats_it_and_never_loses_it(
    leeds: Probed, sentry: Sentry, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits.shut(leeds.ledger.store, "leeds", "unavailable", "HTTP 503")
    leeds.answer = Unavailable("HTTP 503")

    def dies(**_said: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(alerts, "gate_shut", dies)
        with pytest.raises(KeyboardInterrupt):
            gates.tend(leeds.runtime)
    leeds.answer = None
    leeds.probed()
    leeds.passes(11)
    with monkeypatch.context() as patched:
        patched.setattr(alerts, "gate_opened", dies)
        with pytest.raises(KeyboardInterrupt):
            gates.tend(leeds.runtime)
    gates.tend(leeds.runtime)
    gates.tend(leeds.runtime)
    told = [(event["tags"]["state"], event["contexts"]["fleet"]["exception"]) for event in sentry.items("event")]
    (number,) = {number for _state, number in told}
    assert told == [("shut", number), ("opened", number)]
    assert [state for state, _ in leeds.exceptions()] == ["resolved"]


def test_an_outage_is_one_group_and_one_issue_however_its_calls_fail(leeds: Probed, sentry: Sentry) -> None:
    leeds.answer = Unavailable("down")
    for kind, why in (("unavailable", "HTTP 503"), ("garbled", "no JSON"), ("unauthorised", "refused")):
        leeds.ledger.store.run("update connection set shut_kind = null, opened_at = now() where name = 'leeds'")
        limits.shut(leeds.ledger.store, "leeds", kind, why)
        leeds.probed()
    (row,) = leeds.ledger.store.rows("select group_key, times from exception where kind = 'connection_shut'")
    assert row["times"] == 3
    leeds.answer = None
    leeds.probed()
    leeds.passes(61)
    gates.tend(leeds.runtime)
    limits.shut(leeds.ledger.store, "leeds", "garbled", "no JSON")
    leeds.probed()
    groups = {one["group_key"] for one in leeds.ledger.store.rows("select group_key from exception")}
    assert groups == {row["group_key"]}
    assert len({tuple(event["fingerprint"]) for event in sentry.items("event")}) == 1


def test_a_partner_that_comes_back_hesitantly_is_one_trouble(leeds: Probed, sentry: Sentry) -> None:
    def told() -> list[str]:
        gates.tend(leeds.runtime)
        return [event["tags"]["state"] for event in sentry.items("event")]

    for passed in (0, 3, 9):
        leeds.passes(passed)
        limits.shut(leeds.ledger.store, "leeds", "unavailable", "HTTP 503")
        leeds.probed()
        assert leeds.row()["shut_kind"] is None
    assert (told(), leeds.exceptions()) == (["shut"], [("open", 3)])
    leeds.passes(11)
    assert (told(), leeds.exceptions()) == (["shut", "opened"], [("resolved", 3)])
    limits.shut(leeds.ledger.store, "leeds", "unavailable", "HTTP 503")
    leeds.probed()
    leeds.passes(30)
    assert told() == ["shut", "opened", "shut"], "it was over once and was not: now a minute must pass"
    leeds.passes(31)
    assert (told(), [state for state, _ in leeds.exceptions()]) == (["shut", "opened"] * 2, ["resolved"] * 2)
