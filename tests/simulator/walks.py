"""The simulator walks in CI: seeds that never change, some that nobody has walked, and faults that it must notice."""

from __future__ import annotations

import random
import secrets
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from workers.simulator.mutants import MUTANTS, planted
from workers.simulator.running import open_stage, servers
from workers.simulator.stage import Stage
from workers.simulator.walk import Outcome, draw, walk

STEPS = 40
FIXED = range(1, 3)


def _commit() -> str:
    """The id of the commit under test: fresh seeds are drawn from it, so that a failure of CI can be walked again."""
    ran = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=Path(__file__).parent, capture_output=True, text=True, check=False
    )
    return ran.stdout.strip() or secrets.token_hex(8)


_dice = random.Random(_commit())
FRESH = [_dice.randrange(1_000_000_000) for _ in range(1)]  # others for each commit
QUICK = (  # those that nearly every seed notices; `make mutants` hunts them all
    "what is ready is seen and not asked for",
    "every webhook of one kind counts as a repeat",
)


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with servers() as shared:
        opened = open_stage(shared)
        yield opened
        opened.close()


def _walk(stage: Stage, seed: int) -> Outcome:
    outcome = walk(stage, seed, draw(seed, STEPS))
    told = "\n".join(outcome.story[-25:])
    assert not outcome.broken, f"make simulate SEEDS={seed} STEPS={STEPS}\n{told}\n{outcome.broken}"
    return outcome


def test_every_promise_holds_on_walks_that_never_change_and_each_is_walked_the_same_way_again(stage: Stage) -> None:
    walked = [_walk(stage, seed).story for seed in FIXED]
    again = _walk(stage, FIXED[0]).story
    assert again == walked[0]
    assert len(again) > STEPS / 2


def test_every_promise_holds_on_walks_that_nobody_has_walked(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print(f"\nfresh seeds of the simulator: {FRESH}")  # noqa: T201  so that a failure can be walked again
    for seed in FRESH:
        _walk(stage, seed)


@pytest.mark.parametrize("name", QUICK)
def test_a_line_made_wrong_is_noticed(stage: Stage, name: str) -> None:
    mutant = next(one for one in MUTANTS if one.name == name)
    with planted(stage, mutant):  # with the right line they hold, as the walks above say
        assert any(walk(stage, seed, draw(seed, STEPS)).broken for seed in FIXED), name


def test_every_mutant_still_finds_its_line(stage: Stage) -> None:
    for mutant in MUTANTS:
        with planted(stage, mutant):
            pass
    assert len({mutant.where for mutant in MUTANTS}) >= 15 <= len(MUTANTS)
