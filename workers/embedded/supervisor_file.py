"""The settings of supervisord: every line of ``supervisord.conf``, and the escapes that its values need.

Settings: supervisord.org, "Configuration File", sections ``[supervisord]``, ``[program:x]``, ``[group:x]``.
"""

from __future__ import annotations

import os
import shlex
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from workers.embedded import exec_line
from workers.embedded.folder import write_private
from workers.embedded.procfile import Line

GROUP = "fleet"  # one group for all: supervisord stops groups one after the other, but a group's members at once
SOCKET_LIMIT = 80  # bytes; sun_path holds 108, and supervisord first binds a longer name
LOG_BYTES, LOG_BACKUPS = 8 * 1024 * 1024, 3
START_RETRIES = 100_000


def _plain(value: str | Path) -> str:
    """A value in which supervisord expands nothing."""
    return str(value).replace("%", "%%")


def socket_path(folder: Path) -> Path:
    """The socket of supervisord: in ``folder``, or in a new private folder if that path is too long for a socket."""
    path = folder / "supervisor.sock"
    if len(os.fsencode(path)) <= SOCKET_LIMIT:
        return path
    return Path(tempfile.mkdtemp(prefix="khaos-fleet-")) / path.name  # mkdtemp makes it 0700


def _section(title: str, settings: Mapping[str, object]) -> str:
    return f"[{title}]\n" + "".join(f"{name}={value}\n" for name, value in settings.items()) + "\n"


def _program(
    line: Line, folder: Path, numprocs: int, directory: Path, stop_patience: int, own: Mapping[str, str]
) -> str:
    script = folder / "lines" / line.name
    script.parent.mkdir(exist_ok=True)
    script.write_text(line.command)  # in a file: supervisord cuts a value at " ;" and " #"
    name = "%(program_name)s-%(process_num)d" if numprocs > 1 else "%(program_name)s"
    start = [sys.executable, "-I", "-S", exec_line.__file__, str(script)]
    return _section(
        f"program:{line.name}",
        {
            "command": _plain(shlex.join(start)),
            "process_name": name,
            "numprocs": numprocs,
            "numprocs_start": 1,
            "directory": _plain(directory),
            "environment": ",".join(
                [f'FLEET_PROCESS="{name}"', *(f'{key}="{_plain(value)}"' for key, value in own.items())]
            ),
            "autostart": "true",
            "autorestart": "true",
            "startsecs": 1,
            "startretries": START_RETRIES,
            "stopsignal": "TERM",
            "stopwaitsecs": stop_patience,
            "stopasgroup": "true",
            "killasgroup": "true",
            "redirect_stderr": "true",
            "stdout_logfile": f"log/{name}.log",
            "stdout_logfile_maxbytes": LOG_BYTES,
            "stdout_logfile_backups": LOG_BACKUPS,
        },
    )


def write_supervisor_file(
    folder: Path,
    lines: Sequence[Line],
    numprocs: Mapping[str, int],
    directory: Path,
    stop_patience: int,
    own: Mapping[str, Mapping[str, str]],
) -> Path:
    """Write ``<folder>/supervisord.conf`` for ``lines``, run in ``directory``; returns the path of its socket.

    ``numprocs`` says how many of a line there are: 1 where it says nothing, and 0 leaves the line out. ``own`` are a
    line's own variables; their values may hold no double quote.
    Raises ``ValueError`` for names that no line has.
    """
    unknown = sorted(set(numprocs) - {line.name for line in lines})
    if unknown:
        raise ValueError(f"the Procfile has no {', '.join(unknown)}: it has {', '.join(line.name for line in lines)}")
    wanted = [line for line in lines if numprocs.get(line.name, 1) > 0]
    (folder / "log").mkdir(exist_ok=True)
    socket = socket_path(folder)
    # Paths are relative to the folder, where supervisord runs: it expands a log's path twice.
    daemon: dict[str, object] = {
        "nodaemon": "true",
        "silent": "true",
        "logfile": "log/supervisord.log",
        "logfile_maxbytes": LOG_BYTES,
        "logfile_backups": LOG_BACKUPS,
        "pidfile": "supervisord.pid",
        "childlogdir": "log",
        "identifier": "khaos-fleet",
    }
    if os.getuid() == 0:
        daemon["user"] = "root"  # said on purpose, or supervisord warns of it
    factory = "supervisor.rpcinterface:make_main_rpcinterface"
    text = [
        _section("supervisord", daemon),
        _section("unix_http_server", {"file": _plain(socket), "chmod": "0700"}),
        _section("rpcinterface:supervisor", {"supervisor.rpcinterface_factory": factory}),
        *(
            _program(line, folder, numprocs.get(line.name, 1), directory, stop_patience, own.get(line.name, {}))
            for line in wanted
        ),
        _section(f"group:{GROUP}", {"programs": ",".join(line.name for line in wanted)}),
    ]
    write_private(folder / "supervisord.conf", "".join(text))  # it may hold a login
    return socket
