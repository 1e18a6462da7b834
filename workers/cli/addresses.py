"""What every process of the Procfile finds in its environment: addresses to bind, its name, the programs' folder."""

from __future__ import annotations

import os
import socket
import stat
import sys
from collections.abc import Mapping
from pathlib import Path

import workers
from workers.config import Fleet, Misconfigured
from workers.embedded.keeper import PROJECT

FLOWER_BIND = "127.0.0.1:5555"


def procfile(named: Path | None = None) -> Path:
    """The Procfile to use: the one named, the one in this folder, or the project's."""
    if named is not None:
        return named
    here = Path("Procfile")
    _refuse_strangers(here)
    places = (here, PROJECT / "Procfile", Path(workers.__file__).with_name("Procfile"))  # the last is the wheel's
    return next((place for place in places if place.exists()), here)


def _refuse_strangers(here: Path) -> None:
    """A Procfile is commands to run: that of this folder must be ours or root's. Raises Misconfigured."""
    if not here.exists() or ((PROJECT / "Procfile").exists() and here.samefile(PROJECT / "Procfile")):
        return
    found = here.stat()
    if found.st_uid not in {0, os.geteuid()} or found.st_mode & stat.S_IWOTH:
        raise Misconfigured(
            f"{here.resolve()} belongs to user {found.st_uid} or everybody can write it, and its lines would be run:"
            " look at it, then own it (chown, chmod o-w), or name the one that you mean with --procfile"
        )


def split_bind(bind: str, where: str) -> tuple[str, str]:
    """Host and port of ``127.0.0.1:8600`` or ``[::1]:8600``. Raises Misconfigured."""
    host, _, port = bind.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65536:  # noqa: PLR2004  ports have 16 bits
        raise Misconfigured(f"{where}: {bind!r} is no address; write host:port, for example 127.0.0.1:8600")
    return host.strip("[]"), port


def addresses(settings: Fleet) -> dict[str, str]:
    """WEB_HOST, WEB_PORT, FLOWER_HOST and FLOWER_PORT: the environment's where it says so, else the configuration's."""
    web_host, web_port = split_bind(settings.web_bind, "fleet.web_bind")
    flower_host, flower_port = split_bind(FLOWER_BIND, "FLOWER_BIND")
    fallback = {"WEB_HOST": web_host, "WEB_PORT": web_port, "FLOWER_HOST": flower_host, "FLOWER_PORT": flower_port}
    return {name: os.environ.get(name) or value for name, value in fallback.items()}


def for_process(name: str, bound: Mapping[str, str]) -> dict[str, str]:
    """The environment of one process of the Procfile."""
    path = str(Path(sys.executable).parent) + os.pathsep + os.environ.get("PATH", os.defpath)
    return {**os.environ, **bound, "PATH": path, "FLEET_PROCESS": name}


def must_be_free(host: str, port: str, variable: str) -> None:
    """Raise Misconfigured when something listens there already."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, int(port)))
        except (OSError, OverflowError, ValueError) as error:
            raise Misconfigured(
                f"{variable}: {host}:{port} cannot be bound ({error}): set {variable} to another"
            ) from None


def url(host: str, port: str) -> str:
    """The address for a browser of what is bound there."""
    near = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  compared, not bound
    return f"http://[{near}]:{port}" if ":" in near else f"http://{near}:{port}"
