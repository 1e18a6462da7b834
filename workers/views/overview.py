"""What people and their tools read from the ledger: figures, connections, exceptions. Nothing here writes.

Each function reads one consistent snapshot. Text that a partner may have had a hand in (reasons, notes)
is masked: what looks like an e-mail address, a phone number or a postcode does not leave the ledger.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection as Reading
from sqlalchemy import Engine

from workers.broker.queues import FLOWS
from workers.views.exception_counts import counted
from workers.views.snapshot import Row, fetch, snapshot

SILENT = 10.0  # seconds without a heartbeat after which a process no longer counts as alive


WINDOW = 300.0  # seconds over which a connection's speed is observed


SETTLED = ("delivered", "superseded", "withdrawn", "not_needed", "dismissed")


@dataclass(frozen=True, slots=True)
class Flow:
    """Counts of a flow's messages by state, purged ones included. ``received`` is the sum of all the other counts.

    ``dead`` counts messages that wait for a person; ``exceptions`` what stands open in the exception
    table, and with it every dead message that has no row there yet (``unfiled``).
    """

    name: str
    received: int
    queued: int
    working: int
    sent: int
    waiting: int
    held: int
    dead: int
    delivered: int
    ended_otherwise: int
    exceptions: int
    unfiled: int


@dataclass(frozen=True, slots=True)
class Connection:
    """A connection's gate and load. ``per_minute`` is what went through lately.

    ``clears_in`` is how many seconds the ready messages take at that speed: None while that cannot be
    said, because the gate is shut or nothing went through in the last five minutes.
    """

    name: str
    system: str
    shut_kind: str | None
    shut_since: datetime | None
    shut_until: datetime | None
    shut_reason: str | None
    waiting: int
    ready: int
    held: int
    calls: int
    slots: int
    per_minute: float
    clears_in: float | None

    @property
    def open(self) -> bool:
        """Whether messages may go."""
        return self.shut_kind is None

    @property
    def how_shut(self) -> str:
        """The word for people: ``paused`` when somebody of ours did it, else ``shut``; empty when it is open."""
        return "" if self.open else "paused" if self.shut_kind == "paused" else "shut"


@dataclass(frozen=True, slots=True)
class Overview:
    """The fleet at one moment of the database's clock. ``processes`` are those with a fresh heartbeat."""

    at: datetime
    flows: tuple[Flow, ...]
    connections: tuple[Connection, ...]
    processes: Mapping[str, int]
    exceptions: int
    unread: int
    oldest_due: float | None


UNFILED = (
    "select m.flow, count(*) as n from message m where m.state = 'dead' and not exists"
    " (select 1 from exception e where e.message_id = m.id and e.state = 'open') group by m.flow"
)


CONNECTIONS = """
with live as (
    select connection, count(*) filter (where state in ('queued', 'waiting')) as waiting,
           count(*) filter (where state in ('queued', 'waiting') and due_at <= now()) as ready,
           count(*) filter (where state = 'held') as held from message group by connection),
gone as (
    select connection, count(*) as n, min(at) as since from (
        select connection, settled_at as at from message_settled
         where settled_at > now() - make_interval(secs => :window) and state in ('delivered', 'not_needed')
        union all
        select connection, state_since from message
         where state = 'sent' and state_since > now() - make_interval(secs => :window)) done
     group by connection),
calls as (
    select connection, count(*) as slots, count(holder) as calls from slot where lane = '*' group by connection)
select c.name, c.system, c.shut_kind, c.shut_since, c.shut_until, c.shut_reason,
       coalesce(l.waiting, 0) as waiting, coalesce(l.ready, 0) as ready, coalesce(l.held, 0) as held,
       coalesce(k.calls, 0) as calls, coalesce(k.slots, 0) as slots, coalesce(g.n, 0) as gone,
       greatest(10.0, extract(epoch from now() - g.since)) as seconds
  from connection c left join live l on l.connection = c.name left join gone g on g.connection = c.name
  left join calls k on k.connection = c.name order by c.system = 'khaos' desc, c.name
"""


OLDEST_DUE = (
    "select extract(epoch from now() - min(m.due_at)) as age from message m join connection c on c.name = m.connection"
    " where m.state in ('queued', 'waiting') and m.behind is null and m.due_at <= now() and c.shut_kind is null"
)


def overview(engine: Engine) -> Overview:
    """The state of the fleet now. Raises sqlalchemy's OperationalError when the ledger is away."""
    with snapshot(engine) as reading:
        live = fetch(reading, "select flow, state, count(*) as n from message group by 1, 2")
        live += fetch(reading, "select flow, state, n from settled_so_far()")
        filed = _by_flow(counted(reading, "flow"))
        unfiled = _by_flow(fetch(reading, UNFILED))
        counts = {(row["flow"], row["state"]): int(row["n"]) for row in live}
        names = list(FLOWS) + sorted({row["flow"] for row in live} - set(FLOWS))
        now = fetch(reading, "select now() as at, (select count(*) from record_unread) as unread")[0]
        return Overview(
            at=now["at"],
            flows=tuple(_flow(name, counts, filed.get(name, 0), unfiled.get(name, 0)) for name in names),
            connections=tuple(map(_connection, fetch(reading, CONNECTIONS, window=WINDOW))),
            processes=processes_alive(reading),
            exceptions=sum(filed.values()) + sum(unfiled.values()),
            unread=now["unread"],
            oldest_due=_oldest(reading),
        )


def _by_flow(rows: list[Row]) -> dict[str, int]:
    return {row["flow"]: int(row["n"]) for row in rows}


def _flow(name: str, counts: Mapping[tuple[str, str], int], filed: int, unfiled: int) -> Flow:
    def of(*states: str) -> int:
        return sum(counts.get((name, state), 0) for state in states)

    return Flow(
        name=name,
        received=sum(n for (flow, _), n in counts.items() if flow == name),
        queued=of("queued"),
        working=of("working"),
        sent=of("sent"),
        waiting=of("waiting"),
        held=of("held"),
        dead=of("dead"),
        delivered=of("delivered"),
        ended_otherwise=of(*(state for state in SETTLED if state != "delivered")),
        exceptions=filed + unfiled,
        unfiled=unfiled,
    )


def _connection(row: Row) -> Connection:
    gone, seconds = row.pop("gone"), float(row.pop("seconds") or WINDOW)
    speed = gone / seconds
    sayable = row["shut_kind"] is None and (speed > 0 or row["ready"] == 0)
    clears = (row["ready"] / speed if speed else 0.0) if sayable else None
    return Connection(**row, per_minute=round(speed * 60, 1), clears_in=None if clears is None else round(clears, 1))


def processes_alive(reading: Reading) -> dict[str, int]:
    """Alive processes by their Procfile name; the node name is ``<name>@<host>``."""
    rows = fetch(
        reading,
        "select split_part(name, '@', 1) as name, count(*) as n from process"
        " where beat_at > now() - make_interval(secs => :silent) group by 1 order by 1",
        silent=SILENT,
    )
    return {row["name"]: int(row["n"]) for row in rows}


def _oldest(reading: Reading) -> float | None:
    age = fetch(reading, OLDEST_DUE)[0]["age"]
    return None if age is None else round(float(age), 1)


@dataclass(frozen=True, slots=True)
class Health:
    """Whether work is going on, for a load balancer or a watchdog."""

    oldest_due: float | None
    processes: Mapping[str, int]


def health(engine: Engine) -> Health:
    """The age in seconds of the oldest message that may go and has not, and who is alive."""
    with snapshot(engine) as reading:
        return Health(_oldest(reading), processes_alive(reading))
