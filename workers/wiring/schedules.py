"""What runs when in this deployment: every scheduled thing of every queue, by name."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from workers.dispatch_in import polls, read_back
from workers.domain import calendar, garments
from workers.edi import collect
from workers.edi.control_numbers import look_at_folders
from workers.journal import entries
from workers.ledger import locks
from workers.orders_out import polls as orders_out_polls
from workers.returns_in import credit_notes, goods_in, ungraded
from workers.sku_sync import garment_setup, item_files
from workers.sku_sync import polls as sku_sync_polls
from workers.spine import (
    alarms,
    dead_letters,
    expectations,
    gates,
    history,
    laid_settings,
    poison,
    polling,
    reading,
    restored,
    ringer,
    scheduler,
    watch,
)
from workers.spine import schedule_names as names
from workers.spine.dead_letters import Standing
from workers.spine.laid_settings import Taken
from workers.spine.ringer import Bell, convict
from workers.spine.runtime import Runtime
from workers.spine.scheduler import Scheduled, each
from workers.stock_in import (
    count_differences,
    counts,
    demand,
    due,
    garment_cases,
    garment_files,
    levels,
    movements,
    not_carried,
    sites,
    write_offs,
)
from workers.wiring.readers import reader_for

TICK = 0.5  # seconds: the finest schedule


def schedules(
    runtime: Runtime, ring: Callable[[Bell], None], show: Callable[[Standing], None] | None = None
) -> dict[str, Scheduled]:
    """Everything that is scheduled in this deployment, by name. ``show`` takes the dead letters that stand."""
    every = runtime.configuration.fleet.intervals
    erp = runtime.configuration.erp.name

    def read() -> int:
        read = reading.read_inbox(runtime, lambda connection, source: reader_for(runtime, connection, source))
        if read:
            ringer.ring_ready(runtime, ring)
        return read

    def release() -> None:
        released = ringer.release_lost(runtime)
        convict(runtime, released)
        due.delay_after_crash(runtime, released)

    def ring_all() -> None:
        each(
            lambda: ringer.mark_dead_processes(runtime),
            release,
            lambda: restored.look_at_mark(runtime),  # before anything is rung
            lambda: ringer.ring_ready(runtime, ring),
            lambda: ringer.ring_dead(runtime, ring),
            lambda: poison.sweep(runtime.store, runtime.redis),
        )

    listed = [
        Scheduled(names.RING, TICK, ring_all, watched=False),
        Scheduled(names.READ, TICK, read, watched=False),
        Scheduled(names.GATES, 1.0, lambda: gates.tend(runtime), watched=False),
        Scheduled(names.WATCH, 10.0, lambda: watch.look(runtime), watched=False),
        Scheduled(names.ALARMS, 2.0, lambda: alarms.send_alerts(runtime), watched=False),
        Scheduled(names.EXPECTATIONS, 5.0, lambda: expectations.check(runtime)),
        Scheduled(names.PURGE, 6 * 3600.0, lambda: history.purge(runtime)),
        Scheduled(names.HISTORY, 600.0, lambda: history.count_settled(runtime)),
        Scheduled(names.orders(erp), every.orders, lambda: orders_out_polls.poll_orders(runtime), erp),
        Scheduled(names.open_orders(erp), every.sweep, lambda: orders_out_polls.poll_open_orders(runtime), erp),
        Scheduled(names.catalogue(erp), every.catalogue, lambda: sku_sync_polls.poll_catalogue(runtime), erp),
        Scheduled(
            names.whole_catalogue(erp), every.catalogue_whole, partial(sku_sync_polls.compare_catalogue, runtime), erp
        ),
        Scheduled(
            names.missing_products(erp), min(every.catalogue, 30.0), lambda: sku_sync_polls.poll_asked(runtime), erp
        ),
        Scheduled(names.read_back(erp), every.read_back, lambda: read_back.read_back(runtime), erp),
    ]
    if show is not None:
        listed.append(
            Scheduled(names.DEAD_LETTERS, 30.0, lambda: show(dead_letters.standing(runtime.store)), watched=False)
        )
    for warehouse in runtime.configuration.warehouses:
        name = warehouse.name
        listed.append(
            Scheduled(
                names.reference_data(name), every.reference_data, partial(polling.read_facts, runtime, name), name
            )
        )
        listed += _of_warehouse(runtime, name)
    listed += [
        Scheduled(names.credit_notes(erp), every.credit_notes, partial(credit_notes.poll, runtime), erp),
        Scheduled(names.UNGRADED, 3600.0, partial(ungraded.check, runtime)),
        Scheduled(names.PURGE_RETURNS, 6 * 3600.0, partial(ungraded.purge, runtime)),
    ]
    if runtime.configuration.stock.levels != "off":
        listed += _of_stock(runtime)
    return {scheduled.name: scheduled for scheduled in listed}


def _of_warehouse(runtime: Runtime, name: str) -> list[Scheduled]:
    """What each part of a warehouse needs: orders and receipts asked for, folders looked into, items sent."""
    parts, sweep = runtime.warehouse(name).parts, runtime.configuration.fleet.intervals.sweep
    homes = {home: facility for home, (whose, facility) in runtime.configuration.homes.items() if whose == name}
    listed: list[Scheduled] = []
    if parts.order_reads:
        every = parts.order_reads.read_every or sweep
        listed.append(Scheduled(names.sweep(name), every, partial(polls.sweep, runtime, name), name))
    if parts.goods_in:
        listed += [Scheduled(names.goods_in(at), sweep, partial(goods_in.sweep, runtime, at), name) for at in homes]
    if parts.files:
        listed += [
            Scheduled(
                names.files(at), parts.files.poll_every, partial(collect.take_files, runtime, name, facility), name
            )
            for at, facility in homes.items()
        ]
    if parts.past:
        every = runtime.configuration.fleet.intervals.reference_data
        listed.append(Scheduled(names.numbers(name), every, partial(look_at_folders, runtime, name), name))
    if parts.garments and parts.garments.files:
        every = parts.garments.files.poll_every
        listed.append(Scheduled(names.stock_files(name), every, partial(garment_files.poll_files, runtime, name), name))
    if parts.garment_orders:
        again = parts.garment_setup.post_every if parts.garment_setup else sweep
        listed.append(Scheduled(names.garment_setup(name), again, partial(garment_setup.tend, runtime, name), name))
    if parts.item_files:
        every = parts.item_files.post_every
        listed.append(Scheduled(names.items(name), every, partial(item_files.post_files, runtime, name)))
    return listed


def _of_stock(runtime: Runtime) -> list[Scheduled]:
    every, erp = runtime.configuration.stock, runtime.configuration.erp.name

    def post() -> None:
        due.try_again(runtime)
        due.post_due(runtime)

    listed = [
        Scheduled(names.STOCK, TICK, post, watched=False),
        Scheduled(names.JOURNAL, 2.0, partial(entries.enter_new, runtime), watched=False),
        Scheduled(names.NOT_CARRIED, 60.0, partial(not_carried.check, runtime)),
        Scheduled(names.DIFFERENCES, 30.0, partial(count_differences.check, runtime)),
        Scheduled(names.WRITE_OFFS, 30.0, partial(write_offs.check, runtime)),
        Scheduled(names.HIRES, 3600.0, partial(garment_cases.check_hires, runtime)),
        Scheduled(names.RESTS, 60.0, partial(garments.end_rests, runtime.store)),
        Scheduled(names.PURGE_STOCK, 3600.0, partial(due.purge, runtime)),
        Scheduled(names.reference_data(erp), runtime.configuration.fleet.intervals.reference_data,
                  partial(polling.read_facts, runtime, erp), erp),
        Scheduled(names.demand(erp), every.demand, partial(demand.poll_demand, runtime), erp),
        Scheduled(names.compare_levels(erp), every.compare, partial(levels.compare, runtime), erp),
    ]  # fmt: skip
    for home, (connection, _facility) in runtime.configuration.homes.items():
        if runtime.warehouse(connection).parts.stock is None:
            continue
        listed += [
            Scheduled(
                names.movements(home), every.movements, partial(movements.poll_movements, runtime, home), connection
            ),
            Scheduled(names.count(home), every.count, partial(counts.count_building, runtime, home), connection),
        ]
    return listed


def install(runtime: Runtime, listed: dict[str, Scheduled]) -> None:
    """Make the rows of connections, slots, schedules and the stock's sites what the configuration says.

    Where a newer release has laid those of the same ``fleet.toml`` they stay. Raises Outdated where a newer file was.
    """
    with runtime.store.transaction() as db:
        locks.hold(db, locks.SETTINGS)
        if laid_settings.take(db, laid_settings.digest_of(runtime.configuration)) is Taken.KEEP:
            return
        scheduler.install(runtime, listed)
        sites.install(runtime)
        calendar.install(runtime)
