"""``fleet retention``: every table stands in it, and the export says of a year what the ledger says."""

from __future__ import annotations

import csv
import hashlib
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from fleet_tests.full_ledger import FullLedger
from fleet_tests.terminal import Command
from workers.config import Fleet
from workers.views.retention import kept

TOML = """
[fleet]
keep_bodies_months = 3
keep_story_months = 6
keep_finance_years = 8
"""
MOVED = """
insert into movement (connection, movement_id, home, sku, cause, cause_word, units, moved_at)
select 'leeds', 'M' || n, 'Leeds', 'SKU, "' || n || '"', 'adjusted_up', 'found', n,
       timestamptz '2025-12-31 12:00+00' + n * interval '12 hours' from generate_series(0, 800) n
"""
BOOKED = """
insert into journal (connection, movement_id, site, sku, cause, units, unit_cost, value, event_at, mover, state)
select m.connection, m.movement_id, 'Main', m.sku, m.cause, case when m.units & 1 = 0 then m.units else -m.units end,
       1.10, 1.10 * m.units, m.moved_at, 'level', 'posted' from movement m
"""
CREDITED = """
insert into credit_note (erp, code, urn, reference, lines, issued_on, seen_at)
select 'khaos', 'CN' || n, 'U' || n, '', jsonb_build_object('A', n, 'B', 2), date '2026-01-01' + n, '2027-01-05'
  from generate_series(-1, 400) n
"""


@pytest.fixture
def year(shipped: FullLedger, tmp_path: Path) -> FullLedger:
    (tmp_path / "fleet.toml").write_text(TOML)
    for statement in (MOVED, BOOKED, CREDITED):
        shipped.store.run(statement)
    return shipped


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def total(rows: list[dict[str, str]], column: str) -> Decimal:
    return sum((Decimal(row[column]) for row in rows if row[column]), Decimal(0))


def within(column: str) -> str:
    return f"{column} >= '2026-01-01' and {column} < '2027-01-01'"  # London keeps UTC at both ends


def test_every_table_of_the_ledger_is_kept_by_a_rule(world: FullLedger) -> None:
    there = world.store.rows(
        "select relname from pg_class where relkind in ('r', 'p') and not relispartition"
        " and relnamespace = 'public'::regnamespace"
    )
    named = {table for one in kept(Fleet()) for table in one.tables}
    assert named == {row["relname"] for row in there}


@pytest.mark.usefixtures("year")
def test_what_is_kept_is_listed_by_the_configuration(fleet: Command) -> None:
    told = fleet("retention", "--json").json
    by_table = {table: one for one in told for table in one["tables"]}
    assert by_table["record"]["how_long"] == "3 months"
    assert by_table["journal"]["how_long"] == "for good; exported, 8 years"
    assert by_table["message_key"]["how_long"] == "25 months after it was said last"
    assert all(one["needed_by"] and one["leaves"] for one in told)
    assert by_table["movement"]["mb"] > 0
    assert "its month's partition is dropped" in fleet("retention").out


def test_the_export_of_a_year_has_what_the_ledger_has(year: FullLedger, fleet: Command, tmp_path: Path) -> None:
    told = fleet("retention", "export", "--year", "2026", "out", "--json").json
    books = {
        "journal.csv": ("journal", within("event_at"), {"units": "sum(units)", "value": "sum(value)"}),
        "movements.csv": ("movement", within("moved_at"), {"units": "sum(units)"}),
        "credit-notes.csv": (
            "credit_note",
            within("issued_on"),
            {"units": "sum((select sum(value::integer) from jsonb_each_text(lines)))"},
        ),
        "shipments.csv": (
            "shipment",
            "true",
            {"units": "sum((select sum(value::integer) from jsonb_each_text(lines)))"},
        ),
    }
    for name, (table, where, sums) in books.items():
        rows = read(tmp_path / "out" / name)
        said = next(one for one in told["files"] if one["name"] == name)
        assert len(rows) == said["rows"] == year.one(f"select count(*) as it from {table} where {where}") > 0  # noqa: S608
        for column, gives in sums.items():
            expected = year.one(f"select {gives} as it from {table} where {where}")  # noqa: S608
            assert total(rows, column) == Decimal(said["sums"][column]) == expected
    assert {row["sku"] for row in read(tmp_path / "out" / "journal.csv")} >= {'SKU, "2"'}


@pytest.mark.usefixtures("year")
def test_the_readme_names_each_column_and_each_files_checksum(fleet: Command, tmp_path: Path) -> None:
    fleet("retention", "export", "--year", "2026", "out")
    text = (tmp_path / "out" / "README.md").read_text()
    assert "Keep until the end of 2034." in text
    for path in sorted((tmp_path / "out").glob("*.csv")):
        part = text[text.index(f"## {path.name}") :].split("\n## ")[0]
        assert re.findall(r"^\| (\w+) \| .+ \|$", part, re.MULTILINE)[1:] == _header(path)
        assert hashlib.sha256(path.read_bytes()).hexdigest() in text


def _header(path: Path) -> list[str]:
    with path.open(encoding="utf-8", newline="") as file:
        return next(csv.reader(file))


@pytest.mark.usefixtures("year")
@pytest.mark.parametrize(
    ("arguments", "says"),
    [(("--year", "2026", "full"), "name a folder that is empty"), (("--year", "9000", "out"), "has not begun")],
)
def test_an_export_that_cannot_be_made_says_what_to_do(
    fleet: Command, tmp_path: Path, arguments: Any, says: str
) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "journal.csv").write_text("ours")
    answered = fleet("retention", "export", *arguments)
    assert answered.code == 1
    assert says in answered.err
    assert (tmp_path / "full" / "journal.csv").read_text() == "ours"
