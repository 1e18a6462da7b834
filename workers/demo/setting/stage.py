"""Everything that a demo needs, on loopback: servers, sandboxes, every process of the Procfile, their settings."""

from __future__ import annotations

import fcntl
import os
import shutil
import tomllib
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from workers.access import accounts, tokens
from workers.access.roles import Role
from workers.access.tokens import Scope
from workers.config import Misconfigured
from workers.demo.setting import on_call
from workers.demo.setting.loopback import Loopback, Setting, await_answer
from workers.demo.setting.stand_ins import Partners
from workers.embedded import run_file
from workers.embedded.postgres import EmbeddedPostgres
from workers.embedded.redis import EmbeddedRedis
from workers.embedded.supervision import Fleet
from workers.ledger.migrate import migrate
from workers.ledger.store import Store
from workers.spine.live import set_live

ROOT = Path(__file__).parents[3]


@dataclass
class Stage:
    """The demo's world. As a context manager it leaves no process behind."""

    folder: Path
    setting: Setting = field(default_factory=Setting)
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
        self.on_call = on_call.OnCall(self.folder)
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
        self.at = Loopback(self.folder, self.setting)
        with self.at.settings.open("a", encoding="utf-8") as settings:
            settings.write(on_call.SETTINGS)
        redis_url = self.redis.start()
        self.environment = {
            "DATABASE_URL": self.postgres.start(),
            "BROKER_URL": self.setting.broker or redis_url,
            "REDIS_URL": redis_url,
            **self.at.environment,
            **self.on_call.environment,
        }
        os.environ.update(self.environment)
        migrate(self.environment["DATABASE_URL"])
        with closing(Store(self.environment["DATABASE_URL"], size=1, application="fleet demo")) as store:
            connections = tomllib.loads(self.at.settings.read_text(encoding="utf-8"))["connections"]
            set_live(store, connections, "fleet demo")  # they hold nothing yet
            # everything is on loopback and ends with the demo, so one password opens the desk
            self.login = accounts.add(store, "demo", frozenset(Role), second_factor=False)
            self.partners.advice_token = tokens.add(store, "customer-service", Scope.RETURNS_ADVICE)[1]
        procfile = self.folder / "Procfile"
        lines = [(ROOT / "Procfile").read_text(encoding="utf-8").rstrip("\n"), *self.at.lines]
        procfile.write_text("\n".join(lines) + "\n", encoding="utf-8")
        environment = {**self.environment, "PYTHONPATH": str(ROOT)}
        self.fleet = Fleet(procfile, environment, self.folder / "run", stop_patience=10)
        self.fleet.start()
        self.at.set_up()
        await_answer(f"{self.at.web}/health")

    @property
    def partners(self) -> Partners:
        """The stand-ins, for what people there do."""
        return self.at.partners

    def close(self) -> None:
        """End every process, in the order that loses nothing."""
        if self.fleet is not None:
            self.fleet.stop()
            self.fleet = None
        self.redis.stop()
        self.postgres.stop()
        self.on_call.close()
        run_file.forget_running()
        self._lock.close()

    def note_addresses(self) -> None:
        """Leave word for other `fleet` commands of where this runs."""
        told = {
            "database_url": self.environment["DATABASE_URL"],
            "broker_url": self.environment["BROKER_URL"],
            "fleet_config": self.environment["FLEET_CONFIG"],
            "environment": self.environment,
            "web": self.at.web,
            "web_login": {"name": self.login.name, "password": self.login.password},
            "flower": self.at.flower,
            **self.at.addresses(),
        }
        run_file.note_running(told)
