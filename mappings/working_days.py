"""When a warehouse works: weekdays, its nation's bank holidays, cut-offs on its own clock, and what is reckoned so.

Bank holidays come from the library ``holidays``, which is kept up with proclamations (single extra days too); a
warehouse's own closures and extra days are laid over them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Literal
from zoneinfo import ZoneInfo

import holidays

from mappings.canonical import HireDates
from mappings.errors import Unmappable

Nation = Literal["ENG", "SCT", "WLS", "NIR"]
ONE = timedelta(days=1)
LONGEST_CLOSURE = 60  # days: a calendar without a working day within them is a mistake in the settings


@cache
def _bank_holidays(nation: str) -> Callable[[date], bool]:
    return holidays.country_holidays("GB", subdiv=nation).__contains__  # reckons each year when it is first asked for


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """One warehouse's calendar. ``week`` are weekdays (Monday is 0); ``cut_off`` is on the warehouse's clock.

    ``closed`` are days on which it does not work though it would, ``open`` those on which it works though it would not.
    """

    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Europe/London"))
    nation: Nation = "SCT"
    cut_off: time = time(12)
    week: frozenset[int] = frozenset({0, 1, 2, 3, 4})
    closed: frozenset[date] = frozenset()
    open: frozenset[date] = frozenset()

    def works_on(self, day: date) -> bool:
        """Whether the warehouse works on this day."""
        if day in self.open:
            return True
        return day not in self.closed and day.weekday() in self.week and not _bank_holidays(self.nation)(day)

    def at_or_after(self, day: date) -> date:
        """The first working day from ``day`` on. Raises Unmappable where there is none for two months."""
        return self._step(day, ONE)

    def at_or_before(self, day: date) -> date:
        """The last working day up to ``day``. Raises Unmappable where there is none for two months."""
        return self._step(day, -ONE)

    def add(self, day: date, days: int) -> date:
        """The working day that lies ``days`` working days after ``day``; before it where ``days`` is negative.

        With 0 it is ``day`` itself, or the next working day.
        """
        step = ONE if days >= 0 else -ONE
        found = self.at_or_after(day) if days == 0 else day
        for _ in range(abs(days)):
            found = self._step(found + step, step)
        return found

    def first_dispatch(self, at: datetime) -> date:
        """The working day on which an order can leave that is released at ``at``: the same one before the cut-off.

        A moment on the cut-off itself is too late.
        """
        local = _aware(at).astimezone(self.zone)
        late = self.works_on(local.date()) and local.time() >= self.cut_off
        return self.at_or_after(local.date() + ONE if late else local.date())

    def cut_off_of(self, day: date) -> datetime:
        """The cut-off of a day, in UTC."""
        return datetime.combine(day, self.cut_off, self.zone).astimezone(UTC)

    def deadline(self, since: datetime, days: int) -> datetime:
        """The cut-off by which work that came at ``since`` must be done, with ``days`` working days for it."""
        return self.cut_off_of(self.add(self.first_dispatch(since), days))

    def _step(self, day: date, step: timedelta) -> date:
        found = day
        for _ in range(LONGEST_CLOSURE):
            if self.works_on(found):
                return found
            found += step
        why = f"no working day within {LONGEST_CLOSURE} days: correct week and closed of the connection in fleet.toml"
        raise Unmappable("working_days", day.isoformat(), why)


def sale_dates(released_at: datetime, calendar: WorkingDays, transit_days: int = 1) -> tuple[date, date]:
    """The days on which a sale leaves and arrives: at once, and ``transit_days`` working days later."""
    leaves = calendar.first_dispatch(released_at)
    return leaves, calendar.add(leaves, transit_days)


def hire_dates(
    event_on: date | None, hire_days: int | None, calendar: WorkingDays, *, early: int = 1, transit_days: int = 1
) -> HireDates:
    """The days of a hire that is first worn on ``event_on`` and lasts ``hire_days`` days from then.

    It arrives at the latest ``early`` days before the event, on a working day, and leaves ``transit_days`` working
    days before it arrives. It is expected back on the last day, whether anybody works there then or not.

    Raises:
        Unmappable: kind ``hire_dates_missing``, where the event or the length is not given.
    """
    if event_on is None:
        why = "fill the order's event date in Khaos, in the field that hire.event_field of the connection names"
        raise Unmappable("event_on", "", why, kind="hire_dates_missing")
    if hire_days is None or hire_days < 1:
        why = "add a row to hire.lengths of the connection in fleet.toml for this hire, with its days"
        raise Unmappable("hire_days", "" if hire_days is None else str(hire_days), why, kind="hire_dates_missing")
    arrives = calendar.at_or_before(event_on - early * ONE)
    return HireDates(
        dispatch_on=calendar.add(arrives, -transit_days) if transit_days else arrives,
        deliver_on=arrives,
        event_on=event_on,
        back_by=event_on + hire_days * ONE,
    )


def bookable_from(
    ready_at: datetime | None, back_by: date | None, calendar: WorkingDays, hours: int
) -> datetime | None:
    """When a garment may be booked for its next hire: ``hours`` after it was ready or is expected back, the later.

    A day counts from its beginning on the warehouse's clock. None where neither is known: then it may not be booked.
    """
    moments = [_aware(ready_at)] if ready_at is not None else []
    if back_by is not None:
        moments.append(datetime.combine(back_by, time(0), calendar.zone).astimezone(UTC))
    return max(moments) + timedelta(hours=hours) if moments else None


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise Unmappable("moment", moment.isoformat(), "give this time its zone: a warehouse has its own days")
    return moment
