"""What ``fleet check`` looks at, and what it says of each thing: a line that names what to do."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

import psycopg
import redis

from workers import config
from workers.broker.depth import UNKNOWN, Depth
from workers.broker.kinds import is_rabbitmq
from workers.broker.queues import CONTROL
from workers.cli import addresses, logins, risks
from workers.config import Misconfigured
from workers.embedded.procfile import BadProcfile, Line, read_procfile
from workers.embedded.run_file import read_running
from workers.ledger.migrate import is_current
from workers.ledger.roles import is_superuser
from workers.spine.runtime import Runtime
from workers.wiring.systems import configuration

SPARE = 10  # connections left for people: `fleet` commands, psql, the release step


@dataclass(slots=True)
class Findings:
    """Results of the check, each in one line: good ones, problems, and risks that stop nothing."""

    well: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    risks: list[str] = field(default_factory=list)
    database_connections: int = 0
    max_connections: int | None = None


def everything(procfile: Path, scale: Mapping[str, int]) -> Findings:
    """Look at configuration, Procfile, ledger and broker; whatever fails, the others are still looked at."""
    found = Findings()
    lines: tuple[Line, ...] = ()
    try:
        lines = read_procfile(procfile)
    except BadProcfile as error:
        found.problems.append(str(error))
    unknown = set(scale) - {line.name for line in lines}
    found.problems += [f"--scale {name}: {procfile} has no such line" for name in sorted(unknown) if lines]
    found.database_connections = sum(pool_of(line) * scale.get(line.name, 1) for line in lines)
    if lines:
        processes = sum(scale.get(line.name, 1) for line in lines)
        found.well.append(
            f"{procfile}: {processes} processes open up to {found.database_connections} database connections"
        )
    try:
        settings = configuration()
    except Misconfigured as error:
        found.problems.append(str(error))
        return found
    systems = ", ".join(f"{c.name} ({c.system})" for c in settings.connections.values())
    found.well.append(f"{config.environment().fleet_config}: {len(settings.connections)} connections: {systems}")
    if not settings.routing:
        found.problems.append("routing: there is no rule, so every order becomes an exception: add a [[routing]]")
    found.risks += [*risks.of_servers(settings.fleet), *risks.of_connections(settings)]
    found.risks += risks.of_file(Path(config.environment().fleet_config))
    _addresses(found, settings)
    _ledger(found, settings.fleet.database_url)
    _attempt(found, "the desk", "see above", lambda: logins.look(found, settings))
    _broker(found, settings.fleet)
    return found


def pool_of(line: Line) -> int:
    """The database connections that one process of a line, with what it forks, opens at the most."""
    words = shlex.split(line.command)
    program = Path(words[0]).name if words else ""
    ticks = any(CONTROL in word.rpartition("=")[2].split(",") for word in words)  # the ticker has its own
    if program == "celery" and "worker" in words:
        return Runtime.pool + 1 + ticks  # and so has the heartbeat
    web: int = import_module("workers.web.app").POOL
    if "workers.forked" in words:
        workers = sum(":" in word.partition("=")[0] for word in words)
        return workers * (Runtime.pool + 1) + ticks + web * any(word.startswith("web=") for word in words)
    return web if program == "uvicorn" or "workers.web.serving" in words else 0


def _addresses(found: Findings, settings: config.Configuration) -> None:
    try:
        bound = addresses.addresses(settings.fleet)
    except Misconfigured as error:
        found.problems.append(str(error))
        return
    found.well.append(f"the desk is bound to {bound['WEB_HOST']}:{bound['WEB_PORT']}")


def _ledger(found: Findings, dsn: str) -> None:
    if not dsn:
        found.well.append("no DATABASE_URL: `fleet up` brings its own Postgres")
        return
    _attempt(
        found, "the ledger", "see whether Postgres is up and DATABASE_URL is right", lambda: _look_at_ledger(found, dsn)
    )


def _look_at_ledger(found: Findings, dsn: str) -> None:
    with psycopg.connect(dsn, connect_timeout=5) as connection:
        row = connection.execute(
            "select current_setting('server_version_num')::int, current_setting('max_connections')::int"
            " - current_setting('superuser_reserved_connections')::int"
        ).fetchone()
        noted = (read_running() or {}).get("database_url")  # `fleet up` gives its processes logins of their own
        found.risks += risks.of_login(superuser=dsn != noted and is_superuser(connection))
    release, most = row or (0, 0)
    found.max_connections = most
    if release < 150000:  # noqa: PLR2004  server_version_num of Postgres 15
        found.problems.append(f"the ledger runs on Postgres {release // 10000}: take 15 or newer")
    if found.database_connections + SPARE > most:
        found.problems.append(
            f"the Procfile would open {found.database_connections} database connections and people need {SPARE}, but"
            f" Postgres takes {most}: raise max_connections, or run fewer processes"
        )
    else:
        found.well.append(f"the ledger answers; {found.database_connections} of its {most} connections would be used")
    if not is_current(dsn):
        found.problems.append("the ledger is not of this release's shape: run `fleet migrate`")


def _broker(found: Findings, settings: config.Fleet) -> None:
    if not settings.broker_url:
        found.well.append("no BROKER_URL: `fleet up` brings its own Redis")
        return

    def ask_redis() -> None:
        with redis.Redis.from_url(settings.redis, socket_timeout=5, socket_connect_timeout=5) as client:
            found.risks += risks.of_redis(client.info("server"))
        found.well.append("the Redis of the rates answers" if rabbitmq else "the broker answers")

    rabbitmq = is_rabbitmq(settings.broker_url)
    if rabbitmq and Depth(settings.broker_url).of(CONTROL) == UNKNOWN:
        found.problems.append("the broker cannot be reached: see whether RabbitMQ is up and BROKER_URL is right")
    elif rabbitmq:
        found.well.append("the broker answers")
    where = ("the Redis of the rates", "REDIS_URL") if rabbitmq else ("the broker", "BROKER_URL")
    _attempt(found, where[0], f"see whether Redis is up and {where[1]} is right", ask_redis)


def _attempt(found: Findings, what: str, advice: str, look: Callable[[], None]) -> None:
    try:
        look()
    except (psycopg.Error, redis.RedisError, ValueError, OSError) as error:
        found.problems.append(f"{what} cannot be reached ({type(error).__name__}): {advice}")
