"""How fast the ledger takes in what sides say: records received by many threads, then read into messages."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from itertools import islice

from workers.bench import trade
from workers.bench.stage import Stage
from workers.ledger.store import Store
from workers.spine.reading import read_inbox
from workers.spine.runtime import Runtime
from workers.web.warehouse_hooks import receipt_key
from workers.wiring.readers import reader_for
from workers.wiring.systems import configuration

EVENT = "goods_out.completed"
THREADS = 4


def receive(stage: Stage, records: int) -> dict[str, float]:
    """Seconds to receive ``records`` webhooks one by one from four threads, and to read them into messages."""
    bodies = [trade.webhook(number) for number in range(records)]

    def take(part: list[bytes]) -> None:
        for body in part:
            stage.store.receive(trade.FAST, f"webhook {EVENT}", receipt_key(EVENT, body), body)

    threads = [threading.Thread(target=take, args=(bodies[n::THREADS],)) for n in range(THREADS)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    received = time.monotonic() - began
    read = read_all(stage.store)
    return {
        "records": records,
        "bytes_each": sum(map(len, bodies)) // records,
        "seconds_to_receive": round(received, 2),
        "seconds_to_read": round(read, 2),
    }


def orders(stage: Stage, codes: Iterator[str], count: int) -> dict[str, float]:
    """Microseconds of one process to read an order of ten lines into a message, fifteen orders to a record."""
    wanted = list(islice(codes, count))
    for start in range(0, count, 15):
        some = wanted[start : start + 15]
        stage.store.receive(
            trade.ERP, "orders", f"bench {some[0]}", trade.order_record(some, trade.SITES[trade.FAST][1])
        )
    return {"orders": count, "micros_to_read_one": round(1e6 * read_all(stage.store) / count)}


def read_all(store: Store) -> float:
    """Read every record that is due; the seconds it took."""
    runtime = _runtime()
    reader = _reader(runtime)
    began = time.monotonic()
    while read_inbox(runtime, reader):
        pass
    ended = time.monotonic()
    row = store.row("select count(*) as n from record_unread")
    runtime.close()
    if row is None or row["n"]:
        raise RuntimeError(f"{row['n'] if row else 'some'} records were not read: see the table record_unread")
    return ended - began


def _runtime() -> Runtime:
    return Runtime(configuration())


def _reader(runtime: Runtime) -> Callable[[str, str], tuple[str, Callable[..., None]]]:
    return lambda connection, source: reader_for(runtime, connection, source)
