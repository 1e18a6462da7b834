"""How long a partner asks us to wait: ``Retry-After`` in each of its forms, and the most of it that is believed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST_WAIT = 3600.0  # seconds; a partner that means more is asked again each hour
_SECONDS = re.compile(r"[0-9]+(?:\.[0-9]*)?")


def requested_wait(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Seconds of a Retry-After header (RFC 9110 section 10.2.3), however many; None where none can be read.

    Seconds may have decimals, as some servers write them. A date is compared with the answer's own Date, else with
    ``now``; one that is past is 0.
    """
    if "retry-after" not in headers:
        return None
    value = headers["retry-after"].strip()
    named = [one.strip() for one in value.split(",")]  # a proxy and the server behind it may each have said so
    if all(_SECONDS.fullmatch(one) for one in named):
        return max(map(float, named))
    then = _moment(value)
    if then is None:
        return None
    return max(0.0, (then - (_moment(headers.get("date", "")) or now or datetime.now(UTC))).total_seconds())


def retry_after(headers: Mapping[str, str], *, longest: float = LONGEST_WAIT) -> float | None:
    """The same, cut to ``longest`` seconds."""
    requested = requested_wait(headers)
    return None if requested is None else min(requested, longest)


def _moment(value: str) -> datetime | None:
    """A date as HTTP writes it, or as ISO 8601 does: some servers write that."""
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            found = read(value)
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    return None
