"""Events about one garment: it passed into another state, or it left for good."""

from __future__ import annotations

from dataclasses import replace

from mappings.canonical import GarmentMove, GarmentState, RetiredFor, Source
from mappings.errors import Unmappable, Unreadable
from mappings.garment_words import Word, hear, retire
from workers.domain import garments
from workers.domain.clocks import told_at
from workers.domain.garments import Moved, Step
from workers.domain.stock_movements import file_unreadable
from workers.spine.reading import Reading
from workers.stock_in import write_offs


def read_move(reading: Reading) -> None:
    """Reader of a garment's new state. It sells only when file and events agree on that."""
    connection = reading.record.connection
    moved, bad = reading.runtime.warehouse(connection).garments.read_moved(reading.record.body)
    building = garments.building_of(reading.runtime, connection)
    became = _move(reading, moved)
    if became.after.retired and not (became.before and became.before.retired):
        at = told_at(reading, moved.happened_at)
        write_offs.wait_for_a_word(reading.run, connection, building.home, became.after.sku, moved.tag, at)
    file_unreadable(reading, building.home, bad)


def _move(reading: Reading, moved: GarmentMove) -> Moved:
    at = told_at(reading, moved.at)
    word = Word(moved.to_state, at, moved.grade)
    step = Step(moved.tag, moved.garment_sku, at, lambda one: hear(one, Source.EVENT, word), place=moved.state_words)
    return garments.move(reading.run, garments.building_of(reading.runtime, reading.record.connection), step)


def read_retirement(reading: Reading) -> None:
    """Reader of a garment's end: it never sells again, whatever comes later.

    Where it cannot be understood, the garment is off sale until it can.
    """
    connection = reading.record.connection
    part = reading.runtime.warehouse(connection).garments
    try:
        told = part.read_retired(reading.record.body)
    except Unmappable as error:
        unclear = part.read_unclear(reading.record.body)
        _move(reading, unclear)
        reading.park("stock-in", Unreadable(unclear.tag, error))
        return
    end = told.model_copy(update={"at": told_at(reading, told.at), "happened_at": told_at(reading, told.happened_at)})
    building = garments.building_of(reading.runtime, connection)
    step = Step(end.tag, end.garment_sku, end.at, lambda one: retire(one, end), place=f"retired: {end.reason}")
    moved = garments.move(reading.run, building, step)
    if end.reason is not RetiredFor.SOLD:
        sold = replace(moved.after, retired=False).state is GarmentState.SOLD
        write_offs.wait(reading.run, connection, building.home, moved.after.sku, end, sold=sold)
