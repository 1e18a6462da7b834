"""The bench's world on loopback: servers, settings, and crews of real workers, frozen while others are measured."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import requests

from workers.bench import cost, trade
from workers.bench.answers import DELAY
from workers.embedded.folder import free_ports
from workers.embedded.parent_death import die_with_parent, until
from workers.embedded.postgres import EmbeddedPostgres
from workers.embedded.procfile import read_procfile
from workers.embedded.redis import EmbeddedRedis
from workers.ledger.migrate import migrate
from workers.ledger.store import Store

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0  # seconds for a process to come up or to end
FLEET_TOML = """
[fleet]
[fleet.intervals]
orders = 86400.0
catalogue = 86400.0
read_back = 86400.0
sweep = 86400.0
reference_data = 86400.0

[connections.khaos]
system = "khaos"
url = "http://{host}:{port}/none"
rate = "off"

[connections.leeds]
system = "clarus"
base_url = "http://{host}:{port}"
subdomain = "bench"
account = "BENCH"
client_id = "bench"
client_secret = "env:BENCH_SECRET"
webhook_token = "env:BENCH_SECRET"
sites = {{ LDS1 = "Main Site" }}
rate = "off"
concurrency = 24
deadline = 10.0
partner_timeout = 10.0

[connections.slow]
system = "clarus"
base_url = "http://{host}:{port}/slow"
subdomain = "bench"
account = "BENCH"
client_id = "bench"
client_secret = "env:BENCH_SECRET"
webhook_token = "env:BENCH_SECRET"
sites = {{ SLW1 = "Slow Site" }}
rate = "off"
concurrency = 50

[[routing]]
name = "the warehouse that takes its time"
when = {{ site = ["Slow Site"] }}
to = "slow"
facility = "SLW1"

[[routing]]
name = "all else"
to = "leeds"
facility = "LDS1"
"""


@dataclass
class Crew:
    """Some processes that work together. Frozen, they cost nothing and keep what they have."""

    name: str
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def pids(self) -> list[int]:
        """The processes that were started; their children are found from them."""
        return [process.pid for process in self.processes]

    def _signal(self, sign: signal.Signals) -> None:
        for pid in self.pids:
            for member in cost.family(pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(member, sign)

    def freeze(self) -> None:
        """Stop the clock for them."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Go on."""
        self._signal(signal.SIGCONT)

    def end(self) -> None:
        """Ask them to end, wait, and insist."""
        self.thaw()
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@dataclass
class Stage:
    """Postgres, Redis and the static warehouse. As a context manager it leaves no process behind."""

    folder: Path
    host: str = "127.0.0.1"  # by which the workers reach the warehouse
    delay: float = DELAY  # seconds that the slow one takes

    def __enter__(self) -> Self:
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True, mode=0o700)
        self.postgres = EmbeddedPostgres(self.folder / "postgres")
        self.redis = EmbeddedRedis(self.folder / "redis")
        self.crews: list[Crew] = []
        self._logs: list[IO[bytes]] = []
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

    def _start(self) -> None:
        (self.port,) = free_ports(1)
        self.warehouse = f"http://127.0.0.1:{self.port}"
        toml = self.folder / "fleet.toml"
        toml.write_text(FLEET_TOML.format(host=self.host, port=self.port), encoding="utf-8")
        dsn, broker = self.postgres.start(), self.redis.start()
        self.environment = {
            "DATABASE_URL": dsn,
            "BROKER_URL": broker,
            "FLEET_CONFIG": str(toml),
            "FLEET_ENVIRONMENT": "bench",
            "SENTRY_DSN": "",
            "BENCH_SECRET": "a-secret-of-the-bench",
            "BARE_BROKER_URL": broker.removesuffix("/0") + "/1",
            "BARE_BODY": str(self.folder / "body.json"),
            "BARE_URL": self.warehouse,
            "PYTHONPATH": str(ROOT),
            cost.POSTGRES: str(self.postgres.pid or ""),
        }
        os.environ.update(self.environment)
        migrate(dsn)
        self.store = Store(dsn, size=8, application="fleet bench")
        self.answers = self.crew(
            "answers", [f"python -m workers.bench.answers --port {self.port} --delay {self.delay}"]
        )
        if not until(self._answers, PATIENCE):
            raise TimeoutError(f"the static warehouse does not answer; see {self.folder / 'log'}")
        trade.stock(self.store)

    def _answers(self) -> bool:
        with contextlib.suppress(requests.RequestException):
            return requests.get(f"{self.warehouse}/count/", timeout=2).ok
        return False

    def count(self, prefix: str) -> dict[str, int]:
        """What the warehouse has seen of references with ``prefix``: ``orders``, ``posts``, ``doubled``."""
        told: dict[str, int] = requests.get(f"{self.warehouse}/count/{prefix}", timeout=30).json()
        return told

    def crew(self, name: str, commands: Sequence[str], **environment: str) -> Crew:
        """Start processes; each is named and logged after its crew and its place in it."""
        crew = Crew(name)
        self.crews.append(crew)
        (self.folder / "log").mkdir(exist_ok=True)
        path = str(Path(sys.executable).parent) + os.pathsep + os.environ.get("PATH", os.defpath)
        for number, command in enumerate(commands, 1):
            log = (self.folder / "log" / f"{name}-{number}.log").open("wb")
            self._logs.append(log)
            crew.processes.append(
                subprocess.Popen(
                    ["/bin/sh", "-c", f"exec {command}"],
                    cwd=ROOT,
                    env={
                        **os.environ,
                        "PATH": path,
                        **self.environment,
                        "FLEET_PROCESS": f"{name}-{number}",
                        **environment,
                    },
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    # SIGKILL: a frozen one would never hear of another
                    preexec_fn=die_with_parent(signal.SIGKILL),  # noqa: PLW1509  started from the main thread only
                )
            )
        return crew

    def up(self, processes: int, patience: float = PATIENCE) -> None:
        """Wait until so many of the fleet's processes beat. Raises TimeoutError."""

        def beating() -> bool:
            row = self.store.row("select count(*) as n from process where beat_at > now() - interval '12 seconds'")
            return bool(row and row["n"] >= processes)

        if not until(beating, patience):
            raise TimeoutError(f"the workers did not come up in {patience:g} s; see {self.folder / 'log'}")

    @property
    def server_pids(self) -> dict[str, list[int]]:
        """The servers' processes, by name."""
        return {
            "postgres": [pid for pid in [self.postgres.pid] if pid],
            "redis": [pid for pid in [self.redis.pid] if pid],
            "warehouse": self.answers.pids,
        }

    def close(self) -> None:
        """End every process."""
        for crew in reversed(self.crews):
            crew.end()
        for log in self._logs:
            log.close()
        if "store" in self.__dict__:
            self.store.close()
        self.redis.discard()
        self.postgres.discard()


def command(line: str, threads: int, app: str = "workers.app") -> str:
    """A line of the Procfile with another number of threads."""
    known: dict[str, Any] = {found.name: found.command for found in read_procfile(ROOT / "Procfile")}
    words = known[line].split()
    if "-c" in words:
        words[words.index("-c") + 1] = str(threads)
    if "-A" in words:
        words[words.index("-A") + 1] = app
    return " ".join(words)
