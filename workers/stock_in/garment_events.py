"""Events about one garment: it passed into another state, or it left for good."""

from __future__ import annotations

from mappings.canonical import RetiredFor, Source
from mappings.garment_words import Word, hear, retire
from workers.domain import garments
from workers.domain.garments import Step
from workers.domain.stock_movements import file_unreadable
from workers.spine.reading import Reading
from workers.stock_in import write_offs


def read_move(reading: Reading) -> None:
    """Reader of a garment's new state. It sells only when file and events agree on that."""
    connection = reading.record.connection
    moved, bad = reading.runtime.warehouse(connection).garments.read_moved(reading.record.body)
    building = garments.building_of(reading.runtime, connection)
    word = Word(moved.to_state, moved.at, moved.grade)
    step = Step(
        moved.tag, moved.garment_sku, moved.at, lambda one: hear(one, Source.EVENT, word), place=moved.state_words
    )
    garments.move(reading.run, building, step)
    file_unreadable(reading, building.home, bad)


def read_retirement(reading: Reading) -> None:
    """Reader of a garment's end: it never sells again, whatever comes later."""
    connection = reading.record.connection
    end = reading.runtime.warehouse(connection).garments.read_retired(reading.record.body)
    building = garments.building_of(reading.runtime, connection)
    step = Step(end.tag, end.garment_sku, end.at, lambda one: retire(one, end), place=f"retired: {end.reason}")
    moved = garments.move(reading.run, building, step)
    if end.reason is not RetiredFor.SOLD:
        write_offs.wait(reading.run, connection, building.home, moved.after.sku, end)
