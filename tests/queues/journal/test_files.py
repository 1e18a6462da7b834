"""Files for finance: each entry in one of them once, in the form that its reader wants."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest

from fleet_tests.bookkeeping import BY_FILE, HOME, Warehouse
from workers.config.adjust_by import AdjustBy
from workers.journal import files, totals


def test_an_export_takes_what_is_ready_once_into_numbered_files_that_can_be_had_again(leeds: Warehouse) -> None:
    leeds.value("MUG", "4.00", date(2026, 10, 31))
    leeds.adjusts("1", -3)
    leeds.adjusts("2", -1, "EATEN")
    leeds.enter()
    first = files.offer(leeds.store, "finance_csv", "Anna")
    assert first is not None
    assert (first.name, str(first.total)) == ("journal-000001.csv", "1 entries, -3 units, value -12.00")
    header, line = first.body.decode().splitlines()
    assert dict(zip(header.split(","), line.split(","), strict=True)) == {
        "entry": str(leeds.entry("1")["id"]), "warehouse": "leeds", "movement": "1", "site": HOME, "sku": "MUG",
        "cause": "adjusted_down", "units": "-3", "from": "good", "to": "", "their_reason": "DMG",
        "reason": "DAMAGED", "account": "5200", "unit_cost": "4.00", "value": "-12.00", "indicative": "no",
        "event_time": "2026-11-20T09:30:00Z",
    }  # fmt: skip
    assert files.offer(leeds.store, "finance_csv", "Anna") is None
    leeds.adjusts("3", 1)
    leeds.enter()
    second = files.offer(leeds.store, "finance_csv", "Anna")
    assert second is not None
    assert second.name == "journal-000002.csv"
    assert files.stored(leeds.store, first.name) == first.body
    assert [(e[0], e[5]) for e in leeds.journal()] == [("1", "offered"), ("2", "unmapped"), ("3", "offered")]


def test_what_a_spreadsheet_would_run_stands_behind_a_quote(leeds: Warehouse) -> None:
    leeds.value("MUG", "4.00", date(2026, 10, 31))
    leeds.adjusts("=cmd|/C calc!A0", -3)
    leeds.enter()
    offered = files.offer(leeds.store, "finance_csv", "Anna")
    assert offered is not None
    (line,) = csv.DictReader(io.StringIO(offered.body.decode()))
    assert (line["movement"], line["units"], line["value"]) == ("'=cmd|/C calc!A0", "-3", "-12.00")


def test_a_file_shows_the_merchants_clock_so_that_its_month_is_that_of_the_totals(leeds: Warehouse) -> None:
    leeds.adjusts("1", -3, at=datetime(2026, 6, 30, 23, 30, tzinfo=UTC))  # half past midnight on 1 July in London
    leeds.enter()
    offered = files.offer(leeds.store, "finance_csv", "Anna")
    assert offered is not None
    assert offered.body.decode().splitlines()[1].endswith(",2026-07-01T00:30:00+01:00")
    assert [line.total.units for line in totals.of_month(leeds.store, "2026-07")] == [-3]


def test_a_file_is_confirmed_once_by_a_named_person(leeds: Warehouse) -> None:
    leeds.adjusts("1", -3)
    leeds.adjusts("2", -3)
    leeds.enter()
    offered = files.offer(leeds.store, "finance_csv", "Anna")
    assert offered is not None
    done = files.confirm(leeds.store, offered.name, "Bea")
    again = files.confirm(leeds.store, offered.name, "Carl")
    assert done is not None
    assert again is not None
    assert (done.entries, done.by, done.again) == (2, "Bea", False)
    assert (again.by, again.at, again.again) == ("Bea", done.at, True)
    assert [(e["state"], e["loaded_by"]) for e in map(leeds.entry, "12")] == 2 * [("loaded", "Bea")]
    assert files.confirm(leeds.store, "journal-000009.csv", "Bea") is None


def test_an_adjust_by_file_moves_what_the_levels_carry_and_its_confirmation_ends_that(
    open_warehouse: Callable[..., Warehouse],
) -> None:
    leeds = open_warehouse(BY_FILE)
    leeds.adjusts("1", 5)
    leeds.adjusts("2", -3)
    leeds.adjusts("3", -2, "QUARANTINE", cause="held")
    leeds.adjusts("4", -1, cause="held", to="damaged")  # its condition has no site: it is listed, and in no file
    leeds.enter()
    assert files.offer(leeds.store, "finance_csv", "Anna") is None
    offered = files.offer(leeds.store, "adjust_by", "Anna")
    assert offered is not None
    assert offered.name == "adjust-by-000001.txt"
    assert offered.body.decode().split("\r\n") == [
        "STOCK_CODE\tSITE\tADJUST_BY\tREASON\tNOTE",
        f"MUG\t{HOME}\t5\tDAMAGED\tleeds:1",
        "MUG\tPending\t-3\tDAMAGED\tleeds:2",
        "MUG\tPending\t-2\tDAMAGED\tleeds:3",
        "MUG\tQuarantine\t2\tDAMAGED\tleeds:3",
        "MUG\tPending\t-1\tDAMAGED\tleeds:4",
        "",
    ]
    assert leeds.store.row("select level from targets('Pending', array['MUG'], 'available', 'issue')") == {
        "level": 3 + 2 + 1
    }
    done = files.confirm(leeds.store, offered.name, "Bea")
    assert done is not None
    assert done.cleared == 5 + 3 + 4 + 2
    assert {(is_open, who) for _, _, is_open, who in leeds.terms()} == {(False, "Bea")}
    assert leeds.store.row("select level from targets('Pending', array['MUG'], 'available', 'issue')") == {"level": 0}


def test_an_adjust_by_file_looks_as_its_template_says_and_an_entry_that_it_cannot_hold_is_finances(
    open_warehouse: Callable[..., Warehouse],
) -> None:
    leeds = open_warehouse(BY_FILE)
    template = AdjustBy.model_validate(
        {
            "delimiter": ";",
            "header": False,
            "columns": [
                {"header": "A", "text": "{sku}"}, {"header": "B", "text": "{site}/BULK"},
                {"header": "C", "text": "{units}"}, {"header": "D", "text": "N"},
            ],
        }
    )  # fmt: skip
    leeds.adjusts("1", 5)
    leeds.enter()
    offered = files.offer(leeds.store, "adjust_by", "Anna", template)
    assert offered is not None
    assert offered.body == f"MUG;{HOME}/BULK;5;N\r\n".encode()
    leeds.adjusts("2", 1, sku="MUG;RED")
    leeds.adjusts("3", 2, sku="BOWL")
    leeds.enter()
    others = files.offer(leeds.store, "adjust_by", "Anna", template)
    assert others is not None
    assert others.body == f"BOWL;{HOME}/BULK;2;N\r\n".encode()
    assert (leeds.entry("2")["state"], leeds.entry("3")["state"], others.total.entries) == ("ready", "offered", 1)
    standing = leeds.world.exception("journal_not_writable")
    assert (standing["owner"], standing["subject"], "another delimiter" in standing["reason"]) == (
        "finance", "journal:leeds:2", True,
    )  # fmt: skip
    assert files.offer(leeds.store, "adjust_by", "Anna", template) is None
    files.offer(leeds.store, "adjust_by", "Anna", template.model_copy(update={"delimiter": "|"}))
    assert (leeds.entry("2")["state"], leeds.world.exceptions()) == ("offered", [])


@pytest.mark.parametrize(
    ("text", "why"),
    [("{colour}", "is not known"), ("{sku!r}", "is not known"), ("{", "in braces"), ("{sku}", "no column")],
)
def test_a_template_that_says_too_little_or_what_is_not_known_is_refused(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        AdjustBy.model_validate({"columns": [{"header": "A", "text": text}]})
