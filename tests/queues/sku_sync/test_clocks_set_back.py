"""The catalogue's question and Khaos Control's clock: an hour that comes twice, and a clock that is ahead."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest

from adapters.khaos import Settings
from adapters.khaos.client import Khaos
from adapters.khaos.envelope import read_time
from workers.systems.khaos.erp import KhaosErp

LONDON = ZoneInfo("Europe/London")
BEGAN = datetime(2025, 10, 25, 22, 0, tzinfo=UTC)  # the night to 26 October 2025: 02:00 BST is 01:00 GMT


class Item:
    """A line of the stock list."""

    parent_code = ""

    def __init__(self, code: str, at: datetime) -> None:
        self.stock_code, self.last_updated = code, read_time(at.isoformat(), LONDON)


class Server:
    """A Windows service with a local clock: it stores and compares naive wall-clock times."""

    def __init__(self) -> None:
        self.edits: dict[str, datetime] = {}
        self.now = BEGAN

    def edit(self, code: str) -> None:
        self.edits[code] = self.now.astimezone(LONDON).replace(tzinfo=None)

    def get_stock_list(self, _date_type: int, since: datetime | None, _kind: int) -> list[Item]:
        asked = since.astimezone(LONDON).replace(tzinfo=None) if since else datetime.min  # noqa: DTZ901  naive, as theirs
        return [Item(code, at) for code, at in self.edits.items() if at >= asked]


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def ask(server: Server) -> Callable[[datetime | None], Any]:
    erp = KhaosErp(Settings(url="http://127.0.0.1:9/K.exe"), {})
    erp.client = cast("Khaos", server)
    return erp.fetch_changed_products


def test_every_edit_of_the_night_in_which_clocks_are_set_back_is_seen(
    server: Server, ask: Callable[[datetime | None], Any]
) -> None:
    seen: set[str] = set()
    cursor = None
    for minute in range(0, 360, 5):
        server.now = BEGAN + timedelta(minutes=minute)
        if minute % 10 == 5:
            server.edit(f"SKU{minute:03}")
        if minute % 15 == 0:
            codes, cursor = ask(cursor)
            seen |= set(codes)
    server.now += timedelta(days=1)
    server.edit("LATER")
    seen |= set(ask(cursor)[0])
    assert sorted(set(server.edits) - seen) == []


def test_a_time_of_the_future_does_not_carry_the_question_past_now(
    server: Server, ask: Callable[[datetime | None], Any]
) -> None:
    server.now = datetime.now(UTC) + timedelta(days=3)
    server.edit("AHEAD")
    before = datetime.now(UTC)
    _, cursor = ask(None)
    assert before <= cursor <= datetime.now(UTC)
    server.now = datetime.now(UTC)
    server.edit("TODAY")
    assert "TODAY" in ask(cursor)[0]
