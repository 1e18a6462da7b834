"""What finance books of a warehouse's movements: each once, valued, and by one route."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers import recovery
from workers.config.adjust_by import AdjustBy
from workers.journal import entries, files, manual, valuation
from workers.journal.file_formats import CannotWrite
from workers.journal.reason_guide import as_markdown, as_rows
from workers.journal.totals import Total, of_month
from workers.spine import scheduler
from workers.spine.people import Person
from workers.spine.runtime import Runtime
from workers.stock_in import not_carried
from workers.views import journal as views_journal
from workers.wiring import schedules

ROOT = Path(__file__).parents[3]
HOME = "Main Site"
EVENT = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
ROUTING = '[[routing]]\nname = "everything"\nto = "leeds"\nfacility = "LDS1"\n'
MAPPED = '[tables.adjustment_reasons.clarus]\nDMG = { account = "5200" }\nCOUNT = { account = "5210" }\n'
BESIDE = f'[stock.sites."{HOME}"]\nquarantine = "Quarantine"\n'
BY_FILE = BESIDE + 'pending_journal = "Pending"\nadjustments = "adjust_by"\n'
EXTENSION = "extensions.confirm_shipment = {}\nextensions.post_journal = {}"
PAGE = ROOT / "docs" / "warehouse-adjustments.md"


class Warehouse:
    """What a warehouse booked, told to the ledger as a page of movements."""

    def __init__(self, world: Any) -> None:
        self.world, self.store, self.runtime = world, world.store, world.runtime

    def books(self, *movements: dict[str, Any]) -> None:
        told = {"connection": "leeds", "home": HOME, "movements": list(movements)}
        self.store.run("select take_movements(%s)", json.dumps(told))

    def adjusts(self, number: str, units: int, reason: str = "DMG", sku: str = "MUG", **more: Any) -> None:
        cause = more.pop("cause", "adjusted_up" if units > 0 else "adjusted_down")
        self.books(
            {
                "id": number, "sku": sku, "cause": cause, "word": cause, "units": abs(units), "reason": reason,
                "location": "A-01", "to_condition": more.get("to", ""), "at": more.get("at", EVENT).isoformat(),
            }
        )  # fmt: skip

    def webhook(self, number: str, reason: str) -> None:
        self.store.run("insert into movement_reason values ('leeds', %s, %s)", number, reason)

    def enter(self, late: float = 600.0) -> int:
        new = entries.enter_new(self.runtime, late=late)
        self.world.go()
        return new

    def journal(self) -> list[tuple[Any, ...]]:
        rows = self.store.rows("select movement_id, sku, units, reason, account, state from journal order by id")
        return [tuple(row.values()) for row in rows]

    def entry(self, number: str) -> Any:
        row = self.store.row("select * from journal where movement_id = %s", number)
        assert row is not None
        return row

    def restarted(self, reasons: str) -> Runtime:
        """The same fleet after somebody wrote rows into fleet.toml."""
        tables = {**self.runtime.configuration.tables, "adjustment_reasons": {"clarus": json.loads(reasons)}}
        return Runtime(self.runtime.configuration.model_copy(update={"tables": tables}))

    def price(self, sku: str, amount: str) -> None:
        self.store.run(
            "insert into product values ('khaos', %s, true, %s, 1) on conflict (erp, code) do update set body ="
            " excluded.body",
            sku, json.dumps({"buy_price": amount, "attributes": []}),
        )  # fmt: skip

    def value(self, sku: str, cost: str, as_at: date) -> valuation.Loaded:
        return valuation.load(self.store, [valuation.Line(sku, HOME, 100, Decimal(cost), as_at)], "Anna")

    def terms(self) -> list[tuple[str, int, bool, str | None]]:
        rows = self.store.rows("select condition, units, cleared_at, cleared_by from term order by id")
        return [(r["condition"], r["units"], r["cleared_at"] is None, r["cleared_by"]) for r in rows]


Build = Callable[..., Any]


@pytest.fixture
def open_warehouse(build: Build) -> Callable[..., Warehouse]:
    """A warehouse whose reasons DMG and COUNT finance has mapped; ``more`` is further fleet.toml."""

    def begin(more: str = BESIDE, **settings: Any) -> Warehouse:
        warehouse = Warehouse(build(routing=ROUTING + MAPPED + more, **settings))
        for sku in (
            "MUG",
            "BOWL",
            "MUG;RED",
            "NOT-IN-KHAOS",
            "NEITHER",
        ):  # TRAY has no cost
            warehouse.price(sku, "2.00")
        return warehouse

    return begin


@pytest.fixture
def leeds(open_warehouse: Callable[..., Warehouse]) -> Warehouse:
    return open_warehouse()


def test_each_movement_is_one_entry_whatever_is_repeated_and_in_whatever_order(leeds: Warehouse) -> None:
    leeds.adjusts("2", -3)
    leeds.adjusts("1", 5, "COUNT")
    leeds.adjusts("3", 9, cause="received")
    assert leeds.enter() == 2
    leeds.adjusts("1", 5, "COUNT")
    leeds.adjusts("2", -3)
    leeds.adjusts("0", -1, sku="BOWL", at=EVENT - timedelta(days=30))
    assert [leeds.enter(), leeds.enter()] == [1, 0]
    assert leeds.journal() == [
        ("1", "MUG", 5, "STOCK CHECK", "5210", "ready"),
        ("2", "MUG", -3, "DAMAGED", "5200", "ready"),
        ("0", "BOWL", -1, "DAMAGED", "5200", "ready"),
    ]
    assert leeds.world.exceptions() == []


def test_two_processes_that_enter_at_once_enter_each_movement_once(leeds: Warehouse) -> None:
    for number in range(40):
        leeds.adjusts(str(number), -1)
    listed = schedules.schedules(leeds.runtime, lambda _bell: None)
    with ThreadPoolExecutor(4) as people:
        entered = [people.submit(entries.enter_new, leeds.runtime) for _ in range(4)]
        assert sum(future.result() for future in entered) == 40
    assert sorted(e[0] for e in leeds.journal()) == sorted(map(str, range(40)))
    leeds.adjusts("40", -1)
    scheduler.run_due(leeds.runtime, listed, "journal")
    assert len(leeds.journal()) == 41


def test_a_hold_takes_good_units_into_its_condition_and_a_release_brings_them_back(leeds: Warehouse) -> None:
    leeds.adjusts("1", -4, cause="held", to="damaged")
    leeds.adjusts("2", -2, cause="held")
    leeds.adjusts("3", 4, cause="released", to="damaged")
    leeds.enter()
    shown = [(e["units"], e["from_condition"], e["to_condition"]) for e in map(leeds.entry, "123")]
    assert shown == [(-4, "good", "damaged"), (-2, "good", "quarantine"), (4, "damaged", "good")]


def test_a_movement_waits_for_its_reason_and_takes_the_one_that_a_webhook_told(leeds: Warehouse) -> None:
    leeds.adjusts("1", -3, "")
    assert leeds.enter() == 0
    leeds.webhook("1", "DMG")
    assert leeds.enter() == 1
    assert leeds.journal() == [("1", "MUG", -3, "DAMAGED", "5200", "ready")]


def test_without_a_reason_in_time_the_entry_stands_unmapped_and_a_late_reason_still_makes_it_ready(
    leeds: Warehouse,
) -> None:
    leeds.adjusts("1", -3, "")
    leeds.adjusts("2", -1, "")
    assert leeds.enter(late=0) == 2
    assert leeds.world.exceptions() == ["reason_unknown", "reason_unknown"]
    leeds.adjusts("1", -3, "DMG")  # the same movement, read again with its reason
    leeds.webhook("2", "COUNT")
    assert leeds.enter() == 0
    assert [(e[3], e[5]) for e in leeds.journal()] == [("DAMAGED", "ready"), ("STOCK CHECK", "ready")]
    assert leeds.world.exceptions() == []


def test_a_reason_that_is_known_to_be_missing_is_not_waited_for(leeds: Warehouse) -> None:
    leeds.adjusts("1", -3, "")
    leeds.webhook("1", "")
    assert leeds.enter() == 1
    assert leeds.world.exceptions() == ["reason_unknown"]


def test_reasons_without_a_row_or_an_account_are_one_exception_each_and_their_entries_become_ready_with_the_row(
    leeds: Warehouse,
) -> None:
    leeds.price("MUG", "2.50")
    for number, reason in enumerate(("EATEN", "EATEN", "LOST")):
        leeds.adjusts(str(number), -2, reason)
    leeds.enter()
    leeds.enter()
    told = leeds.store.rows("select subject, owner, times, reason from exception where state = 'open' order by id")
    assert [(e["subject"], e["owner"], e["times"]) for e in told] == [
        ("reason:leeds:EATEN", "finance", 1),
        ("reason:leeds:LOST", "finance", 1),
    ]
    assert all("[tables.adjustment_reasons.clarus]" in e["reason"] for e in told)
    assert [(e["units"], e["value"]) for e in map(leeds.entry, "012")] == 3 * [(-2, Decimal("-5.00"))]
    runtime = leeds.restarted('{"EATEN": {"khaos": "SAMPLE", "account": "5300"}}')
    try:
        assert entries.enter_new(runtime) == 0
    finally:
        runtime.close()
    assert [(e[3], e[4], e[5]) for e in leeds.journal()] == [
        *2 * [("SAMPLE", "5300", "ready")],
        ("", "", "unmapped"),
    ]
    assert leeds.world.exceptions() == ["reason_unmapped"]


def test_a_person_maps_one_entry_by_hand_and_not_once_it_was_handed_out(leeds: Warehouse) -> None:
    leeds.adjusts("1", -3, "EATEN")
    leeds.adjusts("2", -3, "EATEN")
    leeds.enter()
    first, second = (leeds.entry(n)["id"] for n in "12")
    manual.give_reason(leeds.store, first, "SAMPLE", "5300", "Anna")
    assert leeds.world.exceptions() == ["reason_unmapped"]
    manual.give_reason(leeds.store, second, "SAMPLE", "5300", "Anna")
    assert leeds.world.exceptions() == []
    found = views_journal.entry(leeds.store, first)
    assert found is not None
    assert [(t["step"], t["who"]) for t in found.timeline][-1] == ("mapped by hand", "Anna")
    files.offer(leeds.store, "finance_csv", "Anna")
    with pytest.raises(manual.CannotMap, match="is offered already"):
        manual.give_reason(leeds.store, first, "DAMAGED", "5200", "Anna")
    with pytest.raises(manual.CannotMap, match="there is no journal entry 4711"):
        manual.give_reason(leeds.store, 4711, "DAMAGED", "5200", "Anna")


def test_the_newest_valuation_before_the_event_counts_and_a_list_price_is_only_indicative(leeds: Warehouse) -> None:
    leeds.price("MUG", "9.99")
    leeds.price("BOWL", "1.005")
    leeds.value("MUG", "4.00", date(2026, 10, 31))
    leeds.value("MUG", "4.10", EVENT.date())
    leeds.value("MUG", "7.00", EVENT.date() + timedelta(days=1))
    for number, sku in enumerate(("MUG", "BOWL", "TRAY")):
        leeds.adjusts(str(number), -3, sku=sku)
    leeds.enter()
    shown = [(e["unit_cost"], e["value"], e["indicative"]) for e in map(leeds.entry, "012")]
    assert shown == [
        (Decimal("4.10"), Decimal("-12.30"), False),
        (Decimal("1.005"), Decimal("-3.02"), True),
        (None, None, True),
    ]
    (line,) = of_month(leeds.store, "2026-11")
    assert (line.account, line.total.entries, line.total.units, line.total.unvalued) == ("5200", 3, -9, 1)
    assert str(line.total) == "3 entries, -9 units, value -15.32 indicative"
    assert leeds.value("BOWL", "1.00", date(2026, 11, 1)).revalued == 1
    leeds.value("TRAY", "2.00", date(2026, 11, 1))
    assert str(of_month(leeds.store, "2026-11")[0].total) == "3 entries, -9 units, value -21.30"
    assert of_month(leeds.store, "2026-12") == []


def test_what_was_offered_keeps_its_value_when_a_valuation_comes(leeds: Warehouse) -> None:
    leeds.adjusts("1", -3)
    leeds.enter()
    files.offer(leeds.store, "finance_csv", "Anna")
    assert leeds.value("MUG", "4.00", date(2026, 10, 31)).revalued == 0
    assert (leeds.entry("1")["value"], leeds.entry("1")["indicative"]) == (Decimal("-6.00"), True)


def test_an_entry_without_a_cost_is_never_booked_and_goes_by_itself_once_finance_gives_one(
    open_warehouse: Callable[..., Warehouse],
) -> None:
    leeds = open_warehouse(khaos_more=EXTENSION)
    leeds.world.khaos.switch(post_stock_journal=True)
    leeds.adjusts("1", -3, sku="TRAY")
    leeds.adjusts("2", -1, sku="TRAY")
    leeds.adjusts("3", -1)
    leeds.enter()
    assert [(row[1], row[5]) for row in leeds.journal()] == [
        ("TRAY", "uncosted"),
        ("TRAY", "uncosted"),
        ("MUG", "posted"),
    ]
    told = leeds.world.exception("cost_missing")
    assert (told["subject"], told["owner"]) == ("cost:Main Site:TRAY", "finance")
    assert "2 journal entries (-4 units) of TRAY" in told["reason"]
    assert files.offer(leeds.store, "finance_csv", "Anna") is None
    leeds.value("TRAY", "1.50", date(2026, 1, 31))
    leeds.enter()
    assert leeds.world.exceptions() == []
    assert [row[5] for row in leeds.journal()] == ["posted"] * 3
    assert [row["calls"] for row in journals(leeds)] == [1, 1, 1]


def test_a_cost_that_khaos_gives_later_makes_the_entry_ready_and_says_that_it_is_indicative(leeds: Warehouse) -> None:
    leeds.adjusts("1", -3, sku="TRAY")
    leeds.enter()
    assert leeds.entry("1")["state"] == "uncosted"
    leeds.price("TRAY", "3.00")
    leeds.enter()
    assert (leeds.entry("1")["state"], leeds.entry("1")["value"], leeds.entry("1")["indicative"]) == (
        "ready",
        Decimal("-9.00"),
        True,
    )


@pytest.mark.parametrize(
    ("told_at", "month"),
    [
        ("2026-06-30T23:30:00Z", "2026-07"),  # half past midnight on 1 July in London
        ("2026-06-30T22:59:59Z", "2026-06"),
        ("2026-01-31T23:30:00Z", "2026-01"),
        ("2026-12-31T23:59:59Z", "2026-12"),
        ("2027-03-31T23:00:00Z", "2027-04"),
    ],
)
def test_a_month_is_the_merchants_also_in_summer_time(leeds: Warehouse, told_at: str, month: str) -> None:
    leeds.adjusts("1", -3, at=datetime.fromisoformat(told_at))
    leeds.enter()
    months = ["2026-01", "2026-06", "2026-07", "2026-12", "2027-04"]
    assert [m for m in months if of_month(leeds.store, m)] == [month]


def test_the_merchants_calendar_may_be_another(open_warehouse: Callable[..., Warehouse]) -> None:
    leeds = open_warehouse()
    leeds.store.run("update merchant set zone = 'Pacific/Auckland'")
    leeds.adjusts("1", -3, at=datetime(2026, 6, 30, 12, 30, tzinfo=UTC))
    leeds.enter()
    assert of_month(leeds.store, "2026-06") == []
    assert len(of_month(leeds.store, "2026-07")) == 1


GOOD_LINE = "MUG,Main Site,10,4.75,2026-10-31"
BAD_LINES = {
    ",Main Site,10,4.75,2026-10-31": "the SKU is missing",
    "MUG,Leedz,10,4.75,2026-10-31": "no stock at site 'Leedz' (known: Main Site",
    "MUG,Main Site,ten,4.75,2026-10-31": "quantity 'ten'",
    "MUG,Main Site,10,-1,2026-10-31": "unit cost '-1'",
    "MUG,Main Site,10,NaN,2026-10-31": "unit cost 'NaN'",
    "MUG,Main Site,10,4.75,31/10/2026": "as at '31/10/2026'",
    "MUG,Main Site,10,4.75,2026-12-24": "is in the future",
    "MUG,Main Site,10": "has 3 fields",
    GOOD_LINE: "stands twice",
}


@pytest.mark.parametrize("line", BAD_LINES, ids=range(len(BAD_LINES)))
def test_a_bad_line_of_a_valuation_is_one_sentence_and_spoils_the_whole(line: str) -> None:
    text = f"SKU,Site,Quantity,Unit cost,As at\n{GOOD_LINE}\n{line}\n"
    with pytest.raises(valuation.Refused) as refused:
        valuation.read_valuation(text, frozenset({HOME}), date(2026, 11, 21))
    (sentence,) = refused.value.sentences
    assert sentence.startswith("line 3: ")
    assert BAD_LINES[line] in sentence


def test_the_columns_of_a_valuation_stand_in_any_order_and_a_file_without_lines_is_refused() -> None:
    (line,) = valuation.read_valuation(
        "\ufeffas_at,unit cost,SKU,site,quantity\r\n2026-10-31,4.75,MUG,Main Site,10\r\n\r\n",
        frozenset({HOME}),
        date(2026, 11, 21),
    )
    assert line == valuation.Line("MUG", HOME, 10, Decimal("4.75"), date(2026, 10, 31))
    for text, why in (("", "write the columns"), ("sku,site\n", "write the columns")):
        with pytest.raises(valuation.Refused, match=why):
            valuation.read_valuation(text, frozenset({HOME}), date(2026, 11, 21))


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
    leeds.adjusts("3", -2, cause="held")
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


def test_an_adjust_by_file_looks_as_its_template_says_and_refuses_what_it_has_no_room_for(
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
    leeds.enter()
    with pytest.raises(CannotWrite, match="another delimiter"):
        files.offer(leeds.store, "adjust_by", "Anna", template)
    assert leeds.entry("2")["state"] == "ready"


@pytest.mark.parametrize(
    ("text", "why"),
    [("{colour}", "is not known"), ("{sku!r}", "is not known"), ("{", "in braces"), ("{sku}", "no column")],
)
def test_a_template_that_says_too_little_or_what_is_not_known_is_refused(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        AdjustBy.model_validate({"columns": [{"header": "A", "text": text}]})


@pytest.fixture
def booking(open_warehouse: Callable[..., Warehouse]) -> Warehouse:
    """A merchant whose service has an operation for journals."""
    leeds = open_warehouse(khaos_more=EXTENSION)
    leeds.world.khaos.switch(post_stock_journal=True)
    return leeds


def journals(leeds: Warehouse) -> list[Any]:
    found: list[Any] = leeds.world.khaos.books()["journals"]
    return found


def test_the_extension_books_each_entry_once_and_then_it_is_posted(booking: Warehouse) -> None:
    booking.value("MUG", "4.00", date(2026, 10, 31))
    booking.adjusts("1", -3)
    booking.adjusts("2", -2, "EATEN")
    booking.enter()
    booking.enter()
    (row,) = journals(booking)
    assert row == row | {"movement": "leeds:1", "code": "MUG", "site": HOME, "quantity": -3, "reason": "DAMAGED"}
    assert row == row | {"account": "5200", "unit_cost": "4.00", "event_time": "2026-11-20T09:30:00"}
    assert [(e[0], e[5]) for e in booking.journal()] == [("1", "posted"), ("2", "unmapped")]
    assert files.offer(booking.store, "finance_csv", "Anna") is None


def test_an_answer_that_was_lost_after_the_effect_books_nothing_twice(booking: Warehouse) -> None:
    booking.world.khaos.switch(drop_after_commit={"PostStockJournal": 1})
    booking.adjusts("1", -3)
    booking.enter()
    assert booking.entry("1")["state"] == "ready"
    booking.world.hurry()
    assert booking.entry("1")["state"] == "posted"
    assert [row["calls"] for row in journals(booking)] == [2]


def test_a_refused_entry_is_mapped_anew_and_retried_or_dismissed_and_then_it_is_in_the_next_file(
    booking: Warehouse,
) -> None:
    booking.adjusts("1", -3, sku="NOT-IN-KHAOS")
    booking.adjusts("2", -3, sku="NEITHER")
    booking.enter()
    assert booking.world.exceptions() == ["journal_refused", "journal_refused"]
    assert files.offer(booking.store, "finance_csv", "Anna") is None
    first, second = (
        booking.store.row("select id from exception where story = %s", sku)["id"] for sku in ("NOT-IN-KHAOS", "NEITHER")
    )
    manual.give_reason(booking.store, booking.entry("1")["id"], "SAMPLE", "5300", "Anna")
    booking.world.stock("NOT-IN-KHAOS")
    recovery.retry(booking.store, first, Person("Anna"))
    booking.world.go()
    (row,) = journals(booking)
    assert (row["reason"], row["account"]) == ("SAMPLE", "5300")
    recovery.dismiss(booking.store, second, Person("Anna"), "no such code in Khaos")
    offered = files.offer(booking.store, "finance_csv", "Anna")
    assert offered is not None
    assert offered.total.entries == 1
    assert [(e[0], e[5]) for e in booking.journal()] == [("1", "posted"), ("2", "offered")]


def test_an_operation_that_the_service_lacks_is_told_to_finance_with_the_setting_to_correct(
    open_warehouse: Callable[..., Warehouse],
) -> None:
    leeds = open_warehouse(khaos_more=EXTENSION)
    leeds.adjusts("1", -3)
    leeds.enter()
    told = leeds.world.exception("journal_refused")
    assert "journals cannot be posted" in told["reason"]
    assert "correct extensions.post_journal" in told["reason"]
    assert leeds.entry("1")["state"] == "ready"


def test_where_an_adjust_by_file_moves_the_quantity_the_extension_books_nothing(
    open_warehouse: Callable[..., Warehouse],
) -> None:
    leeds = open_warehouse(BY_FILE, khaos_more=EXTENSION)
    leeds.world.khaos.switch(post_stock_journal=True)
    leeds.adjusts("1", -3)
    leeds.enter()
    assert journals(leeds) == []
    assert files.offer(leeds.store, "adjust_by", "Anna") is not None


def position(leeds: Warehouse, sku: str, **other: int) -> None:
    now = datetime.now(UTC)
    leeds.store.run(
        "insert into position (home, sku, good, other, began_at, ended_at) values (%s, %s, 1, %s, %s, %s)"
        " on conflict (home, sku) do update set other = excluded.other",
        HOME, sku, json.dumps(other), now, now,
    )  # fmt: skip


def test_a_condition_without_a_site_is_one_exception_with_its_value_until_it_is_gone(leeds: Warehouse) -> None:
    leeds.value("MUG", "4.00", date(2026, 1, 31))
    leeds.price("BOWL", "2.00")
    position(leeds, "MUG", damaged=3, quarantine=9, goods_in=9)
    assert not_carried.check(leeds.runtime) == 1
    assert not_carried.check(leeds.runtime) == 1
    told = leeds.world.exception("stock_not_carried")
    assert (told["owner"], told["times"]) == ("finance", 1)
    assert "3 units of condition damaged at Main Site, value 12.00, stand on no Khaos site (MUG 3)" in told["reason"]
    position(leeds, "BOWL", damaged=1)
    not_carried.check(leeds.runtime)
    told = leeds.world.exception("stock_not_carried")
    assert "4 units of condition damaged at Main Site, value 14.00 indicative" in told["reason"]
    recovery.dismiss(leeds.store, told["id"], Person("Anna"), "on our list")
    not_carried.check(leeds.runtime)
    assert leeds.world.exceptions() == []
    position(leeds, "BOWL", damaged=2)
    not_carried.check(leeds.runtime)
    assert leeds.world.exceptions() == ["stock_not_carried"]
    position(leeds, "BOWL")
    position(leeds, "MUG", quarantine=9)
    assert not_carried.check(leeds.runtime) == 0
    assert leeds.world.exceptions() == []


def test_units_that_khaos_takes_in_by_itself_are_carried(leeds: Warehouse) -> None:
    position(leeds, "MUG", damaged=3)
    leeds.store.run("select claim_goods('pending_return', %s, 'MUG', 2, 'damaged', 'return:RT1')", HOME)
    assert [(row.sku, row.units) for row in not_carried.not_carried(leeds.store)] == [("MUG", 1)]


def test_the_page_for_the_floor_is_the_one_that_the_shipped_table_gives() -> None:
    assert PAGE.read_text(encoding="utf-8") == as_markdown(as_rows()), (
        "write it anew: `fleet journal reasons --markdown --shipped > docs/warehouse-adjustments.md`"
    )


def test_every_shipped_reason_tells_the_floor_what_it_is_for_and_a_merchants_row_shows_its_account() -> None:
    assert all(row.use and row.khaos for row in as_rows())
    rows = {row.code: row for row in as_rows({"clarus": {"dmg": {"account": "5200"}, "EATEN": {"khaos": "SAMPLE"}}})}
    assert (rows["DMG"].khaos, rows["DMG"].account, rows["EATEN"].khaos) == ("DAMAGED", "5200", "SAMPLE")


@given(st.lists(st.tuples(st.integers(-9, 9), st.decimals(-99, 99, places=2) | st.none(), st.booleans())))
def test_a_total_is_a_book_value_only_if_every_part_is(parts: list[tuple[int, Decimal | None, bool]]) -> None:
    total = Total.of([{"units": n, "value": value, "indicative": vague} for n, value, vague in parts])
    assert total.indicative == any(vague or value is None for _, value, vague in parts)
    assert total.value == sum(value or 0 for _, value, _ in parts)
    assert ("indicative" in str(total)) == total.indicative


def test_the_commands_export_confirm_and_total_for_people_and_programs(
    leeds: Warehouse, database: str, tmp_path: Path
) -> None:
    def fleet(*words: str) -> tuple[int, str, str]:
        ended = subprocess.run(
            [str(Path(sys.executable).parent / "fleet"), *words],
            cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False,
            env={"PATH": "/usr/bin:/bin", "DATABASE_URL": database, "FLEET_CONFIG": "none.toml"},
        )  # fmt: skip
        assert "Traceback" not in ended.stderr, ended.stderr
        return ended.returncode, ended.stdout, ended.stderr

    (tmp_path / "values.csv").write_text(f"sku,site,quantity,unit_cost,as_at\n{GOOD_LINE}\n")
    (tmp_path / "bad.csv").write_text("sku,site,quantity,unit_cost,as_at\nMUG,Leedz,1,1,2026-10-31\n")
    code, out, err = fleet("valuation", "load", "bad.csv", "--by", "Anna")
    assert (code, "line 2: " in out, "nothing was stored" in err) == (1, True, True)
    assert json.loads(fleet("valuation", "load", "values.csv", "--by", "Anna", "--json")[1])["lines"] == 1
    leeds.adjusts("1", -2)
    leeds.adjusts("2", -2, "EATEN", sku="BOWL")
    leeds.enter()
    number = str(leeds.entry("2")["id"])
    assert fleet("journal", "map", number, "--reason", "SAMPLE", "--account", "5300", "--by", "Anna")[0] == 0
    listed = json.loads(fleet("journal", "list", "--state", "ready", "--json")[1])
    assert [row["sku"] for row in listed] == ["BOWL", "MUG"]
    assert "indicative" in fleet("journal", "totals", "--month", "2026-11")[1]
    done = json.loads(fleet("journal", "export", "--to", "out.csv", "--by", "Anna", "--json")[1])
    assert (done["file"], done["entries"], done["value"], done["indicative"]) == (
        "journal-000001.csv",
        2,
        "-13.50",
        True,
    )
    assert fleet("journal", "export", "--again", "journal-000001.csv")[0] == 0
    assert (tmp_path / "journal-000001.csv").read_bytes() == (tmp_path / "out.csv").read_bytes()
    assert json.loads(fleet("journal", "export", "--json")[1]) == {"file": None, "entries": 0}
    assert fleet("journal", "loaded", "other.csv", "--by", "Bea")[2].strip().endswith("are: journal-000001.csv")
    assert json.loads(fleet("journal", "loaded", "out.csv", "--by", "Bea", "--json")[1])["entries"] == 2
    assert "loaded_by" in fleet("journal", "show", number)[1]
    assert fleet("journal", "show", "4711")[0] == 1
    assert fleet("journal", "totals", "--month", "November")[0] == 1
    assert "# Adjustments" in fleet("journal", "reasons", "--markdown")[1]
    position(leeds, "MUG", damaged=3)
    assert json.loads(fleet("not-carried", "--json")[1])[0]["value"] == "14.25"
