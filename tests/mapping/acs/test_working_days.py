"""Working days of England and Scotland, cut-offs on the warehouse's clock, and the days of hires and sales."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.errors import Unmappable
from mappings.working_days import WorkingDays, bookable_from, hire_dates, sale_dates

SCOTLAND, ENGLAND = WorkingDays(), WorkingDays(nation="ENG")
DAYS = st.dates(date(2024, 1, 1), date(2032, 12, 31))


@pytest.mark.parametrize(
    ("day", "scotland", "england"),
    [
        (date(2026, 11, 30), False, True),  # Saint Andrew's Day
        (date(2026, 1, 2), False, True),
        (date(2026, 8, 3), False, True),
        (date(2026, 8, 31), True, False),
        (date(2026, 4, 6), True, False),  # Easter Monday
        (date(2026, 4, 3), False, False),
        (date(2026, 12, 25), False, False),
        (date(2026, 12, 28), False, False),  # for Boxing Day, a Saturday
        (date(2026, 11, 28), False, False),  # a Saturday
        (date(2026, 11, 27), True, True),
    ],
)
def test_bank_holidays_are_each_nations_own(day: date, scotland: bool, england: bool) -> None:
    assert SCOTLAND.works_on(day) == scotland
    assert ENGLAND.works_on(day) == england


def test_a_warehouses_own_closures_and_extra_days_win() -> None:
    calendar = WorkingDays(closed=frozenset({date(2026, 11, 27)}), open=frozenset({date(2026, 11, 28)}))
    assert not calendar.works_on(date(2026, 11, 27))
    assert calendar.works_on(date(2026, 11, 28))


@pytest.mark.parametrize(
    ("at", "leaves"),
    [
        (datetime(2026, 11, 24, 11, 59, tzinfo=UTC), date(2026, 11, 24)),
        (datetime(2026, 11, 24, 12, 0, tzinfo=UTC), date(2026, 11, 25)),
        (datetime(2026, 7, 7, 11, 30, tzinfo=UTC), date(2026, 7, 8)),  # 12:30 in Glasgow
        (datetime(2026, 11, 27, 13, 0, tzinfo=UTC), date(2026, 12, 1)),  # Friday; Monday is Saint Andrew's
        (datetime(2026, 11, 28, 23, 0, tzinfo=UTC), date(2026, 12, 1)),
        (datetime(2026, 7, 5, 23, 30, tzinfo=UTC), date(2026, 7, 6)),  # already Monday in Glasgow
    ],
)
def test_an_order_leaves_on_the_first_working_day_whose_cut_off_has_not_passed(at: datetime, leaves: date) -> None:
    assert SCOTLAND.first_dispatch(at) == leaves


def test_the_days_of_a_sale() -> None:
    assert sale_dates(datetime(2026, 11, 26, 13, tzinfo=UTC), SCOTLAND) == (date(2026, 11, 27), date(2026, 12, 1))


def test_a_hire_is_reckoned_back_from_its_event() -> None:
    found = hire_dates(date(2026, 11, 26), 4, SCOTLAND)
    assert (found.dispatch_on, found.deliver_on) == (date(2026, 11, 24), date(2026, 11, 25))
    # Expected back on a day on which nobody works: the customer keeps the promise, whoever opens the parcel later.
    assert found.back_by == date(2026, 11, 30)


def test_a_hire_for_a_monday_arrives_before_the_weekend() -> None:
    found = hire_dates(date(2026, 12, 7), 4, SCOTLAND)
    assert (found.dispatch_on, found.deliver_on) == (date(2026, 12, 3), date(2026, 12, 4))


@pytest.mark.parametrize(("event", "days"), [(None, 4), (date(2026, 12, 7), None), (date(2026, 12, 7), 0)])
def test_a_hire_without_its_event_or_its_length_is_held_with_what_to_fill(event: date | None, days: int | None) -> None:
    with pytest.raises(Unmappable) as caught:
        hire_dates(event, days, SCOTLAND)
    assert caught.value.kind == "hire_dates_missing"


@given(day=DAYS, days=st.integers(1, 15))
def test_adding_working_days_counts_exactly_those(day: date, days: int) -> None:
    end = SCOTLAND.add(day, days)
    between = [day + timedelta(n) for n in range(1, (end - day).days + 1)]
    assert sum(map(SCOTLAND.works_on, between)) == days
    assert SCOTLAND.works_on(end)


@given(event=DAYS, length=st.integers(1, 30), early=st.integers(0, 5), transit=st.integers(0, 3))
def test_a_hire_arrives_and_leaves_on_working_days_and_in_order(
    event: date, length: int, early: int, transit: int
) -> None:
    found = hire_dates(event, length, ENGLAND, early=early, transit_days=transit)
    assert ENGLAND.works_on(found.dispatch_on)
    assert ENGLAND.works_on(found.deliver_on)
    days = [found.dispatch_on, found.deliver_on, found.event_on, found.back_by]
    assert all(one <= other for one, other in pairwise(days))
    assert (event - found.deliver_on).days >= early


def test_a_deadline_is_a_cut_off_and_weekends_do_not_count() -> None:
    friday = datetime(2026, 12, 4, 10, tzinfo=UTC)
    assert SCOTLAND.deadline(friday, 1) == datetime(2026, 12, 7, 12, tzinfo=UTC)
    assert SCOTLAND.deadline(datetime(2026, 7, 6, 10, tzinfo=UTC), 0) == datetime(2026, 7, 6, 11, tzinfo=UTC)


def test_a_garment_is_bookable_72_hours_after_it_is_ready_or_expected_back() -> None:
    ready = datetime(2026, 12, 1, 15, tzinfo=UTC)
    assert bookable_from(ready, None, SCOTLAND, 72) == datetime(2026, 12, 4, 15, tzinfo=UTC)
    assert bookable_from(ready, date(2026, 12, 5), SCOTLAND, 72) == datetime(2026, 12, 8, tzinfo=UTC)
    assert bookable_from(ready, None, SCOTLAND, 0) == ready
    assert bookable_from(None, None, SCOTLAND, 72) is None


def test_a_time_without_a_zone_and_a_calendar_without_a_working_day_are_refused() -> None:
    with pytest.raises(Unmappable, match="zone"):
        SCOTLAND.first_dispatch(datetime(2026, 12, 1, 9))  # noqa: DTZ001  what is refused
    with pytest.raises(Unmappable, match="no working day"):
        WorkingDays(week=frozenset(), cut_off=time(12)).at_or_after(date(2026, 12, 1))
