"""Shut connections: probes them one at a time, opens them, shuts on a burst of deaths, alerts once each way.

``limits.Health`` shuts a connection after failures; gates of SKUs are opened by ``domain/catalogue``.
"""

from __future__ import annotations

from typing import Any

import structlog

from adapters.errors import ReachError, Rejected, Unauthorised
from workers.ledger.store import Store
from workers.observability import alerts
from workers.spine import exceptions, restored
from workers.spine.alarms import OWN_ALERT
from workers.spine.limits import reopen, shut
from workers.spine.live import NOT_LIVE, tell_of_new
from workers.spine.runtime import Runtime

PAUSED = "paused"  # a person shut it; nothing opens it but a person
PAUSE_STANDS = "connection_paused"  # its exception, so that nobody forgets it
BY_PEOPLE_ALONE = (NOT_LIVE, PAUSED, "suspect_release", "restored_suspected")

log = structlog.get_logger(__name__)


def tend(runtime: Runtime) -> int:
    """Open what may open, probe what is due, and alert about what is new. Returns how many were opened."""
    opened = _waits_over(runtime)
    _stays_open(runtime)
    tell_of_new(runtime.store)
    failures: list[Exception] = []
    _send_shut(runtime.store)
    shut_now = runtime.store.rows(
        "select * from connection where shut_kind not in ('throttled', 'not_live', 'restored_suspected', 'paused')"
    )
    for row in shut_now:
        if not row["alerted"]:
            _file_shut(runtime, row)
            _send_shut(runtime.store)
        if row["shut_kind"] == "suspect_release":
            continue  # only a person opens that
        try:
            opened += _try_to_open(runtime, row["name"])
        except Exception as error:  # noqa: BLE001  a fault of ours in one probe leaves the other connections alone
            log.warning("a probe failed", connection=row["name"], error=type(error).__name__)
            failures.append(error)
    _bursts(runtime)
    if failures:
        raise failures[0]
    return opened


def _try_to_open(runtime: Runtime, name: str) -> bool:
    due = runtime.store.run(
        "update connection set probe_at = now() + interval '3 seconds' where name = %s and shut_kind is not null"
        " and (probe_at is null or probe_at <= now())",
        name,
    )
    return bool(due) and _probe(runtime, name) and _open(runtime.store, name)


def _waits_over(runtime: Runtime) -> int:
    return runtime.store.run(
        "update connection set shut_kind = null, shut_since = null, shut_reason = null, shut_until = null,"
        " opened_at = now()"
        " where shut_kind = 'throttled' and shut_until <= now()"
    )


def _probe(runtime: Runtime, name: str) -> bool:
    try:
        runtime.account(name).ping()
    except Rejected as error:
        log.info("it answers, and refuses the probe", connection=name, kind=error.symbol)
    except ReachError as error:
        log.info("still shut", connection=name, kind=error.kind)
        if isinstance(error, Unauthorised):
            runtime.store.run(
                "update connection set probe_at = greatest(probe_at, now() + gentle_pause(trouble_since))"
                " where name = %s",
                name,
            )
        return False
    return True


def open_connection(store: Store, name: str, who: str = "a person") -> bool:
    """Open a connection's gate for a person, also a paused one, and say so. False when it was not shut.

    ``live.set_live`` opens one that is not live.
    """
    return _open(store, name, who)


def _open(store: Store, name: str, who: str = "") -> bool:
    """Open it, for a person where ``who`` names one; then it is well at once. Else it is when it stays open.

    One that was paused or suspected while it was probed stays shut.
    """
    seconds = reopen(store, name, but_not=(NOT_LIVE,) if who else BY_PEOPLE_ALONE)
    if seconds is None:
        return False
    if who:
        _well(store, name, seconds)
        store.run("update connection set trouble_since = null where name = %s", name)
        exceptions.close(store.run, PAUSE_STANDS, f"connection:{name}", "it was opened", who)
    restored.over(store.run, name, "a person opened it: the ledger is whole", "a person")
    # what waits for its back-off need not wait any more, unless it is in doubt
    store.run(
        "update message set due_at = now() where connection = %s and state = 'waiting' and maybe_sent_at is"
        " null and due_at > now()",
        name,
    )
    store.run("select wake()")
    return True


