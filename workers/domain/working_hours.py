"""Hours in which people work: when a response time that began at some moment is over."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from mappings.working_days import ONE, WorkingDays
from workers.config.owners import DAYS, Hours


def due(since: datetime, hours: float, when: Hours, zone: ZoneInfo, *, around_the_clock: bool = False) -> datetime:
    """When ``hours`` of working time after ``since`` are over, in UTC.

    Nights, weekends, bank holidays and closed days do not count, unless ``around_the_clock``. Raises Unmappable where
    there is no working day for two months.
    """
    left = timedelta(hours=hours)
    if around_the_clock:
        return since.astimezone(UTC) + left
    calendar = WorkingDays(
        zone=zone,
        nation=when.nation,
        week=frozenset(DAYS.index(day) for day in when.days),
        closed=frozenset(when.closed),
    )
    day = calendar.at_or_after(since.astimezone(zone).date())
    while True:
        begin, end = _day(day, when, zone)
        begin = max(begin, since.astimezone(UTC))
        if begin < end:
            if left <= end - begin:
                return begin + left
            left -= end - begin
        day = calendar.at_or_after(day + ONE)


def _day(day: date, when: Hours, zone: ZoneInfo) -> tuple[datetime, datetime]:
    return (
        datetime.combine(day, when.begin, zone).astimezone(UTC),
        datetime.combine(day, when.end, zone).astimezone(UTC),
    )
