"""The network between the fleet and a server is cut: packets are lost, and no connection is told. As root only."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from fleet_tests.far_network import FarNetwork
from fleet_tests.outages import ride_out
from fleet_tests.processes import Fleet
from workers.embedded.redis import EmbeddedRedis

AWAY = 15.0  # seconds: longer than a connection to the ledger is waited for
SILENT = 5.0  # seconds without a heartbeat after which a process counts as dead

pytestmark = pytest.mark.skipif(os.getuid() != 0, reason="only root may make a network")


@pytest.fixture
def network() -> Iterator[FarNetwork]:
    made = FarNetwork()
    yield made
    made.close()


def over(network: FarNetwork, url: str) -> str:
    """The address of a server of this machine, over the network that can be cut."""
    host, port = urlsplit(url).hostname, urlsplit(url).port
    assert port
    far, door = network.door(port)
    return url.replace(f"{host}:{port}", f"{far}:{door}")


@pytest.mark.parametrize("whose", ["postgres", "redis", "partner"])
def test_a_cut_network_doubles_nothing_and_all_goes_on_when_it_is_back(
    database: str, network: FarNetwork, tmp_path: Path, whose: str
) -> None:
    with EmbeddedRedis(tmp_path / "redis") as redis:
        broker = redis.start()
        fleet = Fleet(tmp_path, database, broker, SILENT)
        try:
            if whose == "postgres":
                fleet.environment["DATABASE_URL"] = over(network, database)
            elif whose == "redis":
                fleet.environment["BROKER_URL"] = over(network, broker)
            else:
                settings = tmp_path / "fleet.toml"
                settings.write_text(settings.read_text().replace(fleet.clarus, over(network, fleet.clarus)))
            fleet.start_small()
            after = ride_out(fleet, network.cut(), lambda: time.sleep(AWAY))
            sys.stdout.write(f"when the network to {whose} was back it went on after (s): {after.seconds}\n")
            assert after.troubles == {}
        finally:
            fleet.close()
            redis.discard()
