"""Runs a Procfile's lines on one machine, and answers for them: who is up, restart this one, end them all.

supervisord restarts what dies. It is kept like the embedded servers are: it ends with its owner.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import subprocess
import sys
import xmlrpc.client
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Self

from supervisor.xmlrpc import SupervisorTransport

from workers.embedded import folder as embedded_folder
from workers.embedded.keeper import NotStarted, Program, Resident, keep
from workers.embedded.parent_death import adopt_orphans, die_with_parent, end_children, until
from workers.embedded.procfile import read_procfile
from workers.embedded.supervisor_file import GROUP, write_supervisor_file

NOT_RUNNING, ALREADY_STARTED = 70, 60  # supervisor.xmlrpc.Faults
MARGIN = 15  # seconds from the last process's end to supervisord's own


class Fleet:
    """The processes of ``procfile``, each restarted when it dies, for as long as the owner process lives.

    They get this process's environment with ``environment`` laid over it, and ``FLEET_PROCESS``, their
    own name; ``own`` has variables of single lines. They run in the Procfile's folder and write to
    ``<folder>/log/<name>.log``. ``numprocs`` scales a line: three of ``web`` are ``web-1``, ``web-2`` and
    ``web-3``. A process that is told to stop has ``stop_patience`` seconds before it is killed, with its
    process group.
    """

    def __init__(
        self,
        procfile: Path,
        environment: Mapping[str, str],
        folder: Path,
        *,
        numprocs: Mapping[str, int] | None = None,
        stop_patience: int = 30,
        own: Mapping[str, Mapping[str, str]] | None = None,
    ) -> None:
        self.procfile = procfile.resolve()
        self.numprocs = dict(numprocs or {})
        self.stop_patience = stop_patience
        self.own = dict(own or {})
        path = str(Path(sys.executable).parent) + os.pathsep + os.environ.get("PATH", os.defpath)
        self._resident = Resident(
            folder,
            "address",
            "workers.embedded.supervision",
            _answers,
            stop_patience + 2 * MARGIN,
            {**os.environ, "PATH": path, **environment},
        )
        self.folder = self._resident.folder

    def start(self) -> None:
        """Start every line; returns when the supervisor answers, which is before all processes are up.

        Raises ``NotStarted`` when a fleet runs in the folder already, ``BadProcfile`` and ``ValueError``.
        """
        if self._resident.address:
            raise NotStarted(f"a fleet runs in {self.folder} already: stop it first, or use another folder")
        lines = read_procfile(self.procfile)
        socket = write_supervisor_file(
            self.folder, lines, self.numprocs, self.procfile.parent, self.stop_patience, self.own
        )
        embedded_folder.write_private(self.folder / "socket", f"{socket}\n")
        embedded_folder.write_private(self.folder / "stop_patience", f"{self.stop_patience}\n")
        self._resident.start()

    def stop(self) -> None:
        """End every process in at most ``stop_patience`` seconds and a little; none is left after it."""
        self._resident.stop()
        socket = embedded_folder.read_or_none(self.folder / "socket")
        if socket and Path(socket).parent != self.folder:
            with contextlib.suppress(OSError):
                Path(socket).parent.rmdir()

    def processes(self) -> dict[str, tuple[str, int]]:
        """Each process by name: supervisord's word for its state (``RUNNING`` …) and its pid, 0 for none."""
        with self._rpc() as rpc:
            return {p["name"]: (p["statename"], p["pid"]) for p in rpc.supervisor.getAllProcessInfo()}

    def wait_running(self, seconds: float) -> None:
        """Wait until every process is RUNNING. Raises ``TimeoutError`` that names those that are not."""
        if until(lambda: all(state == "RUNNING" for state, _ in self.processes().values()), seconds):
            return
        late = {name: state for name, (state, _) in self.processes().items() if state != "RUNNING"}
        log = self.folder / "log" / f"{next(iter(late), 'supervisord')}.log"
        raise TimeoutError(f"not running after {seconds:g} s: {late}. {log} ends:\n{embedded_folder.log_tail(log)}")

    def kill(self, name: str, sign: signal.Signals = signal.SIGKILL) -> list[int]:
        """Send ``sign`` to a process, or to all of a line; returns their pids. The supervisor restarts them."""
        pids = [pid for pid in self._pids(name).values() if pid]
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, sign)
        return pids

    def halt(self, name: str) -> None:
        """Stop a process, or all of a line, in order, and leave it down."""
        for process in self._pids(name):
            self._call("stopProcess", process, NOT_RUNNING)

    def resume(self, name: str) -> None:
        """Start what ``halt`` stopped."""
        for process in self._pids(name):
            self._call("startProcess", process, ALREADY_STARTED)

    def restart(self, name: str) -> None:
        """Stop and start a process, or those of a line one after the other."""
        for process in self._pids(name):
            self.halt(process)
            self.resume(process)

    def _pids(self, name: str) -> dict[str, int]:
        pids = {process: pid for process, (_, pid) in self.processes().items()}
        count = self.numprocs.get(name, 1)
        wanted = [name] if count == 1 else [f"{name}-{number}" for number in range(1, count + 1)]
        missing = [process for process in wanted if process not in pids]
        if missing:
            raise ValueError(f"no process {', '.join(missing)} runs here: there are {', '.join(sorted(pids))}")
        return {process: pids[process] for process in wanted}

    def _call(self, method: str, process: str, well: int) -> None:
        try:
            with self._rpc() as rpc:
                getattr(rpc.supervisor, method)(f"{GROUP}:{process}")
        except xmlrpc.client.Fault as fault:
            if fault.faultCode != well:
                raise

    @contextlib.contextmanager
    def _rpc(self) -> Iterator[Any]:
        address = embedded_folder.read_or_none(self.folder / "address")
        if address is None:
            raise NotStarted(f"no fleet runs in {self.folder}: start it first")
        with _connect(address) as rpc:
            yield rpc

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def _connect(address: str) -> xmlrpc.client.ServerProxy:
    return xmlrpc.client.ServerProxy("http://localhost", transport=SupervisorTransport(None, None, address))


def _answers(address: str) -> bool:
    try:
        with _connect(address) as rpc:
            state: Any = rpc.supervisor.getState()
    except (OSError, xmlrpc.client.Error):
        return False
    return bool(state["statename"] == "RUNNING")


def program(folder: Path) -> Program:
    """The program by which the keeper of ``folder`` runs supervisord there."""
    patience = int((folder / "stop_patience").read_text())
    address = f"unix://{(folder / 'socket').read_text().strip()}"

    def launch() -> tuple[subprocess.Popen[bytes], str]:
        end_children(patience)  # those of a supervisord that was killed
        process = subprocess.Popen(
            [sys.executable, "-m", "supervisor.supervisord", "-c", str(folder / "supervisord.conf")],
            cwd=folder,
            env={**os.environ, "FLEET_KEEPER": str(os.getpid())},
            stdin=subprocess.DEVNULL,
            umask=0o077,  # logs are their owner's
            preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509  # the keeper has one thread
        )
        return process, address

    return Program(launch, lambda _: _answers(address), signal.SIGTERM, patience + MARGIN)


def main() -> int:
    """``python -m workers.embedded.supervision FOLDER [--owner PID]``: be the keeper, in the foreground."""
    parser = argparse.ArgumentParser(description=Fleet.__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--owner", type=int, default=os.getppid(), help="end when this process does")
    given = parser.parse_args()
    folder = embedded_folder.prepare(given.folder)
    adopt_orphans()
    status = keep(folder, "address", lambda: program(folder), given.owner)
    end_children(0)
    return status


if __name__ == "__main__":
    sys.exit(main())
