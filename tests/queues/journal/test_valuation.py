"""What an entry is worth: the newest valuation before the event, from a file without a bad line."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from fleet_tests.bookkeeping import EVENT, EXTENSION, GOOD_LINE, HOME, Warehouse, journals
from workers.journal import files, valuation
from workers.journal.totals import of_month


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


BAD_LINES = {
    ",Main Site,10,4.75,2026-10-31": "the SKU is missing",
    "nan,Main Site,10,4.75,2026-10-31": "the SKU 'nan' stands for no value",
    "85123.0,Main Site,10,4.75,2026-10-31": "write 85123,",
    "MUG,NULL,10,4.75,2026-10-31": "no stock at site 'NULL'",
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
