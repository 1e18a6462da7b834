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
    shut_now = runtime.store.rows(
        "select * from connection where shut_kind not in ('throttled', 'not_live', 'restored_suspected', 'paused')"
    )
    for row in shut_now:
        if not row["alerted"]:
            _alert_shut(runtime, row)
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
    """Open it, for a person where ``who`` names one.

    One that was shut again soon after its last opening is not said to be well before it stays open. One that was paused
    or suspected while it was probed stays shut.
    """
    row = store.row(
        "select shut_kind, coalesce(trouble_since < shut_since, false) as again from connection where name = %s", name
    )
    seconds = reopen(store, name, but_not=(NOT_LIVE,) if who else BY_PEOPLE_ALONE)
    if seconds is None or row is None:
        return False
    if (who or not row["again"]) and (row["shut_kind"] != PAUSED or _is_told(store, name)):
        _well(store, name, row["shut_kind"], seconds)
    if who:
        store.run("update connection set trouble_since = null where name = %s", name)
        exceptions.close(store.run, PAUSE_STANDS, f"connection:{name}", "it was opened", who)
    exceptions.close(store.run, "suspect_release", f"connection:{name}", "opened")
    restored.over(store.run, name, "a person opened it: the ledger is whole", "a person")
    # what waits for its back-off need not wait any more, unless it is in doubt
    store.run(
        "update message set due_at = now() where connection = %s and state = 'waiting' and maybe_sent_at is"
        " null and due_at > now()",
        name,
    )
    store.run("select wake()")
    return True


def _is_told(store: Store, name: str) -> bool:
    """Whether somebody was told that it is down: it was, before it was paused."""
    told = "select 1 from exception where state = 'open' and kind = 'connection_shut' and subject = %s"
    return store.row(told, f"connection:{name}") is not None


def _well(store: Store, name: str, kind: str, seconds: float) -> None:
    waiting = store.row(
        "select count(*) as n from message where connection = %s and state in ('queued', 'waiting')", name
    )
    alerts.gate_opened(connection=name, kind=kind, shut_for_seconds=seconds, released=waiting["n"] if waiting else 0)
    exceptions.close(store.run, "connection_shut", f"connection:{name}", "it answers again")


def _stays_open(runtime: Runtime) -> None:
    """End the trouble of connections that have been open for a minute."""
    for row in runtime.store.rows(
        "with over as (select name, trouble_since from connection where shut_kind is null and trouble_since is not null"
        "               and opened_at < now() - interval '1 minute' for update)"
        " update connection c set trouble_since = null from over o where c.name = o.name returning c.name,"
        " extract(epoch from c.opened_at - o.trouble_since)::float as seconds, exists (select 1 from exception e"
        "  where e.state = 'open' and e.kind = 'connection_shut' and e.subject = 'connection:' || c.name) as told"
    ):
        if row["told"]:
            _well(runtime.store, row["name"], "again and again", row["seconds"])


def _alert_shut(runtime: Runtime, row: dict[str, Any]) -> None:
    mine = runtime.store.run("update connection set alerted = true where name = %s and not alerted", row["name"])
    if not mine:
        return
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
    filed = runtime.store.row(filing.sql, *filing.values)
    if filed and filed["new"]:
        alerts.gate_shut(connection=name, kind=str(row["shut_kind"]), since=row["shut_since"])


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
