"""Where a fleet that runs on this machine says so: ``var/run.json`` (0600, for it holds passwords)."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workers import config
from workers.embedded.folder import prepare, write_private
from workers.embedded.keeper import PROJECT
from workers.embedded.parent_death import alive, birth

FLEET, SANDBOX = "run.json", "sandbox.json"  # a fleet; the stand-ins alone


def var() -> Path:
    """The folder for what runs here: FLEET_VAR, else ``var`` in the current folder."""
    return Path(config.environment().fleet_var or "var")


def run_file(name: str = FLEET) -> Path:
    """The path of the note of what runs here: a fleet, else what ``name`` names."""
    return var() / name


def note_running(facts: Mapping[str, Any], name: str = FLEET) -> Path:
    """Write down where this process's fleet answers: its servers' URLs, ``fleet_config``, addresses."""
    path = prepare(var()) / name
    whole = {**facts, "pid": os.getpid(), "born": birth(os.getpid())}
    write_private(path, json.dumps(whole, indent=2) + "\n")
    return path


def forget_running(name: str = FLEET) -> None:
    """The fleet of this process has ended."""
    if (read_running(name) or {}).get("pid") == os.getpid():
        run_file(name).unlink(missing_ok=True)


def read_running(name: str = FLEET) -> dict[str, Any] | None:
    """The note of the fleet that runs here; None when none does.

    A note left by a dead process is no fleet, and one that another user wrote is not believed.
    """
    places = [run_file(name)] if config.environment().fleet_var else [run_file(name), PROJECT / "var" / name]
    for path in places:
        try:
            with path.open(encoding="utf-8") as file:
                if not _ours(os.fstat(file.fileno())):
                    continue
                noted = json.load(file)
        except (OSError, ValueError):
            continue
        if isinstance(noted, dict) and _lives(noted):
            return noted
    return None


def _ours(found: os.stat_result) -> bool:
    """Whether nobody else can have written it: it names servers, and variables that a command adopts."""
    return found.st_uid == os.geteuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _lives(noted: Mapping[str, Any]) -> bool:
    pid = noted.get("pid")
    return pid is None or (isinstance(pid, int) and alive(pid) and birth(pid) == noted.get("born", ""))
