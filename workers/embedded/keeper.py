"""A program that lives in a folder with a keeper: started once, found again by its address, ended with its owner.

The keeper is a small process of its own. It starts the program, starts it again when it dies, and
ends it when the owner dies (SIGKILL included) or when it is told to stop. If the keeper itself is
killed, the kernel tells the program to stop.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from workers.embedded.folder import keeper, log_tail, open_log, prepare, read_or_none, take_lock, write_private
from workers.embedded.parent_death import alive, birth, until

PROJECT = Path(__file__).parents[2]
START_PATIENCE = 60.0  # seconds: a first start writes a database and may copy its programs
LOOK_AT_OWNER = 0.25  # seconds
DEATHS, WITHIN = 5, 60.0  # a program that dies this often in so many seconds is left dead


class NotStarted(Exception):
    """An embedded program did not come up. The message holds the end of its log."""


@dataclass(slots=True)
class Resident:
    """The owner's side: how to bring one program up in ``folder``, and how to end it."""

    folder: Path
    address_file: str
    module: str
    answers: Callable[[str], bool]
    stop_patience: float = 60.0
    environment: Mapping[str, str] | None = None
    _child: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        """Make the folder."""
        self.folder = prepare(self.folder)

    @property
    def address(self) -> str | None:
        """The address at which the program answers now; None when it does not."""
        noted = read_or_none(self.folder / self.address_file)
        return noted if noted and keeper(self.folder) and self.answers(noted) else None

    def start(self) -> str:
        """The address of the live program; starts it when there is none. Raises ``NotStarted``."""
        running = self.address
        if running:
            return running
        log = open_log(self.folder / "keeper.log")
        try:
            child = subprocess.Popen(
                [sys.executable, "-m", self.module, str(self.folder), "--owner", str(os.getpid())],
                cwd=PROJECT,
                env=None if self.environment is None else dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C in a terminal is the owner's to handle
            )
        finally:
            os.close(log)
        if until(lambda: self.address is not None or child.poll() is not None, START_PATIENCE):
            running = self.address
        if running:
            if child.poll() is None:
                self._child = child
            return running
        child.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(self.stop_patience)
        child.kill()
        child.wait()
        raise NotStarted(f"{self.module} did not come up. {self.folder / 'keeper.log'} ends:\n{self._tail()}")

    def _tail(self) -> str:
        return log_tail(self.folder / "keeper.log")

    def stop(self) -> None:
        """End the program, whoever started it; returns when it is gone. Raises ``TimeoutError``."""
        pid = keeper(self.folder)
        if pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
            if not until(lambda: self._gone(pid), self.stop_patience):
                raise TimeoutError(
                    f"process {pid} of {self.module} has not stopped in {self.stop_patience:g} s: "
                    f"see {self.folder / 'keeper.log'}, then end it with `kill -9 {pid}`"
                )
        self.let_go()

    def _gone(self, pid: int) -> bool:
        if self._child is not None and self._child.pid == pid:
            return self._child.poll() is not None
        return not alive(pid)

    def let_go(self) -> None:
        """Read how the keeper ended, if this process started it, so that no zombie stays."""
        if self._child is not None and self._child.poll() is not None:
            self._child = None

    @property
    def ours(self) -> bool:
        """Whether this object started the program that runs now."""
        return self._child is not None and self._child.poll() is None


@dataclass(frozen=True, slots=True)
class Program:
    """The keeper's side: how to launch the program, ask it to stop and know that it is up.

    ``launch`` returns the process and the address to publish; ``ready`` is asked until it is true;
    ``stop_signal`` ends it in order, within ``stop_patience`` seconds before it is killed.
    """

    launch: Callable[[], tuple[subprocess.Popen[bytes], str]]
    ready: Callable[[subprocess.Popen[bytes]], bool]
    stop_signal: signal.Signals
    stop_patience: float = 30.0


def keep(folder: Path, address_file: str, program: Callable[[], Program], owner: int) -> int:
    """Be the keeper: run ``program`` in ``folder`` until ``owner`` dies or SIGTERM or SIGINT comes.

    Returns the exit status: 0 when it ended in order, 1 when the program kept dying or never came up.
    """
    stopping = threading.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, lambda *_: stopping.set())
    born = birth(owner)

    def over() -> bool:
        return stopping.is_set() or not alive(owner) or birth(owner) != born

    lock = take_lock(folder, START_PATIENCE)
    if lock is None:
        sys.stderr.write(f"{folder} is kept by process {keeper(folder)}: stop that first\n")
        return 1
    write_private(folder / "keeper.pid", f"{os.getpid()}\n")
    address = folder / address_file
    address.unlink(missing_ok=True)  # of a keeper that was killed
    deaths: list[float] = []
    try:
        while not over():
            status = _live_once(address, program(), over, stopping)
            if status is None:
                return 0
            now = time.monotonic()
            deaths = [d for d in deaths if now - d < WITHIN] + [now]
            sys.stderr.write(f"the program ended with status {status}\n")
            if len(deaths) >= DEATHS:
                sys.stderr.write(f"it ended {DEATHS} times in {WITHIN:g} s: left down\n")
                return 1
            stopping.wait(LOOK_AT_OWNER * len(deaths))
        return 0
    finally:
        address.unlink(missing_ok=True)
        (folder / "program.pid").unlink(missing_ok=True)
        (folder / "keeper.pid").unlink(missing_ok=True)
        os.close(lock)


def _live_once(published: Path, program: Program, over: Callable[[], bool], stopping: threading.Event) -> int | None:
    """One life of the program: None when it was ended in order, else its exit status."""
    process, address = program.launch()
    try:
        while not program.ready(process):
            if over() or process.poll() is not None:
                return process.poll()
            stopping.wait(0.02)
        write_private(published.with_name("program.pid"), f"{process.pid}\n")
        write_private(published, address + "\n")
        while not over() and process.poll() is None:
            stopping.wait(LOOK_AT_OWNER)
        return process.poll()
    finally:
        _end(process, program)


def _end(process: subprocess.Popen[bytes], program: Program) -> None:
    if process.poll() is None:
        process.send_signal(program.stop_signal)
        try:
            process.wait(program.stop_patience)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
