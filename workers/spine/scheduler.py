"""What runs on a schedule. Each is a claimed row, so two beats do no harm and a lost bell costs one turn."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import timedelta

import psycopg
import structlog

from adapters.errors import ReachError, Rejected, Throttled, Unauthorised
from workers.ledger import locks
from workers.ledger.store import within
from workers.observability import alerts
from workers.spine import exceptions, live, restored, their_words
from workers.spine.limits import resting
from workers.spine.polling import Busy
from workers.spine.runtime import Runtime
from workers.spine.turn import NotYet

log = structlog.get_logger(__name__)

LEASE = 30.0  # seconds; renewed by the heart of the process that runs it

# What this process runs it knows itself; what another one runs it holds by the lease that its heart renews.
CLAIM = (
    "update schedule set running = %(me)s, lease_until = now() + make_interval(secs => %(lease)s),"
    " last_start = case when name = any (%(at_it)s) then last_start else now() end,"
    " due_at = now() + every where name = any (%(names)s) and (%(kept)s or is_due(due_at, every))"
    " and (running is null or running = %(me)s or lease_until < now() or not exists (select 1 from process p"
    " left join judgement j on true where p.id = running and not is_silent(p.beat_at, make_interval(secs =>"
    " %(silent)s), coalesce(j.gap_ended_at, '-infinity'), coalesce(j.gap, '0')))) returning name"
)


@dataclass(frozen=True, slots=True)
class Scheduled:
    """Something that runs every so many seconds; ``connection`` is the one it talks to, empty for none."""

    name: str
    every: float
    run: Callable[[], object]
    connection: str = ""
    watched: bool = True  # a cron monitor in Sentry


def install(runtime: Runtime, listed: dict[str, Scheduled]) -> None:
    """Make the rows of connections, slots and schedules what the configuration says. A new connection is not live."""
    with runtime.store.transaction() as db:
        locks.hold(db, locks.SCHEDULES)
        restored.identify(within(db))
        for connection in runtime.configuration.connections.values():
            live.add_connection(db, connection.name, connection.system)
            for lane, size in {"*": connection.concurrency, **connection.shares}.items():
                db.execute(
                    "insert into slot (connection, lane, number) select %s, %s, n from generate_series(1, %s) n"
                    " on conflict do nothing",
                    (connection.name, lane, size),
                )
                db.execute(
                    "delete from slot where connection = %s and lane = %s and number > %s and holder is null",
                    (connection.name, lane, size),
                )
        for scheduled in listed.values():
            db.execute(
                "insert into schedule (name, every, connection) values (%s, %s, %s) on conflict (name) do update set"
                " every = excluded.every, connection = excluded.connection,"
                " due_at = least(schedule.due_at, now() + excluded.every)",
                (scheduled.name, timedelta(seconds=scheduled.every), scheduled.connection),
            )
        db.execute("delete from schedule where name <> all (%s)", (list(listed),))


def bring_forward(run: exceptions.Run, name: str) -> None:
    """Make a scheduled thing due now, in the transaction of ``run``."""
    run("update schedule set due_at = now() where name = %s", name)


def run_due(runtime: Runtime, listed: dict[str, Scheduled], name: str) -> bool:
    """Run one scheduled thing if it is due and nobody runs it. False when it was not run, or failed."""
    scheduled = listed.get(name)
    if scheduled is None or name in runtime.running | runtime.kept:
        return False
    if not _claim(runtime, [name], kept=False):
        return False
    runtime.running.add(name)
    try:
        failure = _run(runtime, scheduled)
        _ended(runtime, name, failure)
    finally:
        runtime.running.discard(name)
    return failure is None


def _claim(runtime: Runtime, names: list[str], *, kept: bool, at_it: Collection[str] = ()) -> set[str]:
    """Claim those that are due, or all that nobody else runs (``kept``). ``at_it`` began before this and go on."""
    rows = runtime.store.rows_of(
        CLAIM,
        {
            "me": runtime.store.process_id,
            "lease": LEASE,
            "names": names,
            "kept": kept,
            "at_it": list(at_it),
            "silent": runtime.configuration.fleet.limits.process_silent,
        },
    )
    return {row["name"] for row in rows}


def keep(runtime: Runtime, names: list[str], at_it: Collection[str]) -> set[str]:
    """Claim scheduled things for this process until it releases them, if nobody else runs them. Returns what it keeps.

    Called again before ``LEASE`` is over: what its process does not keep any more, another one may run. ``at_it`` are
    those with a run that goes on since the last call: their ``last_start`` stays, and tells how long.
    """
    kept = _claim(runtime, names, kept=True, at_it=at_it)
    runtime.kept = kept
    return kept


def release(runtime: Runtime, names: list[str]) -> None:
    """Let go what this process keeps: another one may run it at once."""
    runtime.kept = set()
    runtime.store.run(
        "update schedule set running = null where running = %s and name = any (%s)", runtime.store.process_id, names
    )


def run_kept(runtime: Runtime, scheduled: Scheduled, *, failing: bool) -> bool:
    """Run one that this process keeps. Writes of it only where it fails, or did (``failing``). True when it failed."""
    failure = _run(runtime, scheduled, failing=failing)
    if failure is not None or failing:
        _ended(runtime, scheduled.name, failure, kept=True)
    return failure is not None


def renew(runtime: Runtime, run: exceptions.Run) -> None:
    """Renew the leases of what this process runs: its heart does so, and a run that was cut off lapses in seconds."""
    if runtime.running:
        run(
            "update schedule set lease_until = now() + make_interval(secs => %s) where running = %s"
            " and name = any (%s)",
            LEASE,
            runtime.store.process_id,
            list(runtime.running),
        )


def _run(runtime: Runtime, scheduled: Scheduled, *, failing: bool = True) -> str | None:
    """Run it. Returns why it failed, None when it did not. ``failing``: an exception may be open from before."""
    try:
        if scheduled.watched:
            with alerts.check_in(scheduled.name.replace(" ", "-"), every_seconds=scheduled.every):
                scheduled.run()
        else:
            scheduled.run()
    except (Busy, NotYet) as error:
        return str(error)
    except ReachError as error:
        _judge(runtime, scheduled.connection, error)
        their_words.keep(
            runtime.store.run,
            error.theirs,
            story=f"schedule {scheduled.name}",
            subject=f"schedule:{scheduled.name}",
            connection=scheduled.connection,
        )
        return error.what
    except psycopg.OperationalError as error:
        return f"the ledger was away: {type(error).__name__}"
    except Exception as error:
        log.exception("a scheduled run failed", schedule=scheduled.name)
        why = f"{scheduled.name} fails with {type(error).__name__}"
        exceptions.file(
            runtime.store.run,
            "schedule_failed",
            subject=f"schedule:{scheduled.name}",
            story=f"schedule {scheduled.name}",
            flow="",
            connection="",
            why=why,
        )
        return type(error).__name__
    if scheduled.connection:
        runtime.health.well(scheduled.connection)
    if failing:
        exceptions.close(runtime.store.run, "schedule_failed", f"schedule:{scheduled.name}", "it ran")
    return None


def _judge(runtime: Runtime, connection: str, error: ReachError) -> None:
    """What a poll's error says of its connection. A refusal says that it answers."""
    if isinstance(error, Throttled):
        runtime.health.told_to_wait(connection, resting(error.retry_after))
    elif isinstance(error, Rejected):
        runtime.health.well(connection)
    else:
        runtime.health.failed(connection, error.kind, error.what, at_once=isinstance(error, Unauthorised))


