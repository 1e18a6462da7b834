"""What on-call hears in the demo, and when an outage counts as one story."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from fleet_tests.sentry import Sentry
from workers.demo.outages import Outages
from workers.demo.reconciliation.outages import OutageFigures
from workers.demo.setting.on_call import LOG, OnCall
from workers.ledger.store import Store
from workers.observability import alerts

WELL = OutageFigures(connection="leeds", seconds=9.0, alerts=1, resolutions=1, notices=1, cures=1)


@pytest.fixture
def on_call(tmp_path: Path) -> Iterator[OnCall]:
    listens = OnCall(tmp_path)
    alerts.configure(listens.dsn, environment="demo", release="fleet@1", process="control")
    yield listens
    alerts.configure(None, environment="demo", release="fleet@1", process="control")
    listens.close()


def test_what_sentry_would_get_goes_on_to_a_sentry_that_was_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sentry: Sentry
) -> None:
    monkeypatch.setenv("SENTRY_DSN", sentry.dsn)
    listens = OnCall(tmp_path)
    alerts.configure(listens.dsn, environment="demo", release="fleet@1", process="control")
    alerts.gate_shut(connection="leeds", kind="unavailable", since=datetime.now(UTC), exception=7)
    alerts.flush()
    listens.close()
    assert [event["contexts"]["fleet"]["exception"] for event in sentry.items("event")] == [7]


def test_on_call_hears_both_ways_and_an_event_that_comes_twice_once(on_call: OnCall, tmp_path: Path) -> None:
    for _ in range(2):
        alerts.gate_shut(connection="leeds", kind="unavailable", since=datetime.now(UTC), exception=7)
    alerts.gate_opened(connection="leeds", kind="unavailable", shut_for_seconds=9.0, released=2, exception=7)
    alerts.flush()
    said = gzip.compress(json.dumps({"text": "*Critical: connection shut at leeds*\nsince now"}).encode())
    requests.post(on_call.chat, data=said, headers={"Content-Encoding": "gzip"}, timeout=5).raise_for_status()
    assert on_call.heard.events == {(7, "shut"), (7, "opened")}
    assert on_call.heard.notices == {"Critical: connection shut at leeds": 1}
    assert (tmp_path / LOG).read_text().count("leeds is shut") == 2


@pytest.mark.parametrize(
    "other",
    [{"alerts": 2}, {"alerts": 0}, {"resolutions": 0}, {"notices": 2}, {"cures": 0}, {"others": ("schedule_failed",)},
     {"dead_letters": 1}],
)  # fmt: skip
def test_an_outage_is_good_only_as_one_alert_one_resolution_and_no_dead_letter(other: dict[str, Any]) -> None:
    assert WELL.good
    assert not WELL.model_copy(update=other).good


def file(store: Store) -> int:
    """Leeds is down, and its owner was told."""
    store.run(
        "select file_exception('connection_shut', 'connection:leeds', 'connection leeds', '', 'leeds', 'support',"
        " 'critical', 'unavailable: HTTP 503', 'wait', null, null)"
    )
    store.run(
        "insert into notice (what, owner, channel, group_key, kind, connection, since, state, closed_at) select"
        " 'urgent', owner, 'webhook', id, kind, connection, first_at, 'told', now() from exception where state = 'open'"
    )
    row = store.row("select id from exception where state = 'open'")
    assert row is not None
    return int(row["id"])


def cure(store: Store) -> None:
    """Leeds answers again, and its owner was told so of the newest notice."""
    store.run("select close_exception('connection_shut', 'connection:leeds', 'it answers again', 'fleet')")
    store.run(
        "insert into notice (what, owner, channel, kind, connection, since, state, answers) select 'cured', owner,"
        " channel, kind, connection, since, 'told', id from notice order by id desc limit 1"
    )


def until_over(outages: Outages) -> None:
    ends = time.monotonic() + 30
    while not outages.over and time.monotonic() < ends:
        time.sleep(0.05)
    assert outages.over, "on-call knows of it: nobody waits until it is told again"


def test_an_outage_lasts_until_it_was_told_and_is_counted_from_what_was_told(on_call: OnCall, store: Store) -> None:
    switched: list[float] = []
    outages = Outages(store, on_call.heard)

    def switch(how: dict[str, Any]) -> None:
        switched.append(how["away_until"])
        if how["away_until"]:
            number = file(store)
            on_call.heard.events |= {(number, "shut"), (number, "opened")}

    first = file(store)
    outages.play(("leeds",), switch)
    time.sleep(0.6)
    assert (outages.over, switched) == (False, []), "what stands already is a story of its own"
    store.run("update exception set state = 'resolved', closed_at = now() where id = %s", first)
    until_over(outages)
    assert (switched[-1], len(switched)) == (0.0, 2)
    (told,) = outages.figures()
    assert (told.alerts, told.resolutions, told.notices, told.cures) == (1, 0, 1, 0)
    cure(store)
    (told,) = outages.figures()
    assert told.good
    store.run(
        "insert into exception (kind, subject, story, flow, connection, owner, severity, reason, next_step)"
        " values ('unavailable', 'order:SO1-1', 'SO1', 'orders-out', 'leeds', 'support', 'error', 'gave up', 'look')"
    )
    (told,) = outages.figures()
    assert (told.others, told.good) == (("unavailable",), False)


@pytest.mark.parametrize("opened", [False, True])
def test_a_connection_that_is_down_already_or_a_moment_before_is_one_story(
    on_call: OnCall, store: Store, monkeypatch: pytest.MonkeyPatch, *, opened: bool
) -> None:
    """It stayed shut; or it opened and was shut again before its owner was told that it is over."""
    monkeypatch.setattr("workers.demo.outages.WAITS_FOR", 0.0)
    number = file(store)
    store.run("update exception set first_at = first_at - interval '1 hour', last_at = last_at - interval '59 minutes'")
    store.run("update notice set since = since - interval '1 hour', closed_at = null")

    def shut_again(how: dict[str, Any]) -> None:
        if opened and how["away_until"]:
            file(store)
            store.run("delete from notice where id > (select min(id) from notice)")

    if opened:
        store.run("update exception set state = 'resolved', closed_at = now() - interval '2 seconds'")
    outages = Outages(store, on_call.heard)
    outages.play(("leeds",), shut_again)
    until_over(outages)
    row = store.row("select max(id) as id from exception")
    assert row is not None
    assert (row["id"] > number) is opened
    on_call.heard.events |= {(row["id"], "shut"), (row["id"], "opened")}
    store.run("update notice set closed_at = now()")
    cure(store)
    (told,) = outages.figures()
    assert told.good
