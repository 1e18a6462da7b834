"""A real web process on a free port, in front of a real ledger."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import requests

from fleet_tests import terminal
from fleet_tests.logins import Person, logged_in
from fleet_tests.warm import WEB, Warm
from workers.access.roles import Role
from workers.embedded.folder import free_ports
from workers.ledger.store import Store

TOKEN = "an-unguessable-token-of-ours"
HEADERS = {
    "X-ClarusWMS-Subdomain": "acme",
    "X-ClarusWMS-Automation-ID": "41",
    "Content-Type": "application/json",
}
TOML = terminal.TOML.replace("sites =", 'webhook_automations = { "goods_out.completed" = "41" }\nsites =')


@dataclass(frozen=True)
class Web:
    """Where the process answers, and what it has logged so far."""

    url: str
    log: Path
    database: str

    def somebody(self, *roles: Role, name: str = "wanda") -> Person:
        """Somebody with these roles who is logged in."""
        store = Store(self.database, size=1)
        try:
            return logged_in(store, self.url, *roles, name=name)
        finally:
            store.close()

    @cached_property
    def person(self) -> Person:
        """Somebody with all roles who is logged in."""
        return self.somebody()

    def hook(self, event: str = "goods_out.completed", *, connection: str = "leeds", token: str = TOKEN) -> str:
        return f"{self.url}/hooks/{connection}/{token}/{event}"


@contextmanager
def web_process(database: str, folder: Path, *, toml: str = TOML, port: int = 0, **environment: str) -> Iterator[Web]:
    (folder / "fleet.toml").write_text(toml)
    port = port or free_ports(1)[0]
    log = folder / "web.log"
    with log.open("w") as out:
        process = Warm(
            WEB, ["127.0.0.1", str(port)], cwd=Path.cwd(), stdin=out.fileno(), stdout=out.fileno(), stderr=out.fileno(),
            env={
                **os.environ, "FLEET_CONFIG": str(folder / "fleet.toml"), "DATABASE_URL": database,
                "BROKER_URL": "redis://127.0.0.1:9/0", "CLARUS_CLIENT_SECRET": "s", "CLARUS_WEBHOOK_TOKEN": TOKEN,
                "FLEET_PROCESS": "web", **environment,
            },
        )  # fmt: skip
        web = Web(f"http://127.0.0.1:{port}", log, database)
        try:
            _wait(web, process)
            yield web
        finally:
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait(web: Web, process: Warm) -> None:
    ends = time.monotonic() + 60
    while time.monotonic() < ends and process.poll() is None:
        try:
            requests.get(f"{web.url}/health", timeout=10)
        except requests.ConnectionError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"the web process did not come up:\n{web.log.read_text()}")