def _well(store: Store, name: str, seconds: float) -> None:
    """Say that it is over, and close what stands about it. A crash in between repeats it, and never loses it."""
    _send_shut(store)  # in order, should its process have died before it was sent
    for row in store.rows(
        "select e.id, e.kind, e.reason, (select count(*) from message where connection = e.connection"
        " and state in ('queued', 'waiting')) as waiting from exception e"
        " where e.state = 'open' and e.kind = any (%s) and e.subject = %s",
        list(OWN_ALERT),
        f"connection:{name}",
    ):
        alerts.gate_opened(
            connection=name,
            kind=_how(row),
            shut_for_seconds=seconds,
            released=row["waiting"],
            exception=row["id"],
        )
        alerts.flush()
        exceptions.close(store.run, row["kind"], f"connection:{name}", "it answers again")


def _how(row: dict[str, Any]) -> str:
    """How its calls fail, as Sentry names it."""
    return str(row["kind"] if row["kind"] == "suspect_release" else row["reason"].split(":")[0])


def _stays_open(runtime: Runtime) -> None:
    """End the trouble of connections that stay open: a partner may come back hesitantly, and that is one trouble.

    After ten seconds it is over; after a minute where it was over once and was not.
    """
    for row in runtime.store.rows(
        "select c.name, extract(epoch from c.opened_at - coalesce(c.trouble_since, e.first_at))::float as seconds"
        "  from connection c join exception e on e.state = 'open' and e.kind = 'connection_shut'"
        "   and e.subject = 'connection:' || c.name"
        " where c.shut_kind is null and c.opened_at < now() - case when exists"
        "       (select 1 from exception b where b.subject = e.subject and b.kind = e.kind"
        "           and b.closed_at > c.trouble_since) then interval '1 minute' else interval '10 seconds' end"
    ):
        _well(runtime.store, row["name"], row["seconds"])
    runtime.store.run(
        "update connection set trouble_since = null where shut_kind is null and trouble_since is not null"
        " and opened_at < now() - interval '1 minute'"
    )


def _file_shut(runtime: Runtime, row: dict[str, Any]) -> None:
    kind = "suspect_release" if row["shut_kind"] == "suspect_release" else "connection_shut"
    name = str(row["name"])
    filing = exceptions.filing(
        kind,
        subject=f"connection:{name}",
        story=f"connection {name}",
        flow="",
        connection=name,
        why=f"{row['shut_kind']}: {row['shut_reason']}",
    )
    with runtime.store.transaction() as db:
        # still shut as it was seen: what opened meanwhile is no trouble any more
        mine = db.execute(
            "update connection set alerted = true where name = %s and not alerted and shut_kind = %s",
            (name, row["shut_kind"]),
        )
        if mine.rowcount:
            db.execute(filing.sql, filing.values)


def _send_shut(store: Store) -> None:
    """Alert once of each that was filed, whoever filed it. A crash in between repeats an alert, and never loses it."""
    rows = store.rows(
        "select e.id, e.kind, e.connection, e.reason, e.first_at from exception e"
        " where not e.alerted and e.kind = any (%s) order by e.id",
        list(OWN_ALERT),
    )
    for row in rows:
        alerts.gate_shut(connection=row["connection"], kind=_how(row), since=row["first_at"], exception=row["id"])
    if rows:
        alerts.flush()
        store.run("update exception set alerted = true where id = any (%s)", [row["id"] for row in rows])


def _bursts(runtime: Runtime) -> None:
    """Many messages that died of one new kind within a minute shut the connection: one alert, not ten thousand."""
    for row in runtime.store.rows(
        "select m.connection, m.error_kind, count(*) as n from message m join connection c on c.name = m.connection"
        " where m.state = 'dead' and m.attempt > 0 and m.state_since > now() - interval '1 minute'"
        " and (c.opened_at is null or m.state_since > c.opened_at)"  # what a person has judged is no new burst
        " group by 1, 2 having count(*) >= %s",
        runtime.configuration.fleet.limits.burst,
    ):
        why = f"{row['n']} messages died of {row['error_kind']} within a minute"
        shut(runtime.store, row["connection"], "suspect_release", why)
