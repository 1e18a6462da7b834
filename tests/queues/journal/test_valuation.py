"""What an entry is worth: the newest valuation before the event, from a file without a bad line."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from fleet_tests.bookkeeping import EVENT, GOOD_LINE, HOME, Warehouse
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
    assert leeds.entry("1")["value"] is None


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