def _ended(runtime: Runtime, name: str, failure: str | None, *, kept: bool = False) -> None:
    """Free the row, unless it is kept. What failed is tried again soon.

    It is counted, unless its connection is shut for everybody.
    """
    runtime.store.run_named(
        "update schedule s set running = case when %(kept)s then s.running end, last_end = now(),"
        " last_error = %(failure)s,"
        " failures = case when %(failure)s::text is null then 0 when c.shut_kind is not null then s.failures"
        "            else s.failures + 1 end,"
        " failing_since = case when %(failure)s::text is null then null when c.shut_kind is not null"
        "                 then s.failing_since else coalesce(s.failing_since, now()) end,"
        " due_at = case when %(failure)s::text is null then s.due_at else least(s.due_at,"
        "          now() + retry_schedule_in(s.failures, s.every)) end"
        " from schedule o left join connection c on c.name = o.connection"
        " where o.name = s.name and s.name = %(name)s and s.running = %(process)s",
        {"failure": failure, "name": name, "process": runtime.store.process_id, "kept": kept},
    )


def each(*steps: Callable[[], object]) -> None:
    """Run every step, whatever becomes of the others; then raise the first failure, if there was one."""
    failures: list[Exception] = []
    for step in steps:
        try:
            step()
        except Exception as error:  # noqa: BLE001  raised again below
            failures.append(error)
    if failures:
        raise failures[0]
