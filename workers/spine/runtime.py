"""What one process works with: the ledger, the systems, limits and bells. Built lazily, after any fork."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import redis

from workers.broker.depth import Depth
from workers.config import Configuration, Connection, Misconfigured
from workers.ledger.store import Store
from workers.ports.erp import Erp
from workers.ports.warehouse import Account, Warehouse
from workers.spine.limits import Health
from workers.spine.tokens import Tokens

FACTS_FOR = 60.0  # seconds that reference data is kept in a process


@dataclass
class Runtime:
    """One process's world. Threads share it; nothing in it is bound to one thread."""

    configuration: Configuration
    ring: Callable[[str, int], None] = lambda _lane, _ready: None
    pool: int = 5
    dice: random.Random = field(default_factory=random.Random)
    stopping: threading.Event = field(default_factory=threading.Event)
    tables_version: int = 0  # of the rows that people laid over fleet.toml
    tables_looked_at: float = float("-inf")
    last_message: int = 0  # that the ledger has given, as far as this process has seen
    running: set[str] = field(default_factory=set)  # names of schedules that this process runs now
    kept: set[str] = field(default_factory=set)  # and of those that it keeps for its ticker

    @cached_property
    def in_file(self) -> Configuration:
        """The configuration of fleet.toml, whatever was laid over it since."""
        return self.configuration

    def adopt(self, changed: Configuration) -> None:
        """Work by a changed configuration of the same connections from the next message on."""
        _ = self.in_file
        self.configuration = changed
        for name in ("erp", "warehouses"):  # they hold the tables; made anew at the next use
            self.__dict__.pop(name, None)

    @cached_property
    def store(self) -> Store:
        """The ledger."""
        return Store(self.configuration.fleet.database_url, size=self.pool)

    @cached_property
    def depth(self) -> Depth:
        """How many bells wait in the broker's queues."""
        return Depth(self.configuration.fleet.broker_url)

    @cached_property
    def redis(self) -> redis.Redis:
        """Rate tokens, the mark of the last message, poison while the ledger is away. Raises Misconfigured."""
        if not self.configuration.fleet.redis:
            raise Misconfigured(
                "no broker is known: set BROKER_URL as the fleet has it, or start a fleet with `fleet up`"
            )
        return redis.Redis.from_url(self.configuration.fleet.redis, socket_timeout=5, socket_connect_timeout=5)

    @cached_property
    def tokens(self) -> Tokens:
        """Rate tokens of all processes."""
        return Tokens(self.redis)

    @cached_property
    def health(self) -> Health:
        """Counts failures in a row."""
        return Health(self.store)

    @cached_property
    def erp(self) -> Erp:
        """Khaos Control."""
        side: Erp = self.configuration.erp.connect(self.configuration.tables)
        return side

    @cached_property
    def warehouses(self) -> dict[str, Warehouse]:
        """Every warehouse, by its connection's name."""
        configuration = self.configuration
        return {
            c.name: Warehouse(c.name, c.connect(configuration.tables, self.store)) for c in configuration.warehouses
        }

    def warehouse(self, connection: str) -> Warehouse:
        """A warehouse by its connection's name; it is asked for the part that is needed."""
        return self.warehouses[connection]

    def account(self, connection: str) -> Erp | Account:
        """What answers a ping and has reference data: the ERP, or a warehouse's account."""
        return self.erp if connection == self.configuration.erp.name else self.warehouse(connection).account

    def connection(self, name: str) -> Connection:
        """A connection's settings."""
        return self.configuration.connections[name]

    def pace(self, connection: str) -> None:
        """Wait for the connection's rate."""
        self.tokens.wait(connection, self.connection(connection).rate)

    def doubt_wait(self, connection: str) -> float:
        """Seconds until a call that we gave up must be over on their side."""
        return self.connection(connection).doubt_wait

    @cached_property
    def lease(self) -> float:
        """Seconds that a claim lasts: longer than any push can take, a flush of several calls included."""
        return 3.0 * max(c.deadline for c in self.configuration.connections.values()) + 30.0

    _facts: dict[str, tuple[float, dict[str, Any]]] = field(default_factory=dict)

    def facts(self, warehouse: str) -> dict[str, Any]:
        """A system's reference data, by its connection: from the ledger; over the network if nobody has read it."""
        kept = self._facts.get(warehouse)
        if kept and time.monotonic() - kept[0] < FACTS_FOR:
            return kept[1]
        row = self.store.row("select value from partner_fact where connection = %s", warehouse)
        if row is None:
            return self.read_facts(warehouse)
        self._facts[warehouse] = (time.monotonic(), row["value"])
        return self._facts[warehouse][1]

    def read_facts(self, warehouse: str) -> dict[str, Any]:
        """Read a warehouse's reference data and keep it."""
        self.pace(warehouse)
        value = self.account(warehouse).reference_data()
        self.store.run(
            "insert into partner_fact (connection, value) values (%s, %s)"
            " on conflict (connection) do update set value = excluded.value, read_at = now()",
            warehouse,
            json.dumps(value),
        )
        self._facts[warehouse] = (time.monotonic(), value)
        return value

    def close(self) -> None:
        """Give everything back."""
        if "store" in self.__dict__:
            self.store.close()
