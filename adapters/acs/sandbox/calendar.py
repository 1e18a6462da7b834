"""On which days the place works: Scottish weekdays without bank holidays, orders until noon."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import holidays

ZONE = ZoneInfo("Europe/London")
CUT_OFF = time(12)
SATURDAY = 5
_BANK = holidays.country_holidays("GB", subdiv="SCT")


def works_on(day: date) -> bool:
    """Whether anybody is there."""
    return day.weekday() < SATURDAY and day not in _BANK


def in_time(dispatch: date, now: datetime) -> bool:
    """Whether an order of now can leave on that day."""
    local = now.astimezone(ZONE)
    if not works_on(dispatch) or dispatch < local.date():
        return False
    return dispatch > local.date() or local.time() < CUT_OFF
