"""What runs on a schedule. Each is a claimed row, so two beats do no harm and a lost bell costs one turn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import structlog

from adapters.errors import ReachError, Throttled, Unauthorised
from workers.observability import alerts
from workers.spine import exceptions
from workers.spine.polling import Busy
from workers.spine.runtime import Runtime

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Scheduled:
    """Something that runs every so many seconds; ``connection`` is the one it talks to, empty for none."""

    name: str
    every: float
    run: Callable[[], object]
    connection: str = ""
    watched: bool = True  # a cron monitor in Sentry


def install(runtime: Runtime, listed: dict[str, Scheduled]) -> None:
    """Make the rows of connections, slots and schedules what the configuration says."""
    with runtime.store.transaction() as db:
        db.execute("select pg_advisory_xact_lock(4201978)")
        for connection in runtime.configuration.connections.values():
            db.execute(
                "insert into connection (name, system) values (%s, %s) on conflict (name) do update set system"
                " = excluded.system",
                (connection.name, connection.system),
            )
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
                "insert into schedule (name, every) values (%s, %s) on conflict (name) do update set every ="
                " excluded.every,"
                " due_at = least(schedule.due_at, now() + excluded.every)",
                (scheduled.name, timedelta(seconds=scheduled.every)),
            )
        db.execute("delete from schedule where name <> all (%s)", (list(listed),))


def run_due(runtime: Runtime, listed: dict[str, Scheduled], name: str) -> bool:
    """Run one scheduled thing if it is due and nobody runs it. False when there was nothing to do."""
    scheduled = listed.get(name)
    if scheduled is None:
        return False
    claimed = runtime.store.row(
        "update schedule set running = %s, lease_until = now() + make_interval(secs => %s), last_start = now(),"
        " due_at = now() + every where name = %s and due_at <= now()"
        " and (running is null or lease_until < now() or not exists (select 1 from process p where p.id = running"
        " and p.beat_at > now() - make_interval(secs => %s))) returning name",
        runtime.store.process_id,
        max(600.0, 2 * scheduled.every),
        name,
        runtime.configuration.fleet.limits.process_silent,
    )
    if claimed is None:
        return False
    failure: str | None = None
    try:
        if scheduled.watched:
            with alerts.check_in(name.replace(" ", "-"), every_seconds=scheduled.every):
                scheduled.run()
        else:
            scheduled.run()
        if scheduled.connection:
            runtime.health.well(scheduled.connection)
    except Busy as error:
        failure = str(error)
    except Throttled as error:
        failure = error.what
        runtime.health.told_to_wait(scheduled.connection, error.retry_after or 5.0)
    except ReachError as error:
        failure = error.what
        runtime.health.failed(scheduled.connection, error.kind, error.what, at_once=isinstance(error, Unauthorised))
    except Exception as error:
        log.exception("a scheduled run failed", schedule=name)
        failure = type(error).__name__
        exceptions.file(
            runtime.store.run,
            "schedule_failed",
            subject=f"schedule:{name}",
            story=f"schedule {name}",
            flow="",
            connection="",
            why=f"{name} fails with {failure}",
        )
    else:
        exceptions.close(runtime.store.run, "schedule_failed", f"schedule:{name}", "it ran")
    runtime.store.run(
        "update schedule set running = null, last_end = now(), last_error = %s where name = %s and running = %s",
        failure,
        name,
        runtime.store.process_id,
    )
    return failure is None


def purge(runtime: Runtime) -> None:
    """Make next month's partition of records, and drop those that are too old."""
    runtime.store.run("select keep_partitions(%s)", runtime.configuration.fleet.keep_bodies_months)
