"""What runs on a schedule. Each is a claimed row, so two beats do no harm and a lost bell costs one turn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import structlog

from adapters.errors import ReachError, Throttled, Unauthorised
from workers import alarms, alerts, expectations, gates, intake, poison, proof, reading, ringer, stock_in
from workers.intake import Busy
from workers.journal import entering
from workers.policy import verdict
from workers.returns import asking, crediting
from workers.ringer import Bell
from workers.runtime import Runtime
from workers.stock import counting, demand, levels, movements, not_carried
from workers.told import differences, item_files, taking
from workers.wiring import reader_for

log = structlog.get_logger(__name__)

TICK = 0.5  # seconds: the finest schedule


@dataclass(frozen=True, slots=True)
class Scheduled:
    """Something that runs every so many seconds; ``connection`` is the one it talks to, empty for none."""

    name: str
    every: float
    run: Callable[[], object]
    connection: str = ""
    watched: bool = True  # a cron monitor in Sentry


def schedules(runtime: Runtime, ring: Callable[[Bell], None]) -> dict[str, Scheduled]:
    """Everything that is scheduled in this deployment, by name."""
    every = runtime.configuration.fleet.intervals
    erp = runtime.configuration.erp.name

    def read() -> int:
        read = reading.read_inbox(runtime, lambda connection, source: reader_for(runtime, connection, source))
        if read:
            ringer.ring_ready(runtime, ring)
        return read

    def ring_all() -> None:
        ringer.bury(runtime)
        poison.sweep(runtime.store, runtime.redis)
        released = ringer.release_lost(runtime)
        _convict(runtime, released)
        stock_in.wait_out(runtime, released)
        ringer.ring_ready(runtime, ring)
        ringer.ring_dead(runtime, ring)

    listed = [
        Scheduled("ring", TICK, ring_all, watched=False),
        Scheduled("read", TICK, read, watched=False),
        Scheduled("gates", 1.0, lambda: gates.tend(runtime), watched=False),
        Scheduled("alarms", 2.0, lambda: alarms.sound(runtime), watched=False),
        Scheduled("expectations", 5.0, lambda: expectations.check(runtime)),
        Scheduled("purge", 6 * 3600.0, lambda: purge(runtime)),
        Scheduled(f"orders {erp}", every.orders, lambda: intake.poll_orders(runtime), erp),
        Scheduled(f"open orders {erp}", every.sweep, lambda: intake.poll_open_orders(runtime), erp),
        Scheduled(f"catalogue {erp}", every.catalogue, lambda: intake.poll_catalogue(runtime), erp),
        Scheduled(f"asked {erp}", min(every.catalogue, 30.0), lambda: intake.poll_asked(runtime), erp),
        Scheduled(f"read-back {erp}", every.read_back, lambda: proof.read_back(runtime), erp),
    ]
    for warehouse in runtime.configuration.warehouses:
        name = warehouse.name
        listed.append(
            Scheduled(f"reference data {name}", every.reference_data, partial(runtime.read_facts, name), name)
        )
        if warehouse.tells:
            listed += _of_files(runtime, name)
        else:
            listed.append(Scheduled(f"sweep {name}", every.sweep, partial(intake.sweep, runtime, name), name))
    listed.append(Scheduled(f"credit notes {erp}", every.credit_notes, partial(crediting.poll, runtime), erp))
    for home, (connection, _facility) in runtime.configuration.asked_homes.items():
        listed.append(Scheduled(f"goods in {home}", every.sweep, partial(asking.sweep, runtime, home), connection))
    if runtime.configuration.stock.levels != "off":
        listed += _of_stock(runtime)
    return {scheduled.name: scheduled for scheduled in listed}


def _of_files(runtime: Runtime, name: str) -> list[Scheduled]:
    """What a warehouse that speaks by files needs: its folders looked into, one by one, and items sent in batches."""
    files = runtime.telling(name).files
    return [
        *(
            Scheduled(f"files {home}", files.poll_every, partial(taking.take_files, runtime, name, facility), name)
            for home, (connection, facility) in runtime.configuration.homes.items()
            if connection == name
        ),
        Scheduled(f"items {name}", min(files.poll_every, 30.0), partial(item_files.post_files, runtime, name)),
    ]


def _of_stock(runtime: Runtime) -> list[Scheduled]:
    every, erp = runtime.configuration.stock, runtime.configuration.erp.name

    def post() -> None:
        stock_in.try_again(runtime)
        stock_in.post_due(runtime)

    listed = [
        Scheduled("stock", TICK, post, watched=False),
        Scheduled("journal", 2.0, partial(entering.enter_new, runtime), watched=False),
        Scheduled("stock not carried", 60.0, partial(not_carried.check, runtime)),
        Scheduled("stock differences", 30.0, partial(differences.check, runtime)),
        Scheduled("purge stock", 3600.0, partial(stock_in.purge, runtime)),
        Scheduled(f"reference data {erp}", runtime.configuration.fleet.intervals.reference_data,
                  partial(runtime.read_facts, erp), erp),
        Scheduled(f"demand {erp}", every.demand, partial(demand.poll_demand, runtime), erp),
        Scheduled(f"compare levels {erp}", every.compare, partial(levels.compare, runtime), erp),
    ]  # fmt: skip
    for home, (connection, _facility) in runtime.configuration.asked_homes.items():
        listed += [
            Scheduled(
                f"movements {home}", every.movements, partial(movements.poll_movements, runtime, home), connection
            ),
            Scheduled(f"count {home}", every.count, partial(counting.count_building, runtime, home), connection),
        ]
    return listed


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
    stock_in.install(runtime)


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
        _file(runtime, name, failure)
    else:
        runtime.store.run("select close_exception('schedule_failed', %s, 'it ran', 'fleet')", f"schedule:{name}")
    runtime.store.run(
        "update schedule set running = null, last_end = now(), last_error = %s where name = %s and running = %s",
        failure,
        name,
        runtime.store.process_id,
    )
    return failure is None


def _file(runtime: Runtime, name: str, failure: str) -> None:
    told = verdict("schedule_failed")
    runtime.store.run(
        "select file_exception('schedule_failed', %s, %s, '', '', %s, %s, %s, %s, null, null)",
        f"schedule:{name}",
        f"schedule {name}",
        told.owner,
        told.severity,
        f"{name} fails with {failure}",
        told.next_step,
    )


def _convict(runtime: Runtime, released: list[dict[str, object]]) -> None:
    """A message that was alone when its process died is what killed it."""
    for row in released:
        if row["convicted"]:
            runtime.store.run(
                "update message set state = 'dead', state_since = now(), error_kind = 'kills_worker',"
                " error = 'the process that worked on it alone died' where id = %s and state = 'waiting'",
                row["id"],
            )


def purge(runtime: Runtime) -> None:
    """Make next month's partition of records, and drop those that are too old."""
    runtime.store.run("select keep_partitions(%s)", runtime.configuration.fleet.keep_bodies_months)
