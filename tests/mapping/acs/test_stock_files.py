"""Which daily file counts, and when it was written by its name."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from mappings.errors import Unmappable
from mappings.stock_files import Snapshot, Verdict, judge_file, read_name

LONDON = ZoneInfo("Europe/London")
NAME = "acs_stock_{account}_{day}_{time}.csv"


def file(day: int, rows: int = 100, hour: int = 5, content: str = "") -> Snapshot:
    at = datetime(2026, 12, day, hour, tzinfo=UTC)
    return Snapshot(at, at.date(), rows, content or f"{day}-{hour}-{rows}")


def test_the_first_file_and_each_next_days_count() -> None:
    assert judge_file(file(1), None, None) is Verdict.TAKE
    assert judge_file(file(2), file(1), file(1)) is Verdict.TAKE


def test_a_later_file_of_the_same_day_counts_instead_of_the_first() -> None:
    assert judge_file(file(2, hour=9), file(2), file(1)) is Verdict.CORRECT


def test_an_older_file_and_the_same_file_again_do_nothing() -> None:
    assert judge_file(file(1), file(2), file(1)) is Verdict.STALE
    assert judge_file(file(2), file(2), file(1)) is Verdict.REPEATED


def test_a_file_that_is_laid_again_under_its_name_corrects_the_first_unless_it_names_less() -> None:
    assert judge_file(file(2, rows=110), file(2, content="x"), file(1)) is Verdict.CORRECT
    with pytest.raises(Unmappable, match="of the same name"):
        judge_file(file(2, rows=90), file(2, content="x"), file(1))
    assert judge_file(file(2, rows=90), file(2, content="x"), file(1), least_share=Decimal(0)) is Verdict.CORRECT


@pytest.mark.parametrize(("rows", "refused"), [(49, True), (50, False), (0, True), (200, False)])
def test_fewer_than_half_of_yesterdays_rows_refuse_the_file(rows: int, refused: bool) -> None:
    if refused:
        with pytest.raises(Unmappable, match="100 on 2026-12-01") as caught:
            judge_file(file(2, rows), file(1), file(1))
        assert caught.value.kind == "stock_file_refused"
    else:
        assert judge_file(file(2, rows), file(1), file(1)) is Verdict.TAKE


def test_the_second_file_of_a_day_is_measured_by_yesterday_not_by_the_first() -> None:
    with pytest.raises(Unmappable):
        judge_file(file(2, 40, hour=9), file(2, 60), file(1, 100))
    assert judge_file(file(2, 55, hour=9), file(2, 120), file(1, 100)) is Verdict.CORRECT


def test_two_files_of_the_first_day_are_measured_by_each_other() -> None:
    with pytest.raises(Unmappable):
        judge_file(file(1, 10, hour=9), file(1, 100), None)


def test_a_name_says_when_the_file_was_written_on_the_warehouses_clock() -> None:
    winter = read_name("acs_stock_TESTACS_20261206_0500.csv", NAME, "TESTACS", LONDON)
    assert winter == (datetime(2026, 12, 6, 5, tzinfo=UTC), date(2026, 12, 6))
    summer = read_name("ACS_STOCK_TESTACS_20260706_003000.CSV", NAME, "TESTACS", LONDON)
    assert summer == (datetime(2026, 7, 5, 23, 30, tzinfo=UTC), date(2026, 7, 6))


@pytest.mark.parametrize(
    "name",
    [
        "acs_stock_OTHER_20261206_0500.csv",
        "acs_stock_TESTACS_20261306_0500.csv",
        "acs_stock_TESTACS_20261206_0500.csv.2",
    ],
)
def test_another_accounts_name_and_one_that_is_no_date_are_no_stock_file(name: str) -> None:
    assert read_name(name, NAME, "TESTACS", LONDON) is None


def test_a_pattern_without_a_time_is_the_beginning_of_the_day() -> None:
    found = read_name("stock-20261206.csv", "stock-{day}.csv", "TESTACS", LONDON)
    assert found is not None
    assert found[0] == datetime(2026, 12, 6, tzinfo=UTC)
    assert found[0] + timedelta(0) == found[0]
