"""Alerts against a listening Sentry: one cause is one issue, and nobody's data leaves."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
import sentry_sdk
import uvicorn
from celery import Celery
from fastapi import FastAPI, Request
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from adapters.errors import Rejected, Unavailable
from fleet_tests.sentry import Sentry
from mappings.errors import Unmappable
from workers.observability import alerts

NAME, STREET, EMAIL = "Clementine Postlethwaite", "14 Foxglove Lane", "clementine.p.77@example.com"
PHONE, POSTCODE, TOKEN = "01632 960 417", "ZE9 8XY", "tok-3f9c1e77a2b8d6504c11"
SECRETS = (NAME, "Postlethwaite", STREET, "Foxglove", EMAIL, "clementine.p", PHONE, "960417", POSTCODE, TOKEN)
WHEN = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


def died(kind: str = "refused_by_warehouse", reference: str = "SO1-1") -> None:
    alerts.died(
        flow="orders-out",
        connection="leeds",
        kind=kind,
        owner="operations",
        severity="critical",
        reference=reference,
        runbook=f"docs/runbook.md#{kind}",
    )


def test_a_death_is_one_event_grouped_by_flow_connection_and_kind(sentry: Sentry) -> None:
    died(reference="SO1-1")
    died(reference="SO2-1")
    died(kind="uncertain")
    alerts.flush()
    events = sentry.items("event")
    assert [one["fingerprint"] for one in events] == [
        ["orders-out", "leeds", "refused_by_warehouse"],
        ["orders-out", "leeds", "refused_by_warehouse"],
        ["orders-out", "leeds", "uncertain"],
    ]
    assert events[0]["message"] == "refused_by_warehouse on orders-out via leeds"
    assert events[0]["level"] == "fatal"
    assert events[0]["tags"] == {
        "flow": "orders-out",
        "connection": "leeds",
        "kind": "refused_by_warehouse",
        "owner": "operations",
        "severity": "critical",
        "reference": "SO1-1",
        "process": "orders-out",
    }
    assert events[0]["contexts"]["fleet"] == {"runbook": "docs/runbook.md#refused_by_warehouse"}
    assert (events[0]["environment"], events[0]["release"]) == ("test", "fleet@1")


def test_a_gate_that_shuts_and_opens_is_one_issue_that_ends_as_information(sentry: Sentry) -> None:
    alerts.gate_shut(connection="leeds", kind="unavailable", since=WHEN, exception=7)
    alerts.gate_opened(connection="leeds", kind="garbled", shut_for_seconds=312.4, released=87, exception=7)
    alerts.flush()
    shut, opened = sentry.items("event")
    assert shut["fingerprint"] == opened["fingerprint"] == ["gate", "leeds", "down"]
    assert (shut["level"], opened["level"]) == ("error", "info")
    assert (shut["tags"]["state"], opened["tags"]["state"]) == ("shut", "opened")
    assert opened["contexts"]["fleet"] == {"shut_for_seconds": 312.4, "released": 87, "exception": 7}


def test_a_schedule_checks_in_as_a_pair_and_once_a_minute_at_most(sentry: Sentry) -> None:
    now = [1000.0]

    def run(schedule: str) -> None:
        with alerts.check_in(schedule, every_seconds=10, clock=lambda: now[0]):
            now[0] += 1

    for _ in range(6):
        run("Poll Khaos / status")
    run("sweep")
    now[0] += 60
    run("Poll Khaos / status")
    alerts.flush()
    told = [(one["monitor_slug"], one["status"]) for one in sentry.items("check_in")]
    pair = [("poll-khaos-status", "in_progress"), ("poll-khaos-status", "ok")]
    assert told == [*pair, ("sweep", "in_progress"), ("sweep", "ok"), *pair]
    first, second = sentry.items("check_in")[:2]
    assert first["check_in_id"] == second["check_in_id"]
    assert second["duration"] == 1
    assert first["monitor_config"]["schedule"] == {"type": "interval", "value": 1, "unit": "minute"}
    assert first["monitor_config"]["checkin_margin"] == 2


def test_a_run_that_fails_checks_in_as_an_error_and_still_fails(sentry: Sentry) -> None:
    with pytest.raises(Unavailable), alerts.check_in("hourly", every_seconds=3600):
        raise Unavailable("leeds answered HTTP 503")
    alerts.flush()
    began, ended = sentry.items("check_in")
    assert (began["monitor_config"]["schedule"]["value"], ended["status"]) == (60, "error")


def test_without_a_dsn_nothing_is_sent_and_no_thread_starts(monkeypatch: pytest.MonkeyPatch, sentry: Sentry) -> None:
    monkeypatch.setenv("SENTRY_DSN", sentry.dsn)
    for dsn in (None, ""):
        alerts.configure(dsn, environment="test", release="fleet@1", process="orders-out")
        threads = {one.name for one in threading.enumerate()}
        died()
        alerts.gate_shut(connection="leeds", kind="unavailable", since=WHEN, exception=7)
        with alerts.check_in("hourly", every_seconds=3600):
            sentry_sdk.capture_exception(ValueError(NAME))
        alerts.flush()
        assert {one.name for one in threading.enumerate()} <= threads
    assert not sentry.raw


def test_a_retry_raises_no_alert_and_a_crash_raises_one(sentry: Sentry) -> None:
    app = Celery("fleet", broker="memory://", backend="cache+memory://")
    app.conf.task_always_eager = True

    @app.task(bind=True)
    def again(self: Any, customer: str) -> None:
        raise self.retry(exc=ValueError(customer), countdown=0, max_retries=1)

    @app.task
    def crash(customer: str) -> None:
        address = {"name": customer, "line1": STREET}
        raise KeyError(f"{address}")

    crash.delay(NAME)
    alerts.flush()
    (event,) = sentry.items("event")
    assert event["exception"]["values"][-1]["type"] == "KeyError"
    assert event["exception"]["values"][-1]["value"] == ""
    assert event["transaction"].endswith("crash")
    sentry.raw.clear()
    again.delay(EMAIL)
    alerts.flush()
    assert all(one["exception"]["values"][-1]["type"] != "Retry" for one in sentry.items("event"))
    nobody_in(sentry)


def test_our_own_errors_keep_their_message_and_others_only_their_class(sentry: Sentry) -> None:
    def push() -> None:
        customer = {"name": NAME, "email": EMAIL, "street": STREET}
        try:
            try:
                raise ValueError(f"no such person: {customer}")  # noqa: TRY301  the shape of a chain is the point
            except ValueError as error:
                error.add_note(f"while writing to {STREET}")
                raise Unmappable("ICOUNTRY_NAME", "Unspecified", "add a row to tables.countries") from error
        except Unmappable as error:
            error.add_note(NAME)
            raise Rejected(f"leeds said no to SO1-1, told {EMAIL} and {PHONE} at {POSTCODE}", status=422) from error

    with pytest.raises(Rejected) as caught:
        push()
    sentry_sdk.capture_exception(caught.value)
    alerts.flush()
    (event,) = sentry.items("event")
    values = {one["type"]: one["value"] for one in event["exception"]["values"]}
    assert values == {
        "ValueError": "",
        "Unmappable": "ICOUNTRY_NAME='Unspecified': add a row to tables.countries",
        "Rejected": "leeds said no to SO1-1, told [e-mail] and [phone] at [postcode]",
    }
    frames = event["exception"]["values"][-1]["stacktrace"]["frames"]
    assert frames[-1]["function"] == "push"
    assert all("vars" not in frame and "context_line" not in frame for frame in frames)
    nobody_in(sentry)


def test_database_errors_leave_without_parameters_and_steps_as_verb_and_table(sentry: Sentry) -> None:
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE record (body TEXT)"))
        connection.execute(text("INSERT INTO record (body) VALUES (:body)"), {"body": f"{NAME}, {STREET}"})
        connection.execute(text(f"SELECT body FROM record WHERE body = '{NAME}'"))  # noqa: S608  a literal is the point
        with pytest.raises(OperationalError) as caught:
            connection.execute(text("UPDATE nowhere SET body = :body"), {"body": EMAIL})
        sentry_sdk.capture_exception(caught.value)
    engine.dispose()
    alerts.flush()
    (event,) = sentry.items("event")
    steps = [one["message"] for one in event["breadcrumbs"]["values"]]
    assert steps == ["INSERT INTO record", "SELECT body", "UPDATE nowhere"]
    nobody_in(sentry)


def test_a_webhook_that_crashes_leaves_without_request_body_query_token_or_caller(sentry: Sentry) -> None:
    app = FastAPI()

    @app.post("/webhooks/clarus/{token}")
    async def receive(token: str, request: Request) -> None:
        body = await request.json()
        sentry_sdk.set_user({"email": EMAIL, "username": NAME})
        sentry_sdk.set_extra("delivery", body)
        sentry_sdk.set_tag("customer", NAME)
        sentry_sdk.set_context("address", {"street": STREET})
        sentry_sdk.add_breadcrumb(category="http", message=f"{STREET} {token}", data=body)
        raise RuntimeError(f"{token}: {body}")

    with served(app) as url:
        requests.post(
            f"{url}/webhooks/clarus/{TOKEN}?email={EMAIL}",
            json={"name": NAME, "street": STREET, "phone": PHONE},
            headers={"Cookie": f"session={TOKEN}", "X-Customer": EMAIL, "Authorization": TOKEN},
            timeout=10,
        )
        requests.get(f"{url}/nowhere/{TOKEN}", timeout=10)
    alerts.flush()
    (event,) = sentry.items("event")
    assert event["exception"]["values"][-1]["type"] == "RuntimeError"
    assert not {"request", "user", "extra"} & set(event)
    assert "receive" in event["transaction"]
    nobody_in(sentry)


def test_log_records_and_messages_of_others_make_no_readable_event(
    sentry: Sentry, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("celery.worker.consumer.consumer").critical("body: %s", NAME)
        try:
            raise ValueError(EMAIL)  # noqa: TRY301  as a library would raise it
        except ValueError:
            logging.getLogger("workers.spine.delivery").exception("failed for %s at %s", NAME, STREET)
    sentry_sdk.capture_message(f"note for {NAME}")
    with sentry_sdk.start_transaction(op="push", name=f"/orders/{TOKEN}"):
        pass
    died(reference="SO9-1")
    alerts.flush()
    assert [one.get("message") for one in sentry.items("event")] == [
        None,
        "refused_by_warehouse on orders-out via leeds",
    ]
    assert not sentry.items("transaction")
    nobody_in(sentry)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_that_dies_is_an_event_without_its_arguments(sentry: Sentry) -> None:
    def work(person: str) -> None:
        raise RuntimeError(person)

    thread = threading.Thread(target=work, args=(NAME,), name="slot")
    thread.start()
    thread.join()
    alerts.flush()
    (event,) = sentry.items("event")
    assert event["exception"]["values"][-1]["type"] == "RuntimeError"
    nobody_in(sentry)


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join(timeout=10)


def nobody_in(sentry: Sentry) -> None:
    assert sentry.raw
    for told in (one.lower() for one in (*sentry.heads, *(body.decode() for body in sentry.raw))):
        found = [one for one in SECRETS if one.lower() in told]
        assert not found, found
