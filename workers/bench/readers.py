"""People who read the desk while orders are delivered: some who think between pages, and one who does not.

``python -m workers.bench.readers ADDRESS COOKIE SESSIONS FOLDER``: reads while the folder has a file ``reading``,
the last session without a pause, and writes its figures to ``readers.json`` when it is asked to end.
"""

from __future__ import annotations

import json
import random
import signal
import sys
import threading
import time
from pathlib import Path

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

PAGES = (
    *("/", "/exceptions", "/exceptions?owner=operations", "/exceptions/all", "/exceptions/17", "/orders"),
    *("/orders?list=late", "/orders?list=stuck", "/search?q=G000000012", "/search?q=TRK77", "/stock", "/worklists"),
    *("/stock/BENCH%2F001%20BLUE", "/returns", "/journal", "/files", "/flows"),
)
THINK = (4.0, 12.0)  # seconds between two pages of one person


class Reader(threading.Thread):
    """One person at a browser."""

    def __init__(self, address: str, cookie: tuple[str, str], go: Path, seed: int, think: tuple[float, float]) -> None:
        """``go`` is the file while which they read; ``think`` is the least and the most that they pause."""
        super().__init__(daemon=True, name=f"reader {seed}")
        self._address, self._go, self._think = address, go, think
        self._dice = random.Random(seed)  # noqa: S311  who reads what, no secret
        self._line = requests.Session()
        self._line.cookies.set(*cookie)
        self._line.mount("http://", HTTPAdapter(max_retries=Retry(2)))  # as browsers do: a kept connection may be over
        self.taken: list[float] = []
        self.refused = 0  # pages that were not shown: there should be none

    def run(self) -> None:
        """Read one page after the other."""
        while True:
            time.sleep(self._dice.uniform(*self._think))
            if not self._go.exists():
                time.sleep(0.1)
                continue
            began = time.monotonic()
            answer = self._line.get(self._address + self._dice.choice(PAGES), timeout=60)
            if answer.status_code == requests.codes.ok:
                self.taken.append(1000 * (time.monotonic() - began))
            else:
                self.refused += 1


def told(taken: list[float]) -> dict[str, float]:
    """Milliseconds: the middle one, the one that 95 of a hundred stay below, the slowest; and how many there were."""
    if not taken:
        return {"pages": 0}
    listed = sorted(taken)
    return {
        "p50": round(listed[len(listed) // 2], 1),
        "p95": round(listed[int(0.95 * (len(listed) - 1))], 1),
        "slowest": round(listed[-1], 1),
        "pages": len(listed),
    }


def main(address: str, cookie: str, sessions: str, folder: str) -> None:
    """Read until the process is asked to end."""
    go = Path(folder) / "reading"
    values = sessions.split(",")
    readers = [
        Reader(address, (cookie, value), go, seed, THINK if seed < len(values) - 1 else (0.0, 0.0))
        for seed, value in enumerate(values)
    ]
    for reader in readers:
        reader.start()
    signal.sigwait({signal.SIGTERM})
    people = [taken for reader in readers[:-1] for taken in reader.taken]
    refused = sum(reader.refused for reader in readers)
    figures = {"people": told(people), "without_a_pause": told(readers[-1].taken), "refused": refused}
    (Path(folder) / "readers.json").write_text(json.dumps(figures), encoding="utf-8")


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})  # of all threads: the main one waits for it
    main(*sys.argv[1:])
