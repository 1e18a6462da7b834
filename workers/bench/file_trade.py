"""How many orders are written into files and dropped in a second, and how many shipments are taken and read.

The named baseline of orders is the same bytes dropped by as many threads that keep no ledger.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from typing import Any

from adapters.sftp.files import Sftp
from workers.bench import trade
from workers.bench.files import CLIENT, FACILITY, NAME, SITE, folder, interchange, read_all
from workers.edi import collect
from workers.observability.flower import Silent
from workers.ports.outbound_file import read_outbound_file
from workers.spine import live
from workers.spine.delivery import MOST, Slot, drain
from workers.spine.runtime import Runtime
from workers.wiring import schedules
from workers.wiring.handlers import handler_for
from workers.wiring.systems import configuration

TEMPLATE = "FILEPLATE"
THREADS = 4  # and so many calls at once


def measure_trade(orders: int) -> dict[str, Any]:
    """So many orders out and as many shipments in."""
    runtime = Runtime(configuration(), pool=THREADS + 2)
    _set_up(runtime)
    trade.backlog(runtime.store, TEMPLATE, "G", 1, orders)
    out = _seconds(lambda: _drain(runtime))
    lying = list(folder("in").glob("940_*.edi"))
    letters = [bytes(row["wire"]) for row in runtime.store.rows(
        "select wire from message_body where wire is not null and body->>'order_code' like 'G%%'")]  # fmt: skip
    bare = _seconds(lambda: _bare(runtime, letters))
    for number in range(1, orders + 1):
        data = _shipment(f"G{number:07d}-1", number)
        (folder("out") / f"945_{number:09d}.edi").write_bytes(data)
    taken = _seconds(lambda: collect.take_files(runtime, NAME, FACILITY))
    read = _seconds(lambda: read_all(runtime))
    row = runtime.store.row("select count(*) as n from shipment where fulfilment like 'G%%'")
    states = runtime.store.rows("select state, count(*) as n from fulfilment where order_code like 'G%%' group by 1")
    runtime.close()
    return {
        "orders": orders,
        "files_written": len(lying),
        "orders_written_per_second": round(orders / out, 1),
        "bare_per_second": round(orders / bare, 1),
        "ratio_to_bare": round(bare / out, 2),
        "shipments_taken_per_second": round(orders / taken, 1),
        "shipments_read_per_second": round(orders / read, 1),
        "shipments": row["n"] if row else 0,
        "fulfilments": {one["state"]: one["n"] for one in states},
    }


def _set_up(runtime: Runtime) -> None:
    schedules.install(runtime, schedules.schedules(runtime, lambda _bell: None))
    store = runtime.store
    live.set_live(store, runtime.configuration.connections, "fleet bench")
    store.run("update connection set shut_kind = 'suspect_release', alerted = true where name <> %s", NAME)
    # it has been open for long: right after an opening one thread alone may use it, and the others would end
    store.run("update connection set opened_at = now() - interval '1 hour' where name = %s", NAME)
    store.run(
        "insert into process (id, name, host, pid, lone) values (%s, 'bench files', 'bench', %s, false)",
        store.process_id,
        os.getpid(),
    )
    store.run(
        "insert into sku (connection, code, state, their_id) select %s, c, 'confirmed', c from unnest(%s::text[]) c"
        " on conflict do nothing",
        NAME,
        list(trade.SKUS),
    )
    runtime.read_facts(NAME)
    store.receive(trade.ERP, "orders", TEMPLATE, trade.order_record([TEMPLATE], SITE))
    read_all(runtime)
    store.run("update message set due_at = 'infinity' where story = %s", TEMPLATE)


def _drain(runtime: Runtime) -> None:
    slot = Slot(
        store=runtime.store,
        handler=cache(partial(handler_for, runtime)),  # here and below as a worker process has it
        health=runtime.health,
        reporter=Silent(),
        doubt_wait=runtime.doubt_wait,
        lease=runtime.lease,
        clock=time.monotonic,
        sleep=time.sleep,
        dice=random.Random(1),  # noqa: S311  jitter, not a secret
        on_dead=lambda _message: None,
        stopping=lambda: False,
        most=MOST,
    )
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(lambda _: drain(slot, "orders-out"), range(THREADS)))


def _bare(runtime: Runtime, letters: list[bytes]) -> None:
    """The same bytes dropped under other names by threads that keep no ledger."""
    sftp = Sftp(runtime.connection(NAME).settings.account)
    target = f"/{CLIENT}/{FACILITY}/in"

    def drop(wire: bytes) -> None:
        letter = read_outbound_file(wire)
        sftp.drop(target, f"bare_{letter.name}", letter.data)

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(drop, letters))
    sftp.close()


def _shipment(reference: str, number: int) -> bytes:
    """A 945 of everything that the order asked for, in one carton."""
    told: list[tuple[str, ...]] = [
        ("W06", "F", reference, "20261126", f"SHP{number:07d}"),
        ("N1", "DE", CLIENT, "ZZ", CLIENT),
        ("N1", "WH", "GXO", "ZZ", FACILITY),
        ("G62", "11", "20261126"),
        ("W27", "U", "ROYM", "RM-48", "PP"),
        ("LX", "1"),
        ("MAN", "GM", f"00{number:018d}", "", "CP", f"TRACK{number:09d}"),
    ]
    units = trade.lines_of(TEMPLATE)
    for line, (sku, count) in enumerate(units, 1):
        told += [("W12", "CC", str(count), str(count), "0", "EA", "", "SK", sku), ("N9", "LI", str(line))]
    told.append(("W03", str(sum(count for _, count in units))))
    return interchange("945", "SW", told, number)


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def main() -> int:
    """``python -m workers.bench.file_trade ORDERS``, as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("orders", type=int)
    sys.stdout.write(json.dumps(measure_trade(parser.parse_args().orders)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
