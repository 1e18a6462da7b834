"""Everything that a demo needs, on loopback: servers, sandboxes, every process of the Procfile, their settings."""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import socket
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import requests

from workers.cli import running
from workers.config import Misconfigured
from workers.embedded.postgres import EmbeddedPostgres
from workers.embedded.redis import EmbeddedRedis
from workers.embedded.supervision import Fleet
from workers.ledger.migrate import migrate

ROOT = Path(__file__).parents[2]
EVENTS = ("goods_out.completed", "goods_out.cancelled", "goods_out.updated")

FLEET_TOML = """
[fleet]
web_bind = "127.0.0.1:{web}"

[fleet.intervals]
orders = 1.0
catalogue = 2.0
read_back = 1.0
sweep = 5.0
reference_data = 60.0

[fleet.limits]
sku_confirmed = {sku_limit}
dispatch = 120.0
proof = 30.0
process_silent = 15.0

[connections.khaos]
system = "khaos"
url = "{khaos}"
rate = "1000/s"
deadline = 6.0
partner_timeout = 2.0
connect_timeout = 3.0
extensions.confirm_shipment = {{}}

[connections.leeds]
system = "clarus"
base_url = "http://127.0.0.1:{clarus}"
subdomain = "acme"
account = "ACME"
client_id = "sandbox-client"
client_secret = "env:CLARUS_CLIENT_SECRET"
webhook_token = "env:CLARUS_WEBHOOK_TOKEN"
webhook_automations = {automations}
sites = {{ LDS1 = "Main Site" }}
rate = "1000/s"
concurrency = 16
deadline = 5.0
partner_timeout = 2.0
connect_timeout = 3.0

[[routing]]
name = "United Kingdom and Ireland"
when = {{ country = ["GB", "IE"] }}
to = "leeds"
facility = "LDS1"

[[routing]]
name = "everywhere else, until there is a building abroad"
to = "leeds"
facility = "LDS1"
"""


