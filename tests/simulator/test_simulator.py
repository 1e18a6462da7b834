"""The simulator in CI, in a process of its own: its clock stands in every module of the product that it walks with."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

WALKS = Path(__file__).with_name("walks.py")


@pytest.mark.timeout(1800)
def test_every_promise_holds_on_its_walks_and_what_is_made_wrong_is_noticed(capsys: pytest.CaptureFixture[str]) -> None:
    outside = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    outside["PYTHONHASHSEED"] = "0"
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", str(WALKS)],
        cwd=WALKS.parents[2], env=outside, capture_output=True, text=True, timeout=1700, check=False,
    )  # fmt: skip
    with capsys.disabled():
        print("\n".join(line for line in ran.stdout.splitlines() if "fresh seeds" in line))  # noqa: T201  to walk again
    assert ran.returncode == 0, ran.stdout[-6000:]
    assert "[100%]" in ran.stdout
