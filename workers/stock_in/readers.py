"""Reads what a warehouse says of its stock: each word only marks SKUs that are to be counted again."""

from __future__ import annotations

from workers.ports.sources import event_of
from workers.spine.reading import Reading


def read_hint(reading: Reading) -> None:
    """Reader of a webhook about stock: its SKUs are counted again. Many hints of one SKU are one count."""
    connection = reading.record.connection
    hint = reading.runtime.warehouse(connection).stock.read_hint(
        event_of(reading.record.source) or "", reading.record.body
    )
    for home, (whose, _facility) in reading.runtime.configuration.homes.items():
        if whose == connection and hint.skus:
            reading.run("select want_recount(%s, %s, %s)", home, sorted(hint.skus), reading.record.source)
    for movement, reason in hint.reasons:
        reading.run(
            "insert into movement_reason (connection, movement_id, reason) values (%s, %s, %s) on conflict do nothing",
            connection,
            movement,
            reason,
        )
        reading.run(
            "update movement set reason = %s where connection = %s and movement_id = %s and reason = ''",
            reason,
            connection,
            movement,
        )
