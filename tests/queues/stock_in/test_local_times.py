"""When a building's next count is due, also on the nights in which its clocks change."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.domain.clocks import OFF, local_moment, next_local, not_later

LONDON = ZoneInfo("Europe/London")
ZONES = st.sampled_from([LONDON, ZoneInfo("America/New_York"), ZoneInfo("Australia/Lord_Howe"), ZoneInfo("UTC")])


@pytest.mark.parametrize(
    ("day", "at", "moment"),
    [
        (date(2026, 3, 28), time(6), "2026-03-28T06:00Z"),
        (date(2026, 3, 29), time(6), "2026-03-29T05:00Z"),  # summer time began at one
        (date(2026, 3, 29), time(1, 30), "2026-03-29T01:30Z"),  # no clock showed it
        (date(2026, 10, 24), time(6), "2026-10-24T05:00Z"),
        (date(2026, 10, 25), time(6), "2026-10-25T06:00Z"),
        (date(2026, 10, 25), time(1, 30), "2026-10-25T01:30Z"),  # the second time: a count is not late at the first
    ],
)
def test_a_time_of_day_is_one_moment_also_where_the_clock_shows_it_twice_or_never(
    day: date, at: time, moment: str
) -> None:
    assert local_moment(day, at, LONDON) == datetime.fromisoformat(moment)


@given(
    after=st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)),  # noqa: DTZ001  it gets its zone below
    at=st.times(),
    zone=ZONES,
)
def test_the_next_one_lies_ahead_and_never_more_than_a_long_day(after: datetime, at: time, zone: ZoneInfo) -> None:
    moment = after.replace(tzinfo=UTC)
    due = next_local(moment, at, zone)
    assert timedelta(0) < due - moment <= timedelta(hours=25)


def test_a_moment_ahead_counts_as_the_one_at_which_it_came_and_a_little_ahead_as_it_is() -> None:
    now = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert not_later(now + OFF, now) == now + OFF
    assert not_later(now + OFF + timedelta(seconds=1), now) == now
    assert not_later(now - timedelta(days=9), now) == now - timedelta(days=9)
