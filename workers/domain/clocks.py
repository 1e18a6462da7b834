"""Moments that partners tell: none that lies ahead of our own clock moves a cursor or outranks a later word."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from workers.spine import exceptions
from workers.spine.reading import Reading

KIND = "clock_ahead"
OFF = timedelta(minutes=15)  # so far may a partner's clock be ahead and nobody minds


def is_ahead(at: datetime, now: datetime) -> bool:
    """Tell whether a moment that has been is named as one that is still to come."""
    return at > now + OFF


def not_later(at: datetime, now: datetime) -> datetime:
    """Return the moment that a partner named; ``now`` where its clock is ahead."""
    return now if is_ahead(at, now) else at


def told_at(reading: Reading, at: datetime) -> datetime:
    """Return the moment that a record names; when the record came, and an exception, where that clock is ahead."""
    came = reading.record.received_at
    if is_ahead(at, came):
        file_ahead(reading.run, reading.record.connection, at, came)
    return not_later(at, came)


def local_moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    """Return the moment, in UTC, of a time of day in a zone; the later one where the clock shows it twice or never."""
    both = (datetime.combine(day, at.replace(fold=fold), zone).astimezone(UTC) for fold in (0, 1))
    return max(both)


def next_local(after: datetime, at: time, zone: ZoneInfo) -> datetime:
    """Return the first moment behind ``after`` at which the clocks of a zone show a time of day, in UTC."""
    day = after.astimezone(zone).date()
    today = local_moment(day, at, zone)
    return today if today > after else local_moment(day + timedelta(days=1), at, zone)


def file_ahead(run: exceptions.Run, connection: str, at: datetime, now: datetime) -> None:
    """File what a clock that is ahead says, once while it is."""
    exceptions.file(
        run,
        KIND,
        subject=f"clock:{connection}",
        story=f"connection {connection}",
        flow="stock-in",
        connection=connection,
        why=f"{connection} told {at:%Y-%m-%d %H:%M} UTC at {now:%Y-%m-%d %H:%M} UTC: what it tells counts from when"
        " it came, until its clock is right",
        once=exceptions.Once.WHILE_OPEN,
    )


def close_ahead(run: exceptions.Run, connection: str) -> None:
    """Close what stands about a clock: a moment was named that may be."""
    exceptions.close(run, KIND, f"clock:{connection}", "its clock is right")
