"""A ledger without a world around it, a partner that keeps books, and a person."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from fleet_tests.ledger import Ledger, Partner
from workers import config
from workers.ledger.store import Store
from workers.spine.people import Person
from workers.spine.runtime import Runtime
from workers.views.snapshot import reading_engine
from workers.wiring.systems import SYSTEMS

TOML = """
[fleet]
database_url = "{database}"
broker_url = "redis://127.0.0.1:9/0"
[fleet.limits]
burst = 5
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
connect_timeout = 0.2
"""


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
def mo() -> Person:
    return Person("Mo")


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    made = reading_engine(database)
    yield made
    made.dispose()


@pytest.fixture
def partner() -> Partner:
    return Partner()


@pytest.fixture
def runtime(ledger: Ledger, tmp_path: Path) -> Runtime:
    (tmp_path / "secret").write_text("an-unguessable-token-of-ours")
    (tmp_path / "fleet.toml").write_text(TOML.format(database=ledger.dsn, folder=tmp_path))
    made = Runtime(config.read(tmp_path / "fleet.toml", SYSTEMS))
    made.__dict__["store"] = ledger.store
    return made
