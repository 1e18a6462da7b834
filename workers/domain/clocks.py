"""Moments that partners tell: none that lies ahead of our own clock moves a cursor or outranks a later word."""

from __future__ import annotations

from datetime import datetime, timedelta

from workers.spine import exceptions

KIND = "clock_ahead"
OFF = timedelta(minutes=15)  # so far may a partner's clock be ahead and nobody minds


def is_ahead(at: datetime, now: datetime) -> bool:
    """Tell whether a moment that has been is named as one that is still to come."""
    return at > now + OFF


def not_later(at: datetime, now: datetime) -> datetime:
    """Return the moment that a partner named; ``now`` where its clock is ahead."""
    return now if is_ahead(at, now) else at


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
