"""Each peer as a side of the bench: its tables in a database of its own, its jobs written before a round begins."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from workers.bench.rounds import PATIENCE
from workers.bench.stage import ROOT, Crew, Stage
from workers.embedded.parent_death import until

ENVIRONMENT = ROOT / "var" / "peers"  # `make peers` lays it; it is not the fleet's
PROCESSES, AT_ONCE = 2, 8  # as the fleet's and bare Celery's


@dataclass(frozen=True, slots=True)
class Peer:
    """A queue over Postgres: how its tables are laid, and what its jobs look like there."""

    name: str
    promises: str
    module: str  # that imports when it is installed
    lay: str  # Python that prints the statements of its tables
    insert: str
    table: str
    left: str  # a condition: jobs that nobody has begun
    running: str  # and those that somebody has


PEERS = (
    Peer(
        "procrastinate",
        "at least once; a step of a job is a row",
        "procrastinate",
        "import procrastinate.schema as s; print(s.SchemaManager.get_schema())",
        "insert into procrastinate_jobs (queue_name, task_name, args)"
        " select 'bench', 'post', jsonb_build_object('reference', r) from unnest(%(references)s::text[]) r",
        "procrastinate_jobs",
        "status = 'todo'",
        "status = 'doing'",
    ),
    Peer(
        "oban",
        "at least once; picked and settled in batches",
        "oban",
        "import oban.schema as s; print(s.install_sql())",
        "insert into oban_jobs (queue, worker, args)"
        " select 'bench', '__main__.post', jsonb_build_object('reference', r) from unnest(%(references)s::text[]) r",
        "oban_jobs",
        "state = 'available'",
        "state = 'executing'",
    ),
    Peer(
        "pgqueuer",
        "at least once; picked and settled in batches",
        "pgqueuer",
        "import pgqueuer.adapters.persistence.qb as q; print(q.QueryBuilderEnvironment().build_install_query())",
        "insert into pgqueuer (priority, created, updated, heartbeat, execute_after, status, entrypoint, payload)"
        " select 0, now(), now(), now(), now(), 'queued', 'post', convert_to(r, 'UTF8')"
        " from unnest(%(references)s::text[]) r",
        "pgqueuer",
        "status = 'queued'",
        "status = 'picked'",
    ),
)


def installed() -> list[Peer]:
    """The peers that `make peers` could install."""
    return [peer for peer in PEERS if _python(f"import {peer.module}, aiohttp, uvloop") is not None]


def _python(code: str) -> str | None:
    """What Python of the peers' environment prints; None when it fails or is not there."""
    python = ENVIRONMENT / "bin" / "python"
    if not python.exists():
        return None
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False, timeout=PATIENCE)
    return done.stdout if done.returncode == 0 else None


class PeerSide:
    """A peer's workers: as many processes as the fleet's, each with as many jobs at once."""

    def __init__(self, stage: Stage, peer: Peer) -> None:
        """Lay the peer's tables and start its workers."""
        self.name, self.peer, self.prefix = peer.name, peer, f"PEER-{peer.name}-"
        self._number = 0
        self._dsn = _own_database(stage.environment["DATABASE_URL"], peer)
        self._door = psycopg.connect(self._dsn, autocommit=True)
        self._stage = stage
        self.working = stage.crew(peer.name, [self.command] * PROCESSES, **self.environment)

    @property
    def command(self) -> str:
        """What starts one of its workers."""
        return f"{ENVIRONMENT / 'bin' / 'python'} -m workers.bench.peers.{self.peer.module}_worker"

    @property
    def environment(self) -> dict[str, str]:
        """What its workers are told."""
        return {"PEER_DATABASE_URL": self._dsn, "PEER_AT_ONCE": str(AT_ONCE)}

    def await_workers(self) -> None:
        """Wait until jobs come back, then let all stand still."""
        self.prepare(100)
        if not until(lambda: self._stage.count(self.prefix)["orders"] >= 100, PATIENCE):  # noqa: PLR2004  as prepared
            raise TimeoutError(f"{self.name} does not come up; see {self._stage.folder / 'log'}")
        self.rest()

    def prepare(self, orders: int) -> None:
        """Write so many jobs, while its workers stand still."""
        references = [f"{self.prefix}{n:07d}" for n in range(self._number, self._number + orders)]
        self._number += orders
        self._door.execute(self.peer.insert, {"references": references})
        self._door.execute("vacuum analyze")

    def start(self) -> None:
        """Let them work."""
        self.working.thaw()

    def rest(self) -> None:
        """Take back what nobody has begun, wait for what is under way, and let them stand still."""
        self._door.execute(f"delete from {self.peer.table} where {self.peer.left}".encode())  # noqa: S608  written above
        if not until(lambda: not self.under_way(), PATIENCE):
            raise TimeoutError(f"{self.name} did not come to rest; see {self._stage.folder / 'log'}")
        self.working.freeze()

    def again(self) -> Crew:
        """Start another worker."""
        return self._stage.crew(f"{self.name}-again", [self.command], **self.environment)

    def left(self) -> int:
        """Jobs that are not over."""
        return self._count(self.peer.left) + self.under_way()

    def under_way(self) -> int:
        """Jobs that were begun and are not over."""
        return self._count(self.peer.running)

    def _count(self, state: str) -> int:
        row = self._door.execute(f"select count(*) from {self.peer.table} where {state}".encode()).fetchone()  # noqa: S608  as above
        return int(row[0]) if row else 0

    def report(self, seconds: float) -> dict[str, float]:
        """Nothing more."""
        del seconds
        return {}

    def close(self) -> None:
        """Give the connection back."""
        self._door.close()


def _own_database(dsn: str, peer: Peer) -> str:
    tables = _python(peer.lay)
    if tables is None:
        raise RuntimeError(f"{peer.name} does not tell its tables: it is of another version than `make peers` installs")
    with psycopg.connect(dsn, autocommit=True) as door:
        door.execute(sql.SQL("create database {}").format(sql.Identifier(f"peer_{peer.name}")))
    own = urlsplit(dsn)._replace(path=f"/peer_{peer.name}").geturl()  # asyncpg takes a URL only
    with psycopg.connect(own, autocommit=True) as door:
        door.execute(tables.encode())
    return own
