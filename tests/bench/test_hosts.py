"""Four hosts, as network namespaces, do four times what one does at a warehouse that takes its time."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from workers.bench import hosts

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("ip") is None, reason="hosts are made by root, with the program ip"
)


def test_hosts_are_there_within_the_block_and_reach_this_machine() -> None:
    with hosts.network(2):
        names = [f"{hosts.NAME}{number}" for number in (1, 2)]
        for name in names:
            hosts._ip(f"netns exec {name} ping -c 1 -W 5 {hosts.HERE}" if shutil.which("ping") else f"-n {name} link")
        assert all(Path(f"/run/netns/{name}").exists() for name in names)
    assert not any(Path(f"/run/netns/{name}").exists() for name in names)


@pytest.mark.full
@pytest.mark.timeout(900)
def test_four_hosts_are_linear_until_the_partners_limit(tmp_path: Path) -> None:
    told = hosts.figures(tmp_path / "bench", window=20.0)
    assert told["linear"] >= 0.9, told
    assert [told[f"{n} hosts"]["doubled"] for n in hosts.HOSTS] == [0, 0]
