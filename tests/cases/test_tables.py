"""A row that is put on the desk is checked by its reader, live without a restart, and replays what waits for it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from fleet_tests.ledger import Ledger
from fleet_tests.places import ROOT
from fleet_tests.world import World, worlds
from workers import config
from workers.cases import group_retries, tables
from workers.cases.tables import Place, read_place
from workers.config import Configuration
from workers.domain import overlay
from workers.ledger.store import Store
from workers.orders_out import polls as orders_out_polls
from workers.spine import exceptions
from workers.spine.people import CannotDo, Person
from workers.spine.runtime import Runtime
from workers.wiring.systems import SYSTEMS

MO = Person("Mo")
CARRIER = Place("carriers", ("gxo", "RM-99"))


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Configuration:
    """The model configuration: every system has a connection there."""
    for line in (ROOT / "deploy" / "env.example").read_text(encoding="utf-8").splitlines():
        name, is_set, value = line.partition("=")
        if is_set and not line.startswith("#"):
            monkeypatch.setenv(name, value or "only-for-this-test")
    (tmp_path / "key").write_text(asyncssh.generate_private_key("ssh-ed25519").export_private_key().decode())
    for name in ("GXO_PRIVATE_KEY", "ACS_PRIVATE_KEY"):
        monkeypatch.setenv(name, str(tmp_path / "key"))
    return config.read(ROOT / "deploy" / "fleet.example.toml", SYSTEMS)


@pytest.fixture
def world(database: str, redis_url: str, tmp_path: Path) -> Iterator[World]:
    with worlds(database, redis_url, tmp_path) as begin:
        yield begin(
            routing='[[routing]]\nname = "France"\nto = "leeds"\nfacility = "LDS1"\nwhen = { country = ["FR"] }\n'
        )


@pytest.mark.parametrize(
    ("table", "word", "value"),
    [
        ("carriers.gxo", "RM-99", "Royal Mail 99"),
        ("carriers.clarus", "X", "Royal Mail"),
        ("stock_conditions.gxo", "Q", "quarantine"),
        ("stock_conditions.clarus", "RECALL", "quarantine"),
        ("stock_conditions.acs", "On loan", "with_customer"),
        ("movement_causes.gxo", "ZZ", "status"),
        ("movement_causes.clarus", "STK", "adjusted_down"),
        ("line_statuses.gxo", "BO", "short"),
        ("line_statuses.acs", "Steaming", "to_follow"),
        ("order_statuses.acs", "Hanging", "in_progress"),
        ("grades.acs", "GRADE 1", "A"),
        ("return_decisions.acs.sale.C", "OUTLET", '{"money": "credit_less", "less": 20}'),
        ("adjustment_reasons.gxo", "ZZ", '{"khaos": "VARIANCE", "account": "5210"}'),
        ("return_dispositions.good", "*", '{"reason": "7"}'),
        ("item_columns.gxo", "colour", "USER_DEFINED:Colour"),
        ("routing", "Ireland", '{"to": "leeds", "facility": "LDS1", "when": {"country": ["IE"]}}'),
    ],
)
def test_a_row_of_every_table_can_be_put(
    ledger: Ledger, example: Configuration, table: str, word: str, value: str
) -> None:
    tables.put(ledger.store, example, MO, read_place(table, word), tables.read_value(value), "a test")
    assert ledger.store.row("select count(*) as n from table_row") == {"n": 1}


@pytest.mark.parametrize(
    ("table", "word", "value", "words"),
    [
        ("carriers.gxo", "RM-99", " ", "write a word"),
        ("carriers.dhl", "X", "Y", "no system of this name takes its rows"),
        ("couriers.gxo", "X", "Y", "there is no table 'couriers'"),
        ("carriers", "X", "Y", "no system of this name"),
        ("stock_conditions.gxo", "Q", "fine", "its meaning is one of"),
        ("movement_causes.gxo", "ZZ", "sideways", "sideways"),
        ("line_statuses.gxo", "BO", "lost", "short"),
        ("return_decisions.acs.sale.C", "OUTLET", '{"money": "gold"}', "money"),
        ("adjustment_reasons.gxo", "ZZ", '{"account": "5210"}', "khaos"),
        ("return_dispositions.good", "*", '{"reason": "7", "processing": "burn"}', "processing"),
        ("item_columns.gxo", "smell", "X", "no column"),
        ("routing", "Ireland", '{"to": "york", "facility": "X"}', "no connection"),
        ("routing", "Ireland", '{"to": "leeds", "facility": "LDS9"}', "does not list"),
        ("routing", "Ireland", "leeds", "write a rule as JSON"),
        ("routing", "Ireland", '{"to": "leeds"}', "facility"),
        ("routing", "Ireland", "{to: leeds}", "not JSON"),
    ],
)
def test_a_row_that_its_reader_would_not_understand_is_refused_and_nothing_is_written(
    ledger: Ledger, example: Configuration, table: str, word: str, value: str, words: str
) -> None:
    with pytest.raises(CannotDo, match=words):
        tables.put(ledger.store, example, MO, read_place(table, word), tables.read_value(value), "a test")
    assert ledger.store.rows("select 1 from table_row") == ledger.store.rows("select 1 from table_change") == []


def test_every_change_is_kept_with_who_and_why_before_and_after(ledger: Ledger, example: Configuration) -> None:
    with pytest.raises(CannotDo, match="needs a reason"):
        tables.put(ledger.store, example, MO, CARRIER, "Royal Mail", " ")
    tables.put(ledger.store, example, MO, CARRIER, "Royal Mail", "new")
    tables.put(ledger.store, example, MO, CARRIER, "Royal Mail 99", "the right one")
    tables.remove(ledger.store, example, MO, CARRIER, "GXO renamed it")
    with pytest.raises(CannotDo, match="was not put here"):
        tables.remove(ledger.store, example, MO, CARRIER, "again")
    rows = ledger.store.rows("select before, after, who, why from table_change order by id")
    assert [(row["before"], row["after"], row["why"]) for row in rows] == [
        (None, "Royal Mail", "new"), ("Royal Mail", "Royal Mail 99", "the right one"),
        ("Royal Mail 99", None, "GXO renamed it"),
    ]  # fmt: skip
    kept = ledger.store.rows("select action, object from audit_entry order by id")
    assert [row["action"] for row in kept] == ["table row put", "table row put", "table row removed"]
    assert {row["object"] for row in kept} == {"table carriers.gxo 'RM-99'"}


def test_rows_lie_over_those_of_the_file_and_new_rules_come_before_what_takes_everything(
    example: Configuration,
) -> None:
    rows: list[dict[str, Any]] = [
        {"name": "carriers", "path": ["gxo", "RM-48"], "value": "Other"},
        {
            "name": "routing",
            "path": ["Ireland"],
            "value": {"to": "leeds", "facility": "LDS1", "when": {"country": ["IE"]}},
        },
    ]
    changed = overlay.merged(example, rows)
    assert changed.tables["carriers"]["gxo"]["RM-48"] == "Other"
    assert example.tables["carriers"]["gxo"]["RM-48"] == "Royal Mail 48"
    names = [rule.name for rule in changed.routing]
    assert names.index("Ireland") == len(names) - 2
    first = overlay.merged(example, [{**rows[1], "value": {**rows[1]["value"], "before": names[0]}}])
    assert first.routing[0].name == "Ireland"
    replaced = overlay.merged(
        example, [{"name": "routing", "path": [names[0]], "value": {"to": "leeds", "facility": "LDS1"}}]
    )
    assert [rule.name for rule in replaced.routing] == [rule.name for rule in example.routing]


def test_a_process_has_a_row_within_a_second_and_asks_the_ledger_once_a_second(
    runtime: Runtime, ledger: Ledger
) -> None:
    overlay.refresh(runtime)
    place = Place("carriers", ("clarus", "RM-99"))
    tables.put(ledger.store, runtime.configuration, MO, place, "Royal Mail", "new")
    overlay.refresh(runtime)
    assert "carriers" not in runtime.configuration.tables
    time.sleep(overlay.EVERY)
    before = runtime.warehouses
    overlay.refresh(runtime)
    assert runtime.configuration.tables["carriers"]["clarus"] == {"RM-99": "Royal Mail"}
    assert runtime.warehouses is not before
    tables.remove(ledger.store, runtime.in_file, MO, place, "wrong")
    runtime.tables_looked_at = 0
    overlay.refresh(runtime)
    assert runtime.configuration.tables.get("carriers", {}) == {}


def test_rows_that_fit_no_more_are_one_exception_and_the_fleet_works_on(runtime: Runtime, ledger: Ledger) -> None:
    tables.put(
        ledger.store, runtime.configuration.model_copy(), MO, Place("carriers", ("clarus", "A")), "Royal Mail", "new"
    )
    ledger.store.run(
        "insert into table_row (name, path, value, who, why) values ('routing', '{gone}', '{\"to\": \"york\","
        " \"facility\": \"X\"}', 'Mo', 'x')"
    )
    overlay.refresh(runtime)
    assert ledger.store.row("select kind, state from exception") == {"kind": "tables_not_taken", "state": "open"}
    ledger.store.run("delete from table_row where name = 'routing'")
    ledger.store.run("insert into table_change (name, path, who, why) values ('routing', '{gone}', 'Mo', 'x')")
    runtime.tables_looked_at = 0
    overlay.refresh(runtime)
    assert ledger.store.row("select state from exception") == {"state": "resolved"}
    assert runtime.configuration.tables["carriers"]["clarus"] == {"A": "Royal Mail"}


def file(store: Store, n: int, word: str, kind: str = "unknown_carrier") -> None:
    exceptions.file(
        store.run, kind, subject=f"read:gxo:file:{n}", story=f"SO{n}", flow="dispatch-in", connection="gxo",
        record=n + 1,
        why=f"W2703='{word}': add a row \"{word}\" = \"<Khaos courier>\" to [tables.carriers.gxo] of fleet.toml",
    )  # fmt: skip


def test_what_waits_for_a_row_is_found_and_replayed_and_nothing_else(ledger: Ledger, example: Configuration) -> None:
    for n in range(47):
        file(ledger.store, n, "RM-99")
    file(ledger.store, 100, "RM-9")
    tables.put(ledger.store, example, MO, CARRIER, "Royal Mail 99", "new")
    assert [row["n"] for row in tables.waiting(ledger.store, CARRIER)] == [47]
    (retry,) = tables.replay(ledger.store, CARRIER, MO, "new", per_minute=6000)
    assert ledger.store.row("select total from group_retry where id = %s", retry) == {"total": 47}
    assert tables.replay(ledger.store, CARRIER, MO, "again", per_minute=6000) == []
    assert group_retries.work_off(ledger.store) == 0  # until every process has the row


def test_what_sees_a_row_by_itself_is_not_retried(ledger: Ledger, example: Configuration) -> None:
    exceptions.file(
        ledger.store.run, "reason_unmapped", subject="reason:gxo:ZZ", story="ZZ", flow="stock-in", connection="gxo",
        why="reason='ZZ': add a row `\"ZZ\" = { khaos = \"<reason>\" }` to [tables.adjustment_reasons.gxo]",
    )  # fmt: skip
    place = Place("adjustment_reasons", ("gxo", "ZZ"))
    tables.put(ledger.store, example, MO, place, {"khaos": "VARIANCE", "account": "5210"}, "finance says so")
    assert [(row["n"], row["retryable"]) for row in tables.waiting(ledger.store, place)] == [(1, 0)]
    assert tables.replay(ledger.store, place, MO, "x", per_minute=60) == []


def test_orders_that_no_rule_took_go_when_one_is_put(world: World) -> None:
    for _ in range(3):
        world.order(("MUG", 1))
    world.poll()
    assert world.exceptions() == ["route_unmapped"] * 3
    place = Place("routing", ("Britain",))
    rule = {"to": "leeds", "facility": "LDS1", "when": {"country": ["GB"]}}
    tables.put(world.store, world.runtime.in_file, MO, place, rule, "we sell at home as well")
    assert len(tables.replay(world.store, place, MO, "a rule was put", per_minute=6000)) == 1
    world.store.run("update group_retry set moved_at = now() - interval '1 minute'")
    world.runtime.tables_looked_at = 0
    assert group_retries.work_off(world.store) == 3
    world.go()
    orders_out_polls.poll_orders(world.runtime)
    world.go()
    assert (world.exceptions(), len(world.there())) == ([], 3)
