"""Workers and the web process from one process that has imported everything: all share that memory.

``python -m workers.forked NAME:THREADS=QUEUE,QUEUE … web=HOST:PORT`` is the line of ``Procfile.small``. A child that
dies is forked again; told to stop, the parent hands that on, and each child ends as it does by itself.
"""

from __future__ import annotations

import gc
import os
import re
import signal
import sys
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from types import FrameType

from workers import config
from workers.embedded.parent_death import die_with_parent

AGAIN_AFTER = 2.0  # seconds until a child that died is forked again
WARM = (
    *("workers.app", "celery.bin.celery", "celery.apps.worker", "celery.concurrency.thread", "kombu.transport.redis"),
    *("workers.web.app", "workers.web.serving"),
)
WORKER = re.compile(r"(?P<name>[A-Za-z0-9_-]+):(?P<threads>[1-9][0-9]*)=(?P<queues>[a-z.,-]+)")
WEB = re.compile(r"web=(?P<host>\S+):(?P<port>[0-9]+)")


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker: its name in the ledger and in Flower, its threads, and the queues that it takes from."""

    name: str
    threads: int
    queues: str

    def run(self) -> None:
        """Work until told to stop."""
        import_module("workers.app").app.worker_main(
            [
                *("worker", "-Q", self.queues, "-P", "threads", "-c", str(self.threads), "-n", f"{self.name}@%h"),
                *("--without-gossip", "--without-mingle", "--heartbeat-interval", "10"),
            ]
        )


@dataclass(frozen=True, slots=True)
class Web:
    """The web process and the address that it is bound to."""

    host: str
    port: int
    name: str = "web"

    def run(self) -> None:
        """Serve until told to stop."""
        import_module("workers.web.serving").serve(self.host, self.port)


Child = Worker | Web


def read_children(words: Sequence[str]) -> list[Child]:
    """The processes that a line names. Raises SystemExit with what to write."""
    children: list[Child] = []
    for word in words:
        if match := WORKER.fullmatch(word):
            children.append(Worker(match["name"], int(match["threads"]), match["queues"]))
        elif match := WEB.fullmatch(word):
            children.append(Web(match["host"].strip("[]"), int(match["port"])))
        else:
            sys.exit(f"{word}: write NAME:THREADS=QUEUE,QUEUE, for example control:8=control, or web=127.0.0.1:8600")
    if not children:
        sys.exit("name at least one process: NAME:THREADS=QUEUE,QUEUE, for example control:8=control")
    return children


class Parent:
    """Forks the children, forks those again that die, and ends them all when it is told to."""

    def __init__(self, children: Sequence[Child]) -> None:
        self._waiting = list(children)
        self._running: dict[int, Child] = {}
        self._over = False

    def run(self) -> int:
        """Run until told to stop. Returns the exit status."""
        for sign in (signal.SIGTERM, signal.SIGINT):
            signal.signal(sign, self._stop)
        while self._waiting or self._running:
            while self._waiting and not self._over:
                self._fork(self._waiting.pop())
            pid, status = os.wait()
            child = self._running.pop(pid, None)
            if child is None or self._over:
                continue
            sys.stderr.write(f"{child.name} ended with {os.waitstatus_to_exitcode(status)}; it is started again\n")
            time.sleep(AGAIN_AFTER)
            if not self._over:
                self._waiting.append(child)
        return 0

    def _fork(self, child: Child) -> None:
        follow = die_with_parent(signal.SIGTERM)
        pid = os.fork()
        if pid:
            self._running[pid] = child
            if self._over:  # told to stop at this very moment
                os.kill(pid, signal.SIGTERM)
            return
        os.setpgid(0, 0)  # a signal to the group reaches the parent alone, which hands it on once
        follow()
        for sign in (signal.SIGTERM, signal.SIGINT):
            signal.signal(sign, signal.SIG_DFL)
        os.environ["FLEET_PROCESS"] = child.name
        config.environment.cache_clear()
        try:
            child.run()
        except SystemExit as ended:
            os._exit(ended.code if isinstance(ended.code, int) else 0)
        except BaseException:  # noqa: BLE001  a child never goes on as its parent
            traceback.print_exc()
            os._exit(1)
        os._exit(0)

    def _stop(self, _sign: int, _frame: FrameType | None) -> None:
        self._over = True
        self._waiting.clear()
        for pid in self._running:
            os.kill(pid, signal.SIGTERM)


def main() -> int:
    """Import what the children need, and fork them."""
    children = read_children(sys.argv[1:])
    for module in WARM:
        import_module(module)
    gc.collect()
    gc.freeze()  # what is collected later was allocated later: the shared pages stay shared
    return Parent(children).run()


if __name__ == "__main__":
    sys.exit(main())
