"""A real Postgres for the walks: migrated once, emptied between seeds, its clock the walk's, and nothing flushed."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from workers.embedded.postgres import EmbeddedPostgres
from workers.ledger.migrate import migrate

TEMPLATE = "template_walk"
QUICK = (
    "fsync = off", "synchronous_commit = off", "full_page_writes = off", "jit = off", "track_activities = off",
    "plan_cache_mode = force_generic_plan",
    "autovacuum = off",  # its statistics would have every session plan all its statements anew; ``empty`` vacuums
)  # fmt: skip
PATH = "walk, pg_catalog, public"  # before pg_catalog, so that ``now`` is ours; a table ``record`` stands in public
CLOCK = """
create schema walk;
create function walk.now() returns timestamptz language sql stable
    as $$ select current_setting('walk.at')::timestamptz $$;
create sequence walk.tick;
create function walk.clock_timestamp() returns timestamptz language sql volatile
    as $$ select current_setting('walk.at')::timestamptz + nextval('walk.tick') * interval '1 microsecond' $$;
do $$
declare v record;
begin
    for v in select table_name, column_name, column_default from information_schema.columns
              where table_schema = 'public' and column_default ~ '(now|clock_timestamp)\\(\\)'
    loop
        execute format('alter table public.%I alter column %I set default %s', v.table_name, v.column_name,
                       regexp_replace(v.column_default, '(now|clock_timestamp)\\(\\)', 'walk.\\1()'));
    end loop;
end $$;
"""
AT = "set walk.at = '{}'"
AT_ANEW = f"{AT}; select setval('walk.tick', 1)"  # at each moment the microseconds begin anew
TABLES = """
select string_agg(format('delete from %I;', relname), ' ' order by relname desc) from pg_class
 where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace and not relispartition
   and relname not in ('alembic_version', 'gate')
"""
KEPT = """
select relname as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace
   and relname <> 'alembic_version' order by 1
"""
SERIES = "select sequencename, last_value from pg_sequences where schemaname = 'public' order by 1"
ALL_DEAD = "select id from process"
BEATS = "update process set beat_at = %s where beat_at > '-infinity' and id <> all (%s)"
BEAT = 5.0  # seconds from one heartbeat to the next


@contextlib.contextmanager
def serve(folder: Path) -> Iterator[str]:
    """The address of a server with a migrated template. Its functions ``now`` read a setting of their session."""
    with EmbeddedPostgres(folder) as server:
        dsn = server.start()
        with psycopg.connect(dsn, autocommit=True) as connection:
            for setting in QUICK:
                connection.execute(f"alter system set {setting}".encode())
            connection.execute("select pg_reload_conf()")
            connection.execute(f"create database {TEMPLATE}".encode())
        migrate(named(dsn, TEMPLATE))
        with psycopg.connect(named(dsn, TEMPLATE), autocommit=True) as connection:
            connection.execute(CLOCK)
        yield dsn
        server.discard()


def named(dsn: str, name: str) -> str:
    """The address of another database of the same server."""
    head, _, tail = dsn.rpartition("/")
    _, question, options = tail.partition("?")
    return f"{head}/{name}{question}{options}"


@dataclass(frozen=True, slots=True)
class Dump:
    """A backup: rows by table, and the last number of each series, None where it has given none."""

    rows: Mapping[str, bytes]
    series: Mapping[str, int | None]


class WalkLedger:
    """One database of the server, for one process's walks."""

    def __init__(self, server: str, name: str) -> None:
        """Made anew from the template."""
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"drop database if exists {name} with (force)".encode())
            connection.execute(f"create database {name} template {TEMPLATE}".encode())
            connection.execute(f"alter database {name} set search_path = {PATH}".encode())
            connection.execute(f"alter database {name} set lock_timeout = '4s'".encode())
            connection.execute(f"alter database {name} set walk.at = '-infinity'".encode())
        self.dsn = named(server, name)
        self.silent: set[uuid.UUID] = set()  # processes whose hearts have stopped
        self._beat = datetime.min.replace(tzinfo=UTC)
        self._door = psycopg.connect(self.dsn, autocommit=True)

    def move(self, moment: datetime) -> None:
        """Whoever lives goes on living. What this moment is, each session hears when it is used."""
        if abs((moment - self._beat).total_seconds()) > BEAT:
            self._beat = moment
            self._door.execute(BEATS, [moment, list(self.silent)])

    def empty(self) -> None:
        """Forget everything but the schema."""
        self.silent.clear()
        row = self._door.execute(TABLES).fetchone()
        assert row is not None
        statements = f"begin; set local session_replication_role = replica; {row[0]} delete from gate; commit"  # noqa: S608  our own tables
        self._door.execute(statements.encode())
        self._door.execute("vacuum")

    def dump(self) -> Dump:
        """A backup: every row of every table, and the last number of every series."""
        rows: dict[str, bytes] = {}
        for (name,) in self._door.execute(KEPT).fetchall():
            with self._door.cursor().copy(f'copy "{name}" to stdout'.encode()) as out:
                rows[name] = b"".join(bytes(part) for part in out)
        return Dump(rows, dict(self._door.execute(SERIES).fetchall()))

    def restore(self, dump: Dump) -> None:
        """Be as a backup was; of the processes that it knows none lives any more."""
        self._door.execute("set session_replication_role = replica")
        with self._door.transaction():
            for (name,) in self._door.execute(KEPT).fetchall():
                self._door.execute(f'delete from only "{name}"'.encode())  # noqa: S608  our own tables
            for name, rows in dump.rows.items():
                if rows:
                    with self._door.cursor().copy(f'copy "{name}" from stdin'.encode()) as into:
                        into.write(rows)
            for name, last in dump.series.items():
                self._door.execute("select setval(%s::regclass, coalesce(%s, 1), %s)", [name, last, last is not None])
        self._door.execute("set session_replication_role = origin")
        self.silent.update(id_ for (id_,) in self._door.execute(ALL_DEAD).fetchall())

    def close(self) -> None:
        """Give the connection back."""
        self._door.close()
