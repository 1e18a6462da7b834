"""The running balance ends in what is held, whatever moved before and after the count."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from workers.views.stock_balance import plot, running

NOON = datetime(2026, 7, 22, 12, tzinfo=UTC)


@given(st.lists(st.integers(-50, 50), min_size=1, max_size=30), st.integers(0, 29), st.integers(0, 500))
def test_the_balance_is_what_was_counted_at_the_moment_of_the_count(changes: list[int], at: int, good: int) -> None:
    rows = [
        {"at": NOON + timedelta(minutes=n), "what": "x", "change": change, "source": str(n), "reason": ""}
        for n, change in enumerate(changes)
    ]
    counted = min(at, len(rows) - 1)
    moved = running(rows, good, NOON + timedelta(minutes=counted))
    assert moved[counted].balance == good
    assert all(b.balance - a.balance == b.change for a, b in pairwise(moved))
    assert bool(plot(moved)) == (len(moved) > 1)
