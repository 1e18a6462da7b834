"""Keeps Clarus's access token in the ledger for every process: its server may keep only the last one alive."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg

from adapters.clarus.token import Held
from adapters.errors import Unavailable
from workers.ledger.store import Row, Store

LEASE = 120.0  # seconds that one process may take to fetch a token and use it once
SILENT = 30.0  # seconds without a heartbeat after which a process that fetches is taken for dead
LOOK = 0.05
AWAY = "the ledger, which keeps the access token of Clarus, is away"
TAKE = """
update access_token set holder = %s, lease_until = now() + make_interval(secs => %s)
 where login = %s and (holder is null or lease_until < now() or exists (select 1 from process p
       where p.id = holder and p.beat_at < now() - make_interval(secs => %s)))
returning value, extract(epoch from ends_at - now())::float as rest
"""


class LedgerTokens:
    """A ``TokenStore`` in the ledger. Nothing of the ledger stays open while a token is fetched: the row is leased."""

    def __init__(self, store: Store, sleep: Callable[[float], None] = time.sleep) -> None:
        """Read nothing yet."""
        self._store = store
        self._sleep = sleep
        self._held: dict[str, Held] = {}
        self._depth: defaultdict[str, int] = defaultdict(int)
        self._locks: defaultdict[str, threading.RLock] = defaultdict(threading.RLock)
        self._lock = threading.Lock()

    @staticmethod
    def now() -> float:
        """Count seconds in this process; ends stand in the ledger by its clock."""
        return time.monotonic()

    def read(self, login: str) -> Held:
        """Return what this process saw last: one that was replaced since is refused, and that leads to ``alone``."""
        held = self._held.get(login)
        if held is None:
            held = self._keep(
                login,
                self._row(
                    "select value, extract(epoch from ends_at - now())::float as rest from access_token"
                    " where login = %s",
                    login,
                ),
            )
        return held

    def write(self, login: str, held: Held) -> None:
        """Keep it for every process."""
        self._row(
            "insert into access_token (login, value, ends_at) values (%s, %s, now() + make_interval(secs => %s))"
            " on conflict (login) do update set value = excluded.value, ends_at = excluded.ends_at returning login",
            login,
            held.value,
            max(held.ends - self.now(), 0.0),
        )
        self._held[login] = held

    @contextmanager
    def alone(self, login: str) -> Iterator[None]:
        """Let nobody else fetch for this login while the block lasts, and know what is kept when it begins.

        Raises Unavailable when another process keeps it for too long, or the ledger is away.
        """
        with self._lock:
            lock = self._locks[login]
        with lock:
            if not self._depth[login]:
                self._take(login)
            self._depth[login] += 1
            try:
                yield
            finally:
                self._depth[login] -= 1
                if not self._depth[login]:
                    self._give_back(login)

    def _take(self, login: str) -> None:
        ends = time.monotonic() + LEASE
        self._row("insert into access_token (login) values (%s) on conflict do nothing returning login", login)
        while True:
            row = self._row(TAKE, self._store.process_id, LEASE, login, SILENT)
            if row is not None:
                self._keep(login, row)
                return
            if time.monotonic() > ends:
                raise Unavailable(f"another process has been fetching a token of Clarus for {LEASE:.0f} s")
            self._sleep(LOOK)

    def _give_back(self, login: str) -> None:
        self._row(
            "update access_token set holder = null where login = %s and holder = %s returning login",
            login,
            self._store.process_id,
        )

    def _keep(self, login: str, row: Row | None) -> Held:
        held = Held(row["value"], self.now() + row["rest"]) if row else Held()
        self._held[login] = held
        return held

    def _row(self, sql: str, *values: object) -> Row | None:
        try:
            return self._store.row(sql, *values)
        except psycopg.OperationalError:
            raise Unavailable(AWAY) from None
