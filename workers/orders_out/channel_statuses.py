"""Order statuses that Khaos posts over its channel: an order of ours is asked for afresh."""

from __future__ import annotations

from collections.abc import Iterable

from workers.spine.reading import Reading


def read_statuses(reading: Reading) -> None:
    """Reader of order statuses: an order of ours is asked for afresh, and nothing else is believed."""
    orders, unreadable = reading.runtime.erp.channel.read_statuses(reading.record.body)
    for entry in unreadable:
        reading.park("orders-out", entry)
    for code in _ours(reading, [order.order_code for order in orders]):
        reading.run("select want_order(%s, %s)", reading.runtime.configuration.erp.name, code)


def _ours(reading: Reading, codes: Iterable[str]) -> list[str]:
    rows = reading.run(
        "select distinct order_code from fulfilment where erp = %s and order_code = any (%s) order by order_code",
        reading.runtime.configuration.erp.name,
        list(codes),
    )
    return [row["order_code"] for row in rows]
