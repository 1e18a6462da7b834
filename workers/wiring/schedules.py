"""What runs when in this deployment: every scheduled thing of every queue, by name."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from workers.dispatch_in import polls, read_back
from workers.domain import calendar
from workers.edi import collect
from workers.journal import entries
from workers.orders_out import polls as orders_out_polls
from workers.returns_in import credit_notes, goods_in
from workers.sku_sync import item_files
from workers.sku_sync import polls as sku_sync_polls
from workers.spine import alarms, expectations, gates, poison, polling, reading, ringer, scheduler, watch
from workers.spine.ringer import Bell, convict
from workers.spine.runtime import Runtime
from workers.spine.scheduler import Scheduled, each, purge
from workers.stock_in import count_differences, counts, demand, due, levels, movements, not_carried, sites
from workers.wiring.readers import reader_for

TICK = 0.5  # seconds: the finest schedule


def schedules(runtime: Runtime, ring: Callable[[Bell], None]) -> dict[str, Scheduled]:
    """Everything that is scheduled in this deployment, by name."""
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
        due.wait_out(runtime, released)

    def ring_all() -> None:
        each(
            lambda: ringer.bury(runtime),
            release,
            lambda: ringer.ring_ready(runtime, ring),
            lambda: ringer.ring_dead(runtime, ring),
            lambda: poison.sweep(runtime.store, runtime.redis),
        )

    listed = [
        Scheduled("ring", TICK, ring_all, watched=False),
        Scheduled("read", TICK, read, watched=False),
        Scheduled("gates", 1.0, lambda: gates.tend(runtime), watched=False),
        Scheduled("watch", 10.0, lambda: watch.look(runtime), watched=False),
        Scheduled("alarms", 2.0, lambda: alarms.sound(runtime), watched=False),
        Scheduled("expectations", 5.0, lambda: expectations.check(runtime)),
        Scheduled("purge", 6 * 3600.0, lambda: purge(runtime)),
        Scheduled(f"orders {erp}", every.orders, lambda: orders_out_polls.poll_orders(runtime), erp),
        Scheduled(f"open orders {erp}", every.sweep, lambda: orders_out_polls.poll_open_orders(runtime), erp),
        Scheduled(f"catalogue {erp}", every.catalogue, lambda: sku_sync_polls.poll_catalogue(runtime), erp),
        Scheduled(
            f"whole catalogue {erp}", every.catalogue_whole, partial(sku_sync_polls.compare_catalogue, runtime), erp
        ),
        Scheduled(f"asked {erp}", min(every.catalogue, 30.0), lambda: sku_sync_polls.poll_asked(runtime), erp),
        Scheduled(f"read-back {erp}", every.read_back, lambda: read_back.read_back(runtime), erp),
    ]
    for warehouse in runtime.configuration.warehouses:
        name = warehouse.name
        listed.append(
            Scheduled(f"reference data {name}", every.reference_data, partial(polling.read_facts, runtime, name), name)
        )
        if warehouse.tells:
            listed += _of_files(runtime, name)
        else:
            listed.append(Scheduled(f"sweep {name}", every.sweep, partial(polls.sweep, runtime, name), name))
    listed.append(Scheduled(f"credit notes {erp}", every.credit_notes, partial(credit_notes.poll, runtime), erp))
    for home, (connection, _facility) in runtime.configuration.asked_homes.items():
        listed.append(Scheduled(f"goods in {home}", every.sweep, partial(goods_in.sweep, runtime, home), connection))
    if runtime.configuration.stock.levels != "off":
        listed += _of_stock(runtime)
    return {scheduled.name: scheduled for scheduled in listed}


def _of_files(runtime: Runtime, name: str) -> list[Scheduled]:
    """What a warehouse that speaks by files needs: its folders looked into, one by one, and items sent in batches."""
    files = runtime.telling(name).files
    return [
        *(
            Scheduled(f"files {home}", files.poll_every, partial(collect.take_files, runtime, name, facility), name)
            for home, (connection, facility) in runtime.configuration.homes.items()
            if connection == name
        ),
        Scheduled(f"items {name}", min(files.poll_every, 30.0), partial(item_files.post_files, runtime, name)),
    ]


def _of_stock(runtime: Runtime) -> list[Scheduled]:
    every, erp = runtime.configuration.stock, runtime.configuration.erp.name

    def post() -> None:
        due.try_again(runtime)
        due.post_due(runtime)

    listed = [
        Scheduled("stock", TICK, post, watched=False),
        Scheduled("journal", 2.0, partial(entries.enter_new, runtime), watched=False),
        Scheduled("stock not carried", 60.0, partial(not_carried.check, runtime)),
        Scheduled("stock differences", 30.0, partial(count_differences.check, runtime)),
        Scheduled("purge stock", 3600.0, partial(due.purge, runtime)),
        Scheduled(f"reference data {erp}", runtime.configuration.fleet.intervals.reference_data,
                  partial(polling.read_facts, runtime, erp), erp),
        Scheduled(f"demand {erp}", every.demand, partial(demand.poll_demand, runtime), erp),
        Scheduled(f"compare levels {erp}", every.compare, partial(levels.compare, runtime), erp),
    ]  # fmt: skip
    for home, (connection, _facility) in runtime.configuration.asked_homes.items():
        listed += [
            Scheduled(
                f"movements {home}", every.movements, partial(movements.poll_movements, runtime, home), connection
            ),
            Scheduled(f"count {home}", every.count, partial(counts.count_building, runtime, home), connection),
        ]
    return listed


def install(runtime: Runtime, listed: dict[str, Scheduled]) -> None:
    """The rows of connections, slots and schedules, and those of the stock's sites, as the configuration says."""
    scheduler.install(runtime, listed)
    sites.install(runtime)
    calendar.install(runtime)
