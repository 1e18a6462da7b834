"""How commands find the fleet: the environment first, then one that runs on this machine, then the configuration.

A fleet that was started here notes where it answers in ``var/run.json`` (0600: it holds passwords).
"""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from workers import config
from workers.embedded.run_file import read_running

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from workers.ledger.store import Store

VARIABLES = {
    "database_url": "DATABASE_URL",
    "broker_url": "BROKER_URL",
    "redis_url": "REDIS_URL",
    "fleet_config": "FLEET_CONFIG",
}
NEVER = ("LD_", "PYTHON", "PATH")  # what makes a program run something else


def adopt_environment() -> None:
    """Put what a running fleet noted into this process's environment, where the environment says nothing itself."""
    noted = read_running() or {}
    named = os.environ.get("DATABASE_URL")
    if named and named != noted.get("database_url"):
        return  # another fleet is meant
    settings = {**(noted.get("environment") or {}), **{name: noted.get(key) for key, name in VARIABLES.items()}}
    for name, value in settings.items():
        if value and not os.environ.get(name) and not name.startswith(NEVER):
            os.environ[name] = str(value)
    config.environment.cache_clear()


def ledger_url() -> str:
    """The ledger's DSN. Raises Misconfigured when nothing says where it is."""
    adopt_environment()
    url = os.environ.get("DATABASE_URL", "")
    if not url and Path(config.environment().fleet_config).exists():
        url = config.read_fleet(Path(config.environment().fleet_config)).database_url
    if not url:
        raise config.Misconfigured("no ledger is known: set DATABASE_URL, or start a fleet here with `fleet up`")
    return url


def configuration() -> config.Configuration:
    """The whole configuration. It loads every system, which most commands need not wait for. Raises Misconfigured."""
    from workers.wiring import systems  # noqa: PLC0415  as above

    return systems.configuration()


def fleet_settings() -> config.Fleet:
    """The section ``[fleet]`` alone, as the environment is now. Raises Misconfigured."""
    config.environment.cache_clear()
    return config.read_fleet(Path(config.environment().fleet_config))


def exception_settings() -> config.ExceptionSettings:
    """The section ``[exceptions]``, or what holds without a file. Raises Misconfigured."""
    adopt_environment()
    path = Path(config.environment().fleet_config)
    return config.read_exceptions(path) if path.exists() else config.ExceptionSettings()


def second_person() -> tuple[str, ...]:
    """Which edits another person must approve. Raises Misconfigured."""
    adopt_environment()
    path = Path(config.environment().fleet_config)
    return config.read_second_person(path) if path.exists() else ()


def views() -> Engine:
    """For reading."""
    from workers.views.snapshot import reading_engine  # noqa: PLC0415  `fleet run` need not wait for it

    return reading_engine(ledger_url(), application="fleet-command")


def store() -> Store:
    """For acting. Raises sqlalchemy's OperationalError at once when the ledger does not answer.

    Stdout is the command's answer: what is logged meanwhile goes to stderr, from warnings on.
    """
    import structlog  # noqa: PLC0415  as above

    from workers.ledger.store import Store  # noqa: PLC0415  as above
    from workers.views.snapshot import reading_engine  # noqa: PLC0415  as above

    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    dsn = ledger_url()
    engine = reading_engine(dsn, application="fleet-command")
    with engine.connect():
        engine.dispose()
    return Store(dsn, size=1, application="fleet-command")
