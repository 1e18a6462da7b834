"""Fixtures for a ledger without a world around it: a ``conftest.py`` imports those that its folder needs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fleet_tests.ledger import Ledger, Partner
from workers import config
from workers.config import Configuration
from workers.ledger.store import Store
from workers.spine.runtime import Runtime
from workers.wiring.systems import SYSTEMS

CONNECTIONS = """
[connections.khaos]
system = "khaos"
url = "http://127.0.0.1:9/K.exe"
[connections.leeds]
system = "clarus"
base_url = "http://127.0.0.1:9"
subdomain = "acme"
account = "ACME"
client_id = "x"
client_secret = "file:{folder}/secret"
webhook_token = "file:{folder}/secret"
"""
FLEET = """
[fleet]
database_url = "{database}"
broker_url = "redis://127.0.0.1:9/0"
[fleet.limits]
burst = 5
"""


def configured(folder: Path, toml: str) -> Configuration:
    """Configuration of a ``fleet.toml`` in ``folder``, whose secrets lie there, too."""
    (folder / "secret").write_text("an-unguessable-token-of-ours")
    (folder / "fleet.toml").write_text(toml.format(folder=folder))
    return config.read(folder / "fleet.toml", SYSTEMS)


@pytest.fixture
def database(emptied_database: str) -> str:
    return emptied_database


@pytest.fixture
def ledger(store: Store, database: str) -> Iterator[Ledger]:
    opened = Ledger(store, database)
    opened.connection()
    yield opened
    opened.close()


@pytest.fixture
def partner() -> Partner:
    return Partner()


@pytest.fixture
def runtime(ledger: Ledger, tmp_path: Path) -> Runtime:
    toml = FLEET.format(database=ledger.dsn) + CONNECTIONS + "connect_timeout = 0.2\n"
    made = Runtime(configured(tmp_path, toml))
    made.__dict__["store"] = ledger.store
    return made
