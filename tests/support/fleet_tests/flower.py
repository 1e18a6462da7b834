"""A real Flower process, and what a person sees in it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import requests

from fleet_tests.places import ROOT
from workers.embedded.folder import free_ports

LOGIN = ("someone", "a-long-password")


class Shown:
    """What a person sees in Flower."""

    def __init__(self, folder: Path, broker: str) -> None:
        (port,) = free_ports(1)
        self.url = f"http://127.0.0.1:{port}"
        toml = (ROOT / "deploy" / "fleet.example.toml").read_text()
        (folder / "fleet.toml").write_text(toml)
        self.environment = {
            **os.environ, "BROKER_URL": broker, "FLEET_CONFIG": str(folder / "fleet.toml"), "PYTHONPATH": str(ROOT),
            "FLOWER_BASIC_AUTH": ":".join(LOGIN), "SENTRY_DSN": "",
        }  # fmt: skip
        self.folder, self.port = folder, port
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with (self.folder / "flower.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "workers.flower_page", f"--port={self.port}", "--address=127.0.0.1"],
                env=self.environment, cwd=self.folder, stdout=log, stderr=log,
            )  # fmt: skip
        until(lambda: self.answers("/healthcheck"))

    def stop(self) -> None:
        if self.process:
            self.process.terminate()
            self.process.wait(30)

    def answers(self, path: str) -> bool:
        try:
            return requests.get(self.url + path, auth=LOGIN, timeout=5).ok
        except requests.ConnectionError:
            return False

    def page(self, path: str) -> str:
        return requests.get(self.url + path, auth=LOGIN, timeout=10).text

    def lengths(self) -> dict[str, str]:
        """The lengths that Flower's page of queues shows."""
        cells = r"<td>([a-z.-]+)</td>\s*<td[^>]*>\s*(\S*?)\s*</td>"
        return dict(re.findall(cells, self.page("/broker")))

    def failed(self) -> dict[str, str]:
        """Failed tasks, as Flower's API lists them: the queue of each."""
        tasks = requests.get(f"{self.url}/api/tasks?state=FAILURE", auth=LOGIN, timeout=10).json()
        return {uuid: task["name"] for uuid, task in tasks.items()}


def until(there: Callable[[], object]) -> None:
    ends = time.monotonic() + 60
    while not there():
        assert time.monotonic() < ends, "it did not come"
        time.sleep(0.2)
