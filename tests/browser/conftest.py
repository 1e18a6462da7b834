"""A browser in front of the desk on a seeded ledger. Without a Chromium on this machine the tests are skipped."""

from __future__ import annotations

import re
import shutil
import threading
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
import requests
import uvicorn
from playwright.sync_api import Browser, sync_playwright

from fleet_tests.databases import copied
from fleet_tests.desk import desk_application
from fleet_tests.desk_pages import GROUP, PAGES
from fleet_tests.seeded import seed
from workers.config import Configuration, Fleet
from workers.embedded.folder import free_ports
from workers.ledger.store import Store
from workers.views.snapshot import reading_engine

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(scope="module")  # its loop runs as long as it does, and would be in the way of others'
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed: on Debian, apt-get install chromium")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def address(postgres: str) -> Iterator[str]:
    """Where the desk answers, with everybody's rights, in front of a seeded ledger."""
    dsn = copied(postgres, "browsed")
    store, engine = Store(dsn), reading_engine(dsn)
    seed(store)
    fleet = Fleet.model_validate({"database_url": dsn, "broker_url": "", "sentry_dsn": ""})
    settings = Configuration(fleet=fleet, connections={}, routing=(), tables={})
    (port,) = free_ports(1)
    server = uvicorn.Server(
        uvicorn.Config(
            desk_application(engine, name="Wanda", store=store, settings=settings),
            host="127.0.0.1",
            port=port,
            log_level="warning",
        )
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(10)
    engine.dispose()
    store.close()


@pytest.fixture(scope="session")
def places(address: str) -> dict[str, str]:
    """Every page by its name: where it stands, with the first group of exceptions among them."""
    group = re.search(r'href="(/exceptions/groups/[^"]+)"', requests.get(f"{address}/exceptions", timeout=20).text)
    assert group is not None
    return {**PAGES, GROUP: group[1]}


@pytest.fixture(scope="session")
def axe_script() -> str:
    """Axe itself, as its package ships it."""
    package = find_spec("axe_playwright_python")
    assert package is not None
    assert package.origin is not None
    return (Path(package.origin).parent / "axe.min.js").read_text()
