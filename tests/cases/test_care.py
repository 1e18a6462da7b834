"""Exceptions are assigned, noted, tagged and put to sleep; who has not taken one in time is told of once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from fleet_tests.ledger import Ledger
from fleet_tests.sentry import Sentry
from workers.cases import care, deadlines, group_retries
from workers.cases.care import Cases
from workers.observability import alerts
from workers.spine.people import CannotDo, Person
from workers.spine.runtime import Runtime
from workers.views.exception_groups import groups, members

File = Callable[..., str]


@pytest.fixture
def file(ledger: Ledger) -> File:
    """File an exception of a kind about an order; the key of its group."""

    def make(n: int, kind: str = "bad_address", why: str = "no postcode", severity: str = "error") -> str:
        ledger.store.row(
            "select file_exception(%s, %s, %s, 'orders-out', 'leeds', 'operations', %s, %s, 'mend it', null, null)",
            kind, f"order:SO{n}-1", f"SO{n}", severity, why,
        )  # fmt: skip
        row = ledger.store.row("select group_key from exception order by last_at desc, id desc limit 1")
        assert row
        return str(row["group_key"])

    return make


def later(**span: float) -> datetime:
    return datetime.now(UTC) + timedelta(**span)


def one(ledger: Ledger, column: str) -> Any:
    row = ledger.store.row(f"select {column} as it from exception order by id limit 1")  # noqa: S608  a column's name
    assert row
    return row["it"]


def test_each_act_stands_in_the_story_and_in_the_record_of_what_people_did(
    ledger: Ledger, file: File, engine: Engine, mo: Person
) -> None:
    key = file(1)
    number = members(engine, key)[0]["id"]
    care.assign(ledger.store, Cases(number), mo, "anna")
    care.note(ledger.store, Cases(number), mo, "asked GXO")
    care.tag(ledger.store, Cases(number), mo, "Black-Friday")
    care.tag(ledger.store, Cases(number), mo, "black-friday")
    care.snooze(ledger.store, Cases(number), mo, later(hours=1), "they answer at noon")
    care.wake(ledger.store, Cases(number), mo)
    steps = [r["step"] for r in ledger.store.rows("select step from timeline where who = 'Mo' order by id")]
    assert steps == ["assigned", "note", "tagged", "tagged", "snoozed", "woken"]
    kept = ledger.store.rows("select action, object, name from audit_entry order by id")
    assert [row["action"] for row in kept] == steps
    assert {(row["object"], row["name"]) for row in kept} == {(f"exception {number}", "Mo")}
    (row,) = members(engine, key)
    assert (row["assignee"], row["tags"], row["snoozed_until"]) == ("anna", ["black-friday"], None)
    care.tag(ledger.store, Cases(number), mo, "black-friday", remove=True)
    assert members(engine, key)[0]["tags"] == []


def test_a_group_is_acted_on_as_a_whole(ledger: Ledger, file: File, engine: Engine, mo: Person) -> None:
    key = {file(n) for n in range(3)}.pop()
    assert care.assign(ledger.store, Cases(key=key), mo, "anna") == 3
    (group,) = groups(engine, assignee="anna")
    assert (group["assignees"], group["assigned"]) == (["anna"], 3)
    group_retries.dismiss_group(ledger.store, key, mo, "a test run")
    with pytest.raises(CannotDo, match="being worked off"):
        group_retries.dismiss_group(ledger.store, key, mo, "a test run")
    group_retries.work_off(ledger.store)
    ledger.store.run("update group_retry set moved_at = moved_at - interval '1 minute'")
    group_retries.work_off(ledger.store)
    rows = ledger.store.rows("select distinct state, closed_by, closed_why from exception")
    assert rows == [{"state": "dismissed", "closed_by": "Mo", "closed_why": "a test run"}]


@pytest.mark.parametrize(
    "act",
    [
        lambda store, mo: care.assign(store, Cases(987), mo, "anna"),
        lambda store, mo: care.note(store, Cases(1), mo, " "),
        lambda store, mo: care.tag(store, Cases(1), mo, "x" * 41),
        lambda store, mo: care.snooze(store, Cases(1), mo, later(hours=1), " "),
        lambda store, mo: care.snooze(store, Cases(1), mo, later(hours=-1), "x"),
        lambda store, mo: care.snooze(store, Cases(1), mo, later(days=91), "x"),
        lambda store, mo: group_retries.dismiss_group(store, "x", mo, ""),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_is_written(
    ledger: Ledger, mo: Person, act: Callable[[Any, Person], object]
) -> None:
    with pytest.raises(CannotDo):
        act(ledger.store, mo)
    assert ledger.store.rows("select 1 from timeline") == ledger.store.rows("select 1 from audit_entry") == []


def test_what_sleeps_is_not_listed_and_comes_back_by_itself(
    ledger: Ledger, file: File, engine: Engine, mo: Person
) -> None:
    key = file(1)
    care.snooze(ledger.store, Cases(key=key), mo, later(hours=1), "they answer at noon")
    assert groups(engine) == []
    assert [(g["n"], g["snoozed"]) for g in groups(engine, snoozed=True)] == [(0, 1)]
    file(1)  # the same again is not worse
    assert groups(engine) == []
    ledger.store.run("update exception set snoozed_until = now() - interval '1 second'")
    assert [g["n"] for g in groups(engine)] == [1]


def test_what_gets_worse_wakes_at_once(ledger: Ledger, file: File, engine: Engine, mo: Person) -> None:
    key = file(1)
    care.snooze(ledger.store, Cases(key=key), mo, later(hours=1), "later")
    file(1, severity="critical")
    assert [(g["n"], g["severity"]) for g in groups(engine)] == [(1, "critical")]
    care.snooze(ledger.store, Cases(key=key), mo, later(hours=1), "later")
    file(1, why="no town either")
    assert [g["n"] for g in groups(engine)] == [1]
    key = groups(engine)[0]["key"]
    care.snooze(ledger.store, Cases(key=key), mo, later(hours=1), "later")
    file(2, why="no town either")  # one more of the group: it alone is awake
    assert [(g["n"], g["snoozed"]) for g in groups(engine)] == [(1, 1)]


def test_owner_and_time_come_from_fleet_toml(ledger: Ledger, file: File, runtime: Runtime) -> None:
    settings = runtime.configuration.exceptions.model_copy(
        update={"owners": {"bad_address": "customer service"}, "respond_within": {"bad_address": 2.0}}
    )
    runtime.configuration = runtime.configuration.model_copy(update={"exceptions": settings})
    file(1)
    file(2, kind="crashed", severity="critical")
    file(3, kind="not_a_sale", severity="info")
    assert deadlines.set_times(runtime) == 3
    assert deadlines.set_times(runtime) == 0
    rows = ledger.store.rows("select owner, respond_by - first_at as hours from exception order by id")
    assert [row["owner"] for row in rows] == ["customer service", "operations", "operations"]
    assert rows[0]["hours"] >= timedelta(hours=2)
    assert [row["hours"] for row in rows[1:]] == [timedelta(hours=1), None]


def test_a_group_that_nobody_took_in_time_is_one_alert(
    ledger: Ledger, file: File, runtime: Runtime, mo: Person, sentry: Sentry, engine: Engine
) -> None:
    for n in range(5):
        file(n)
    taken = file(9, kind="crashed")
    asleep = file(10, kind="throttled")
    deadlines.look(runtime)
    care.assign(ledger.store, Cases(key=taken), mo, "anna")
    care.snooze(ledger.store, Cases(key=asleep), mo, later(hours=1), "later")
    ledger.store.run("update exception set respond_by = now() - interval '1 second' where assignee is null")
    deadlines.look(runtime)
    file(6)
    ledger.store.run(
        "update exception set respond_by = now() - interval '1 second', clocked = true where assignee is null"
    )
    deadlines.look(runtime)
    alerts.flush()
    assert [event["message"] for event in sentry.items("event")] == [
        "nobody has taken bad_address on orders-out via leeds"
    ]
    assert [g["overdue"] for g in groups(engine, kind="bad_address")] == [True]
