"""The effect of a dispatch on stock: units that left stand in the position until it is counted anew.

The position of a warehouse that sends its movements does not: they left it with the shipment advice.
"""

from __future__ import annotations

from workers.domain.fulfilment import FulfilmentRow
from workers.spine.reading import Reading


def left(reading: Reading, row: FulfilmentRow, shipment: str, units: dict[str, int]) -> None:
    """Remember what left with a shipment of a fulfilment, and have those SKUs counted.

    ``shipment`` may be a name of its own, for goods that left although they were to be cancelled.
    """
    for sku, n in sorted(units.items()):
        reading.run(
            "insert into shipped_line (shipment, order_code, home, sku, units, left_at, counted) values"
            " (%s, %s, %s, %s, %s, %s, exists (select 1 from home where site = %s and told)) on conflict do nothing",
            shipment,
            row.order_code,
            row.site,
            sku,
            n,
            reading.record.received_at,
            row.site,
        )
    reading.run("select want_recount(%s, %s, 'dispatched')", row.site, sorted(units))
    reading.run("select touch_levels(site, %s) from home where site = %s and told", sorted(units), row.site)


def left_beyond(reading: Reading, row: FulfilmentRow, gone: dict[str, int]) -> None:
    """Remember what left of an order that Khaos is not told of: more than was asked for, or other goods.

    ``gone`` is all that left until now. The warehouse may correct it, so the newest figures replace earlier ones.
    """
    forget_beyond(reading, row)
    units = {sku: n - row.shipped.get(sku, 0) for sku, n in gone.items() if n > row.shipped.get(sku, 0)}
    left(reading, row, _beyond(row), units)


def forget_beyond(reading: Reading, row: FulfilmentRow) -> None:
    """Drop what ``left_beyond`` remembered: a shipment stands for it now."""
    reading.run("delete from shipped_line where shipment = %s", _beyond(row))


def _beyond(row: FulfilmentRow) -> str:
    return f"{row.reference}/beyond"
