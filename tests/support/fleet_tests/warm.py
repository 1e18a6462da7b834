"""Programs of the product as processes of their own, forked from one that has imported them: a start costs no import.

They run as from a fresh interpreter: with an environment, a folder, arguments and files of their own; they end by
themselves, with their exit code. One process of the tests has one such parent, which ends with it.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import pkgutil
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import IO, Any

COMMAND = "workers.cli.main:main"
WEB = "workers.web.serving:main"
NAMES = {COMMAND: "fleet"}  # of programs that their users call otherwise than by their module
MODULES = {  # what `python -m` runs of them
    "celery": "celery.__main__:main",
    "adapters.khaos.sandbox": "adapters.khaos.sandbox.__main__:main",
    "adapters.clarus.sandbox": "adapters.clarus.sandbox.__main__:main",
}
PACKAGES = ("workers.cli", "workers.web", "workers.views", "workers.cases", "workers.wiring")
PROGRAMS = ("workers.web.serving", "adapters.khaos.sandbox.app", "adapters.clarus.sandbox.app")
BESIDE = (  # what they import when they run
    *("uvicorn.loops.auto", "uvicorn.lifespan.on", "rich.markdown"),
    *(
        "celery.bin.celery",
        "celery.apps.worker",
        "celery.apps.beat",
        "celery.concurrency.thread",
        "kombu.transport.redis",
    ),
)
ONE_MESSAGE = 1 << 20  # bytes: an environment and arguments
STATUS = struct.Struct("i")


class Warm:
    """A process that runs ``program``: a module and the function in it that reads ``sys.argv``. As ``Popen``."""

    def __init__(
        self, program: str, arguments: Sequence[str], *, env: Mapping[str, str], cwd: Path, stdin: int, stdout: int,
        stderr: int,
    ) -> None:  # fmt: skip
        """The three files are those of the process; the caller closes its own."""
        asked = json.dumps([program, list(arguments), dict(env), str(cwd)]).encode()
        self._told, write = os.pipe()
        try:
            socket.send_fds(_parent(), [asked], [stdin, stdout, stderr, write])
        finally:
            os.close(write)
        self.pid: int = STATUS.unpack(os.read(self._told, STATUS.size))[0]
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """The exit code once it has ended, negative for a signal."""
        try:
            return self.wait(0.0)
        except subprocess.TimeoutExpired:
            return None

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end; its exit code. Raises TimeoutExpired."""
        if self.returncode is None:
            ready, _, _ = select.select([self._told], [], [], timeout)
            if not ready:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0.0)
            self.returncode = os.waitstatus_to_exitcode(STATUS.unpack(os.read(self._told, STATUS.size))[0])
            os.close(self._told)
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)


def run(
    program: str,
    arguments: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: Path,
    typed: str = "",
    timeout: float = 120.0,
) -> tuple[int, str, str]:
    """Run a program to its end with ``typed`` as its input: its exit code, and what it wrote to stdout and stderr."""
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        given.write(typed.encode())
        given.seek(0)
        ran = Warm(program, arguments, env=env, cwd=cwd, stdin=given.fileno(), stdout=out.fileno(), stderr=err.fileno())
        try:
            code = ran.wait(timeout)
        except subprocess.TimeoutExpired:
            ran.kill()
            raise
        return code, _all(out), _all(err)


def _all(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode()


@cache
def _parent() -> socket.socket:
    """Our end of the parent's socket. The parent is started once, and ends when this process closes it or ends."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    for end in (ours, theirs):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, ONE_MESSAGE)
    found = [str(Path(__file__).parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])]
    process = subprocess.Popen(
        [sys.executable, "-m", "fleet_tests.warm", str(theirs.fileno())], pass_fds=[theirs.fileno()],
        stdin=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": os.pathsep.join(found)},
    )  # fmt: skip
    theirs.close()
    atexit.register(_end, ours, process)
    return ours


def _end(ours: socket.socket, process: subprocess.Popen[bytes]) -> None:
    ours.close()
    process.wait(30)


def _import_all() -> None:
    for package in PACKAGES:
        for found in pkgutil.walk_packages(import_module(package).__path__, f"{package}."):
            import_module(found.name)
    for name in (*PROGRAMS, *BESIDE):
        import_module(name)


def _serve(door: socket.socket) -> Callable[[], object] | None:
    """Fork whatever is asked for. Returns the work in a child that was forked, None when nobody asks any more."""
    while True:
        asked, files, _, _ = socket.recv_fds(door, ONE_MESSAGE, 4)
        if not asked:
            return None
        _reap()
        if os.fork() == 0:  # it looks after one process, for as long as that runs
            return _look_after(door, json.loads(asked), files)
        for file in files:
            os.close(file)


def _reap() -> None:
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def _look_after(door: socket.socket, asked: list[Any], files: list[int]) -> Callable[[], object]:
    *own, told = files
    door.close()
    pid = os.fork()
    if pid:
        for file in own:
            os.close(file)
        os.write(told, STATUS.pack(pid))
        _, status = os.waitpid(pid, 0)
        with suppress(BrokenPipeError):  # nobody waits for it any more
            os.write(told, STATUS.pack(status))
        os._exit(0)
    os.close(told)
    for number, file in enumerate(own):
        os.dup2(file, number)
        os.close(file)
    program, arguments, environment, folder = asked
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    os.chdir(folder)
    module, _, function = program.partition(":")
    sys.argv = [NAMES.get(program, module), *arguments]
    sys.modules["__main__"] = ModuleType("__main__")  # else usage would name this module as the program
    signal.signal(signal.SIGINT, signal.default_int_handler)
    work: Callable[[], object] = getattr(import_module(module), function)
    return work


def main() -> None:
    """Be the parent, and in each child what was asked for."""
    door = socket.socket(fileno=int(sys.argv[1]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C in the terminal is for the tests, which close the door
    _import_all()
    gc.collect()
    gc.freeze()
    work = _serve(door)
    if work is not None:
        work()


if __name__ == "__main__":
    main()