def free_port() -> int:
    """A port on loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Stage:
    """The demo's world. As a context manager it leaves no process behind."""

    folder: Path
    seed: int = 1
    sku_limit: float = 30.0
    environment: dict[str, str] = field(default_factory=dict)

    def __enter__(self) -> Self:
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        self._lock = self.folder.with_suffix(".lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Misconfigured(
                f"another demo runs in {self.folder}: let it end, or give this one a folder of its own with FLEET_VAR"
            ) from None
        self._clear()
        self.folder.mkdir(parents=True, mode=0o700)
        self.postgres = EmbeddedPostgres(self.folder / "postgres")
        self.redis = EmbeddedRedis(self.folder / "redis")
        self.fleet: Fleet | None = None
        try:
            self._start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _clear(self) -> None:
        """What an earlier demo left; its servers end first."""
        if self.folder.exists():
            EmbeddedPostgres(self.folder / "postgres").discard()
            EmbeddedRedis(self.folder / "redis").discard()
            shutil.rmtree(self.folder, ignore_errors=True)

    def _start(self) -> None:
        khaos, clarus, web, flower = (free_port() for _ in range(4))
        self.khaos_url = f"http://127.0.0.1:{khaos}/KhaosSandbox.exe"
        self.khaos = f"http://127.0.0.1:{khaos}"
        self.clarus = f"http://127.0.0.1:{clarus}"
        self.web = f"http://127.0.0.1:{web}"
        self.flower = f"http://127.0.0.1:{flower}"
        token, client_secret = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        self.flower_login = f"fleet:{secrets.token_urlsafe(9)}"
        automations = {event: str(41 + n) for n, event in enumerate(EVENTS)}
        (self.folder / "fleet.toml").write_text(
            FLEET_TOML.format(
                web=web,
                khaos=self.khaos_url,
                clarus=clarus,
                sku_limit=self.sku_limit,
                automations="{ " + ", ".join(f'"{e}" = "{i}"' for e, i in automations.items()) + " }",
            ),
            encoding="utf-8",
        )
        self.environment = {
            "DATABASE_URL": self.postgres.start(),
            "BROKER_URL": self.redis.start(),
            "FLEET_CONFIG": str(self.folder / "fleet.toml"),
            "FLEET_ENVIRONMENT": "demo",
            "CLARUS_CLIENT_SECRET": client_secret,
            "CLARUS_WEBHOOK_TOKEN": token,
            "WEB_HOST": "127.0.0.1",
            "WEB_PORT": str(web),
            "FLOWER_HOST": "127.0.0.1",
            "FLOWER_PORT": str(flower),
            "FLOWER_BASIC_AUTH": self.flower_login,
        }
        os.environ.update(self.environment)
        migrate(self.environment["DATABASE_URL"])
        python, secret = "python -m adapters", "$CLARUS_CLIENT_SECRET"
        sandboxes = [
            f"sandbox-khaos: {python}.khaos.sandbox --port {khaos} --seed {self.seed} --confirm-shipment",
            f"sandbox-clarus: {python}.clarus.sandbox --port {clarus} --seed {self.seed} --secret {secret}",
        ]
        procfile = self.folder / "Procfile"
        procfile.write_text(
            (ROOT / "Procfile").read_text(encoding="utf-8") + "\n".join(sandboxes) + "\n", encoding="utf-8"
        )
        self.fleet = Fleet(
            procfile, {**self.environment, "PYTHONPATH": str(ROOT)}, self.folder / "run", stop_patience=10
        )
        self.fleet.start()
        self._wait(f"{self.khaos}/_sandbox/health", f"{self.clarus}/_sandbox/health")
        hooks = [
            {
                "resource": event.split(".")[0],
                "event": event.split(".")[1],
                "url": f"{self.web}/hooks/leeds/{token}/{event}",
                "automation_id": number,
            }
            for event, number in automations.items()
        ]
        setup = {
            "account": "ACME",
            "warehouses": ["LDS1"],
            "carriers": ["ROYALMAIL", "DPD"],
            "stock_unit_types": ["EACH"],
            "webhooks": hooks,
        }
        self.post(f"{self.clarus}/_sandbox/setup", setup)
        self._wait(f"{self.web}/health")

    @staticmethod
    def post(url: str, body: dict[str, Any]) -> dict[str, Any]:
        """Post to a sandbox's own door."""
        answer = requests.post(url, json=body, timeout=30)
        answer.raise_for_status()
        told: dict[str, Any] = answer.json()
        return told

    @staticmethod
    def books(url: str) -> dict[str, Any]:
        """A sandbox's own books."""
        answer = requests.get(f"{url}/_sandbox/books", timeout=30)
        answer.raise_for_status()
        told: dict[str, Any] = answer.json()
        return told

    @staticmethod
    def _wait(*urls: str, seconds: float = 60.0) -> None:
        ends = time.monotonic() + seconds
        for url in urls:
            while True:
                try:
                    if requests.get(url, timeout=2).ok:
                        break
                except requests.RequestException:
                    pass
                if time.monotonic() > ends:
                    raise TimeoutError(
                        f"{url} does not answer after {seconds:g} s; the logs are in run/log of the demo"
                    )
                time.sleep(0.1)

    def close(self) -> None:
        """End every process, in the order that loses nothing."""
        if self.fleet is not None:
            self.fleet.stop()
            self.fleet = None
        self.redis.stop()
        self.postgres.stop()
        running.forget_running()
        self._lock.close()

    def note_addresses(self) -> None:
        """Leave word for other `fleet` commands of where this runs."""
        told = {
            "database_url": self.environment["DATABASE_URL"],
            "broker_url": self.environment["BROKER_URL"],
            "fleet_config": self.environment["FLEET_CONFIG"],
            "environment": self.environment,
            "web": self.web,
            "flower": self.flower,
            "khaos_sandbox": self.khaos_url,
            "clarus_sandbox": self.clarus,
        }
        running.note_running(told)
