"""Response times run while people work: not at night, at weekends, on bank holidays."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.config.owners import Hours
from workers.domain.working_hours import due

MIN, MAX = datetime(2024, 1, 1), datetime(2027, 12, 31)  # noqa: DTZ001  hypothesis gives them a zone
LONDON = ZoneInfo("Europe/London")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LONDON)


@pytest.mark.parametrize(
    ("since", "hours", "until"),
    [
        ("2026-03-04T10:00", 4, "2026-03-04T14:00"),
        ("2026-03-04T16:00", 4, "2026-03-05T11:30"),  # 1.5 hours today, the rest tomorrow
        ("2026-03-04T03:00", 1, "2026-03-04T10:00"),
        ("2026-03-06T17:00", 1, "2026-03-09T09:30"),  # over a weekend
        ("2026-03-27T17:00", 1, "2026-03-30T09:30"),  # and over the change to summer time
        ("2026-04-02T17:00", 1, "2026-04-07T09:30"),  # Good Friday and Easter Monday
        ("2026-03-07T12:00", 8.5, "2026-03-09T17:30"),
    ],
)
def test_only_working_hours_count(since: str, hours: float, until: str) -> None:
    assert due(at(since), hours, Hours(), LONDON) == at(until)


def test_around_the_clock_counts_nights_too_and_closed_days_do_not_count() -> None:
    assert due(at("2026-03-06T17:00"), 1, Hours(), LONDON, around_the_clock=True) == at("2026-03-06T18:00")
    closed = Hours(closed=(date(2026, 3, 9),))
    assert due(at("2026-03-06T17:00"), 1, closed, LONDON) == at("2026-03-10T09:30")


@given(
    st.datetimes(MIN, MAX, timezones=st.just(UTC)),
    st.floats(0.1, 100),
    st.floats(0.1, 100),
)
def test_more_hours_are_never_over_sooner_and_two_steps_are_one(since: datetime, one: float, other: float) -> None:
    first = due(since, one, Hours(), LONDON)
    both = due(since, one + other, Hours(), LONDON)
    assert since < first <= both
    assert abs(due(first, other, Hours(), LONDON) - both) < timedelta(hours=16)
    local = first.astimezone(LONDON)
    assert Hours().begin <= local.time().replace(microsecond=0) <= Hours().end
