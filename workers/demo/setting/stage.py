"""Everything that a demo needs, on loopback: servers, sandboxes, every process of the Procfile, their settings."""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import time
import tomllib
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from shlex import quote
from types import TracebackType
from typing import Literal, Self

import requests

from workers.config import Misconfigured
from workers.demo.reconciliation.stock import IssuePoint
from workers.demo.setting import acs_settings, clarus_automations
from workers.demo.setting.buildings import GXO
from workers.demo.setting.fleet_toml import Chosen, settings_text
from workers.demo.setting.gxo_settings import CLIENT, HOST_KEY, SftpDoor, make_door
from workers.demo.setting.stand_ins import Partners, StandIns
from workers.embedded import run_file
from workers.embedded.folder import free_ports
from workers.embedded.postgres import EmbeddedPostgres
from workers.embedded.redis import EmbeddedRedis
from workers.embedded.supervision import Fleet
from workers.ledger.migrate import migrate
from workers.ledger.store import Store
from workers.spine.live import set_live

SECRETS = ("CLARUS_CLIENT_SECRET", "CLARUS_WEBHOOK_TOKEN", "KHAOS_CHANNEL_PASSWORD", "KHAOS_COURIER_PASSWORD",
           acs_settings.PASSWORD, acs_settings.EVENT_KEY)  # fmt: skip
ROOT = Path(__file__).parents[3]


@dataclass
class Stage:
    """The demo's world. As a context manager it leaves no process behind."""

    folder: Path
    seed: int = 1
    sku_limit: float = 30.0
    level: Literal["available", "in_stock"] = "available"
    issue_on: IssuePoint = "issue"
    lively: Mapping[str, Sequence[str]] = field(default_factory=dict)
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
        khaos, clarus, gxo, sftp, acs, acs_sftp, web, flower = free_ports(8)
        self.khaos_url = f"http://127.0.0.1:{khaos}/KhaosSandbox.exe"
        self.khaos, self.clarus = f"http://127.0.0.1:{khaos}", f"http://127.0.0.1:{clarus}"
        self.gxo, self.acs = f"http://127.0.0.1:{gxo}", f"http://127.0.0.1:{acs}"
        self.web, self.flower = f"http://127.0.0.1:{web}", f"http://127.0.0.1:{flower}"
        self.flower_login = f"fleet:{secrets.token_urlsafe(9)}"
        self.courier_folder = self.folder / "courier"
        self.courier_folder.mkdir()
        door, doors = make_door(self.folder, sftp), acs_settings.make_doors(self.folder, acs, acs_sftp)
        chosen = Chosen(
            khaos=self.khaos_url,
            clarus_port=clarus,
            gxo=door,
            acs=doors,
            web_port=web,
            courier_folder=str(self.courier_folder),
            sku_limit=self.sku_limit,
            level=self.level,
            issue_on=self.issue_on,
            lively=self.lively,
            first_automation=clarus_automations.FIRST,
        )
        settings = settings_text(chosen)
        (self.folder / "fleet.toml").write_text(settings, encoding="utf-8")
        self.environment = {
            "DATABASE_URL": self.postgres.start(),
            "BROKER_URL": self.redis.start(),
            "FLEET_CONFIG": str(self.folder / "fleet.toml"),
            "FLEET_ENVIRONMENT": "demo",
            "WEB_HOST": "127.0.0.1",
            "WEB_PORT": str(web),
            "FLOWER_HOST": "127.0.0.1",
            "FLOWER_PORT": str(flower),
            "FLOWER_BASIC_AUTH": self.flower_login,
            **{name: secrets.token_urlsafe(24) for name in SECRETS},
        }
        os.environ.update(self.environment)
        migrate(self.environment["DATABASE_URL"])
        with closing(Store(self.environment["DATABASE_URL"], size=1, application="fleet demo")) as store:
            set_live(store, tomllib.loads(settings)["connections"], "fleet demo")  # they hold nothing yet
        self._start_processes(khaos, clarus, gxo, door, doors)
        stand_ins = StandIns(khaos=self.khaos, clarus=self.clarus, gxo=self.gxo, acs=self.acs)
        self.partners = Partners(stand_ins, self.web, self.environment)
        self.partners.set_up(level=self.level, issue_on=self.issue_on)
        self._wait(f"{self.web}/health")

    def _start_processes(self, khaos: int, clarus: int, gxo: int, door: SftpDoor, acs: acs_settings.AcsDoors) -> None:
        python, secret = "python -m adapters", "$CLARUS_CLIENT_SECRET"
        offers = "--confirm-shipment --post-stock-journal"
        sandboxes = [
            f"sandbox-khaos: {python}.khaos.sandbox --port {khaos} --seed {self.seed} {offers}",
            f"sandbox-clarus: {python}.clarus.sandbox --port {clarus} --seed {self.seed} --secret={secret}",
            f"sandbox-gxo: {python}.gxo.sandbox --port {door.port} --control-port {gxo} --seed {self.seed} "
            f"--client {CLIENT} --key {quote(door.own_public)} --host-key {quote(str(door.folder / HOST_KEY))} "
            f"--root {quote(str(door.folder / 'gxo'))} " + " ".join(f"--facility {house.facility}" for house in GXO),
            acs_settings.start_line(acs, self.seed),
        ]
        procfile = self.folder / "Procfile"
        procfile.write_text(
            (ROOT / "Procfile").read_text(encoding="utf-8") + "\n".join(sandboxes) + "\n", encoding="utf-8"
        )
        environment = {**self.environment, "PYTHONPATH": str(ROOT)}
        self.fleet = Fleet(procfile, environment, self.folder / "run", stop_patience=10)
        self.fleet.start()
        self._wait(*(f"{base}/_sandbox/health" for base in (self.khaos, self.clarus, self.gxo, self.acs)))

    @staticmethod
    def _wait(*urls: str, seconds: float = 180.0) -> None:
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
        run_file.forget_running()
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
            "gxo_sandbox": self.gxo,
            "acs_sandbox": self.acs,
        }
        run_file.note_running(told)
