"""Who reads without a pause waits a little, everybody else never; figures of the front page are read once for all."""

from __future__ import annotations

import threading

import pytest

from workers.views.shortly import Shortly
from workers.web.pace import BURST, LONGEST, REMEMBERED, SHARE, Pace


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def read_for(pace: Pace, clock: Clock, seconds: float, page: float, think: float) -> tuple[float, float]:
    """One reader for so long: what their pages took of each second, and the longest that one of them waited."""
    spent = longest = 0.0
    while clock.now < seconds:
        wait = pace.wait("one")
        clock.now += wait + page + think
        pace.spent("one", page)
        spent, longest = spent + page, max(longest, wait)
    return spent / seconds, longest


def test_who_reads_without_a_pause_takes_a_share_and_no_more() -> None:
    clock = Clock()
    share, longest = read_for(Pace(clock), clock, 600.0, 0.06, 0.0)
    assert SHARE < share < SHARE + BURST / 600 + 0.01
    assert longest == pytest.approx(0.06 / SHARE - 0.06, abs=0.01)


def test_who_reads_what_they_open_never_waits_and_fifty_tabs_open_at_once() -> None:
    clock = Clock()
    share, longest = read_for(Pace(clock), clock, 600.0, 0.2, 3.0)
    assert (round(share, 2), longest) == (0.06, 0.0)
    pace = Pace(clock)
    for _ in range(50):
        assert pace.wait("tabs") == 0.0
        pace.spent("tabs", 0.055)


def test_one_readers_hurry_is_not_anothers_and_no_page_waits_long() -> None:
    clock = Clock()
    pace = Pace(clock)
    pace.spent("hasty", 1000.0)
    assert (pace.wait("hasty"), pace.wait("other")) == (LONGEST, 0.0)
    for number in range(REMEMBERED):
        pace.spent(f"reader {number}", 0.1)
    assert pace.wait("hasty") == 0.0  # forgotten: what is remembered is bounded


def test_figures_are_read_once_for_all_who_ask_within_seconds() -> None:
    clock, asked = Clock(), list[str]()
    lately = Shortly(2.0, clock)
    going, begun = threading.Event(), threading.Event()

    def read() -> int:
        asked.append("one")
        begun.set()
        assert going.wait(10)
        return len(asked)

    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(lately.get("figures", read))) for _ in range(5)]
    for thread in threads:
        thread.start()
    assert begun.wait(10)
    assert lately.get("others", lambda: 7) == 7  # nobody waits for other figures
    going.set()
    for thread in threads:
        thread.join()
    assert found == [1] * 5
    clock.now += 2.0
    assert lately.get("figures", read) == 2


def test_an_error_is_not_kept() -> None:
    lately = Shortly(2.0)
    with pytest.raises(ZeroDivisionError):
        lately.get("figures", lambda: 1 / 0)
    assert lately.get("figures", lambda: 3.0) == 3.0
