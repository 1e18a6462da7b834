"""Answers that come again and can be read: what stood of the earlier one is over."""

from __future__ import annotations

from collections.abc import Callable

from workers.ports.sources import Kind
from workers.spine.reading import Reading


def make_good(reading: Reading, source: Kind, same: Callable[[bytes], bool]) -> None:
    """End dead reads of earlier answers of a source, in part or at all; ``same`` tells by a body whether it is one."""
    for row in reading.run(
        "select m.id, r.body from message m join record r on r.id = m.record_id where m.connection = %s"
        " and m.kind = 'read' and m.state = 'dead' and r.source = %s and r.id < %s order by m.id",
        reading.record.connection,
        source.value,
        reading.record.id,
    ):
        if same(bytes(row["body"])):
            reading.run("select finish(%s, 'superseded', 'the answer came again, and can be read', 'fleet')", row["id"])
