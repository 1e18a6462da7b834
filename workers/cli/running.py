"""How commands find the fleet: the environment first, then one that runs on this machine, then the configuration.

A fleet that was started here notes where it answers in ``var/run.json`` (0600: it holds passwords).
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from workers import config
from workers.embedded.folder import prepare, write_private
from workers.embedded.lifeline import alive, birth
from workers.embedded.resident import PROJECT
from workers.ledger.store import Store
from workers.ledger.views import reading_engine

VARIABLES = {"database_url": "DATABASE_URL", "broker_url": "BROKER_URL", "fleet_config": "FLEET_CONFIG"}


def var() -> Path:
    """The folder for what runs here: FLEET_VAR, else ``var`` in the current folder."""
    return Path(config.environment().fleet_var or "var")


def run_file() -> Path:
    """Where a fleet that runs here says so."""
    return var() / "run.json"


def note_running(facts: Mapping[str, Any]) -> Path:
    """Write down where this process's fleet answers: ``database_url``, ``broker_url``, ``fleet_config``, addresses."""
    path = prepare(var()) / "run.json"
    whole = {**facts, "pid": os.getpid(), "born": birth(os.getpid())}
    write_private(path, json.dumps(whole, indent=2) + "\n")
    return path


def forget_running() -> None:
    """The fleet of this process has ended."""
    if (read_running() or {}).get("pid") == os.getpid():
        run_file().unlink(missing_ok=True)


def read_running() -> dict[str, Any] | None:
    """What the fleet that runs here noted; None when none does. A note left by a dead process is no fleet."""
    places = [run_file()] if config.environment().fleet_var else [run_file(), PROJECT / "var" / "run.json"]
    for path in places:
        try:
            noted = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if isinstance(noted, dict) and _lives(noted):
            return noted
    return None


def _lives(noted: Mapping[str, Any]) -> bool:
    pid = noted.get("pid")
    return pid is None or (isinstance(pid, int) and alive(pid) and birth(pid) == noted.get("born", ""))


def adopt_environment() -> None:
    """Put what a running fleet noted into this process's environment, where the environment says nothing itself."""
    if os.environ.get("DATABASE_URL"):
        return  # somebody said which fleet is meant
    noted = read_running() or {}
    told = {**(noted.get("environment") or {}), **{name: noted.get(key) for key, name in VARIABLES.items()}}
    for name, value in told.items():
        if value and not os.environ.get(name):
            os.environ[name] = str(value)
    config.environment.cache_clear()
    config.configuration.cache_clear()


def ledger_url() -> str:
    """The ledger's DSN. Raises Misconfigured when nothing says where it is."""
    adopt_environment()
    known = os.environ.get("DATABASE_URL", "")
    if not known and Path(config.environment().fleet_config).exists():
        known = config.configuration().fleet.database_url
    if not known:
        raise config.Misconfigured("no ledger is known: set DATABASE_URL, or start a fleet here with `fleet up`")
    return known


def views() -> Engine:
    """For reading."""
    return reading_engine(ledger_url(), application="fleet-command")


def store() -> Store:
    """For acting. Raises sqlalchemy's OperationalError at once when the ledger does not answer."""
    dsn = ledger_url()
    engine = reading_engine(dsn, application="fleet-command")
    with engine.connect():
        engine.dispose()
    return Store(dsn, size=1, application="fleet-command")
