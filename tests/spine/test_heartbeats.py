"""A probe in a worker's container sees whether its heart turns, and takes no outage of the ledger for a death."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fleet_tests.places import ROOT
from workers import config
from workers.spine.heart import Heart
from workers.spine.runtime import Runtime


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("FLEET_HEARTBEATS", str(tmp_path / "hearts"))
    config.environment.cache_clear()
    yield tmp_path / "hearts"
    config.environment.cache_clear()


def asked() -> tuple[int, str]:
    """The exit code and the word of what a container's probe runs."""
    probe = [sys.executable, "-I", "-S", str(ROOT / "deploy" / "beating.py")]
    answer = subprocess.run(probe, capture_output=True, text=True, check=False)
    return answer.returncode, answer.stderr.strip()


def test_a_heart_that_turns_is_seen_one_that_stands_still_is_named_and_one_that_ended_is_gone(
    runtime: Runtime, folder: Path
) -> None:
    assert asked()[0] == 1
    heart = Heart(runtime, "orders-out@a-host", lone=False, lanes=["orders-out"])
    assert asked() == (0, "")
    other = folder / "isolate"
    other.touch()
    os.utime(other, (time.time() - 90, time.time() - 90))
    code, word = asked()
    assert (code, word.split()[0]) == (1, "isolate")
    other.unlink()
    heart.stop()
    assert "no worker has begun" in asked()[1]


def test_a_heart_turns_on_while_the_ledger_does_not_answer(runtime: Runtime, folder: Path) -> None:
    heart = Heart(runtime, "orders-out@a-host", lone=False, lanes=["orders-out"])
    sign = folder / "orders-out"
    try:
        runtime.store.run("alter table process rename to process_away")
        with heart.at_work():
            long_ago = time.time() - 1000
            os.utime(sign, (long_ago, long_ago))
            ends = time.monotonic() + 60
            while sign.stat().st_mtime == long_ago and time.monotonic() < ends:
                time.sleep(0.05)
        assert asked() == (0, "")
    finally:
        runtime.store.run("alter table process_away rename to process")
        heart.stop()


def test_flowers_login_may_stand_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "flower").write_text("fleet:a-long-password\n")
    monkeypatch.setenv("FLOWER_BASIC_AUTH", f"file:{tmp_path}/flower")
    config.environment.cache_clear()
    assert config.environment().flower_basic_auth == "fleet:a-long-password"
    monkeypatch.setenv("FLOWER_BASIC_AUTH", f"file:{tmp_path}/missing")
    config.environment.cache_clear()
    with pytest.raises(config.Misconfigured, match="cannot read"):
        config.environment()
    monkeypatch.undo()
    config.environment.cache_clear()
