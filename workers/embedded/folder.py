"""What lies in a server's folder, and who may read it: locks, pids, passwords, ports."""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import socket
import tempfile
from pathlib import Path

from workers.embedded.parent_death import alive, until

FIRST_PORT, LAST_PORT = 15000, 32000  # below Linux's ephemeral ports, so that no outgoing call takes one meanwhile
TRIES = 200
LOG_LIMIT = 16 * 1024 * 1024  # bytes


def prepare(folder: Path) -> Path:
    """Make ``folder`` (0700) where it is missing, and return it without links and dots."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder.resolve()


def write_private(path: Path, text: str) -> None:
    """Replace ``path`` in one step by a file that only its owner can read."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name)  # mkstemp makes it 0600
    with os.fdopen(handle, "w") as file:
        file.write(text)
    Path(temporary).replace(path)


def read_or_none(path: Path) -> str | None:
    """The text of ``path`` without white space around it; None when there is no such file."""
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        return None


def password(path: Path) -> str:
    """The password in ``path``; made on first use, of letters and digits that need no escaping anywhere."""
    kept = read_or_none(path)
    if not kept:
        kept = secrets.token_hex(24)
        write_private(path, kept + "\n")
    return kept


def take_lock(folder: Path, patience: float) -> int | None:
    """The folder's lock as a file descriptor that holds it while open; None if another has it for ``patience`` s."""
    handle = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def taken() -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    if until(taken, patience):
        return handle
    os.close(handle)
    return None


def keeper(folder: Path) -> int | None:
    """The pid of the process that holds the folder's lock; None when nobody does."""
    text = read_or_none(folder / "keeper.pid")
    pid = int(text) if text and text.isdigit() else None
    if pid is None or not alive(pid):
        return None
    handle = take_lock(folder, 0)
    if handle is None:
        return pid
    os.close(handle)
    return None


def _free(port: int) -> bool:
    with socket.socket() as probe, contextlib.suppress(OSError):
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))
        return True
    return False


def port(path: Path, patience: float = 3.0) -> int:
    """The port kept in ``path`` if it is, or within ``patience`` seconds gets, free; else a new one, kept there.

    A server that comes back finds its clients again: they still hold the old address.
    """
    kept = read_or_none(path)
    if kept and until(lambda: _free(int(kept)), patience):
        return int(kept)
    (fresh,) = free_ports(1)
    write_private(path, f"{fresh}\n")
    return fresh


def free_ports(number: int) -> list[int]:
    """So many different ports on loopback that nobody listens on now."""
    found: list[int] = []
    for _ in range(TRIES):
        if len(found) == number:
            return found
        candidate = FIRST_PORT + secrets.randbelow(LAST_PORT - FIRST_PORT)
        if candidate not in found and _free(candidate):
            found.append(candidate)
    raise OSError(f"no free port on 127.0.0.1 between {FIRST_PORT} and {LAST_PORT}: end some of the programs there")


def open_log(path: Path) -> int:
    """A descriptor that appends to ``path`` (0600); a file that has grown large becomes ``.1`` first."""
    with contextlib.suppress(FileNotFoundError):
        if path.stat().st_size > LOG_LIMIT:
            path.replace(path.with_suffix(path.suffix + ".1"))
    return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)


def log_tail(path: Path, lines: int = 12) -> str:
    """The last lines of a log, for an error message."""
    try:
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return "(no log)"
