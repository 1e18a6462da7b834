"""``/health/ready`` is 200 while the fleet works, and else says what keeps it from working."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests

from fleet_tests.outages import frozen
from fleet_tests.web import Web, web_process
from workers.broker.queues import CONTROL, FLOWS
from workers.embedded.postgres import EmbeddedPostgres
from workers.ledger.migrate import migrate
from workers.ledger.store import NewMessage, Store


def asked(web: Web) -> tuple[int, list[str]]:
    answer = requests.get(f"{web.url}/health/ready", timeout=20)
    body = answer.json()
    assert body["ready"] == (answer.status_code == 200)
    return answer.status_code, sorted(f"{one['kind']} {one['subject']}" for one in body["troubles"])


@pytest.fixture
def at_work(store: Store) -> Store:
    """A fleet whose workers live and whose schedules run."""
    store.run(
        "insert into process (id, name, host, pid, lanes) values (%s, 'flows@here', 'here', 1, %s)",
        store.process_id,
        [*FLOWS, CONTROL],
    )
    store.run("insert into schedule (name, every, last_start) values ('ring', '1 second', now())")
    store.run("insert into connection (name, system) values ('leeds', 'clarus')")
    return store


def test_a_ledger_without_a_fleet_is_not_ready(web: Web) -> None:
    status, troubles = asked(web)
    assert status == 503
    assert troubles == sorted(["beat_away schedules", *(f"no_worker worker:{lane}" for lane in (*FLOWS, CONTROL))])


def test_a_fleet_at_work_is_ready(web: Web, at_work: Store) -> None:
    assert asked(web) == (200, [])
    at_work.run("update process set lanes = array_remove(lanes, 'returns-in')")
    assert asked(web) == (503, ["no_worker worker:returns-in"])


def test_beat_away_a_failing_poll_and_a_queue_that_stands_still_are_named(web: Web, at_work: Store) -> None:
    at_work.run("update schedule set last_start = now() - interval '2 minutes'")
    assert asked(web) == (503, ["beat_away schedules"])
    at_work.run(
        "update schedule set last_start = now(), failures = 9, failing_since = now() - interval '1 hour',"
        " last_error = 'no'"
    )
    assert asked(web) == (503, ["schedule_failing schedule:ring"])
    at_work.run(
        "update schedule set failures = 0, failing_since = null, running = %s, lease_until = now() + interval '30 s',"
        " last_start = now() - interval '11 minutes'",
        at_work.process_id,
    )
    at_work.run("insert into schedule (name, every, last_start) values ('read', '1 second', now())")
    assert asked(web) == (503, ["schedule_hangs schedule:ring"])
    at_work.run("update schedule set running = null, last_start = now()")
    effect = NewMessage(
        flow="orders-out", connection="leeds", kind="order", reference="SO1-1", subject="order:SO1-1", story="SO1",
        body={}, fingerprint="x", args={"wait": -7200},
    ).as_effect()  # fmt: skip
    at_work.run(effect.sql, *effect.values)
    assert asked(web) == (503, ["queue_waits queue:orders-out"])


def test_a_ledger_that_stands_still_is_away(tmp_path: Path) -> None:
    postgres = EmbeddedPostgres(tmp_path / "postgres")
    dsn = postgres.start()
    try:
        migrate(dsn)
        with web_process(dsn, tmp_path) as web:
            assert postgres.pid
            with frozen(postgres.pid):
                for page in ("health", "health/ready"):
                    assert requests.get(f"{web.url}/{page}", timeout=40).status_code == 503
            assert requests.get(f"{web.url}/health", timeout=40).json()["ledger"] == "ok"
    finally:
        postgres.discard()
