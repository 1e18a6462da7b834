"""Goods that left in place of others: Khaos Control is not told of them, and a person settles it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mappings.canonical import GarmentLine, PickLine
from workers.domain.fulfilment import FulfilmentRow
from workers.domain.garments import stock_code
from workers.spine.reading import Reading


def other_goods(
    reading: Reading, row: FulfilmentRow, lines: Sequence[GarmentLine], items: Mapping[str, PickLine]
) -> list[str]:
    """Say which of some lines left with goods of another SKU than they were ordered with.

    By the garment's tag, where the ledger has it, and by the code that the warehouse writes beside it. A code that is
    no stock code of Khaos Control proves nothing: the warehouse may have its own for the garment.
    """
    connection = row.warehouse
    by_tag = {
        one["tag"]: one["sku"]
        for one in reading.run(
            "select tag, sku from garment where connection = %s and tag = any (%s)",
            connection,
            [line.tag for line in lines],
        )
    }
    shown: dict[int, set[str]] = {}
    for place, line in enumerate(lines):
        wanted = items[line.line_id]
        told = (
            wanted.sku if line.garment_sku == wanted.garment else stock_code(reading.run, connection, line.garment_sku)
        )
        shown[place] = {told, by_tag.get(line.tag, wanted.sku)} - {wanted.sku}
    codes = {
        one["code"]
        for one in reading.run(
            "select code from product where erp = %s and code = any (%s)",
            reading.runtime.configuration.erp.name,
            sorted(set().union(*shown.values())),
        )
    }
    return [
        f"{line.tag or line.garment_sku} is {sku}, line {line.line_id} asked for {items[line.line_id].sku}"
        for place, line in enumerate(lines)
        for sku in sorted(shown[place] & codes)[:1]
    ]


def substituted(reading: Reading, row: FulfilmentRow, what: Sequence[str]) -> None:
    """File that other goods left than an order asked for; what is expected of it is over."""
    reading.file_exception(
        "substituted",
        subject=row.subject,
        story=row.order_code,
        flow="dispatch-in",
        connection=row.warehouse,
        why=f"{row.warehouse} sent other goods than {row.reference} asked for ({'; '.join(what)}): Khaos Control was"
        " not told",
    )
    reading.run("delete from expectation where subject = %s", row.subject)
