"""The simulator walks in CI: what it walks is the same each time, and it can fail."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from workers.simulator.running import open_stage, servers
from workers.simulator.stage import Stage
from workers.simulator.walk import draw, walk


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with servers() as shared:
        opened = open_stage(shared)
        yield opened
        opened.close()


def test_a_seed_is_walked_the_same_way_each_time(stage: Stage) -> None:
    first, second = (walk(stage, 3, draw(3, 60)) for _ in range(2))
    assert first.story == second.story
    assert first.walked == second.walked > 0
    assert [one.what for one in first.broken] == [one.what for one in second.broken]
