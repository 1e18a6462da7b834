"""What the sandbox writes is understood by the fleet's own codec and words, and says what the sandbox's books say."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from adapters.x12 import read_interchange
from fleet_tests.gxo_floor import Floor
from mappings.canonical import Condition
from mappings.gxo import read_824, read_846, read_944, read_945, read_947, read_997

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def sets(floor: Floor, set_id: str, facility: str) -> Iterator[Any]:
    out = floor.site.folders.at(facility, "out")
    for path in sorted(out.glob(f"{set_id}_*.edi")):
        (one,) = read_interchange(path.read_bytes(), path.name).sets
        assert one.error is None
        yield one.segments


def a_day(floor: Floor, dice: random.Random) -> None:
    floor.switches.turn(
        {
            "step_seconds": 0.25, "short_rate": 0.2, "two_goes_rate": 0.3, "cartons_rate": 0.4, "split_lines": True,
            "adjust_rate": 0.3, "stock_hold_rate": 0.3, "damage_rate": 0.2, "returns_arrive_rate": 1.0,
            "snapshot_at": "",
        }
    )  # fmt: skip
    for turn in range(60):
        floor.order(f"SO{turn}", **{sku: dice.randint(1, 3) for sku in dice.sample(["MUG", "TRAY", "CUP"], 2)})
        if turn % 7 == 0:
            floor.cancel(f"SO{turn}")
        if turn % 9 == 0:
            told = [("W06", "J", f"RMA{turn}", "20261121"), ("N1", "WH", "GXO", "ZZ", "GBNH01")]
            told += [("W04", "3", "EA", "", "SK", "MUG"), ("N9", "LI", "1"), ("W03", "3")]
            floor.send(*told, set_id="943")
        floor.go(1)
    floor.go(30)
    floor.snapshot()


def test_shipments_answers_receipts_and_movements_of_a_day_are_read_as_the_books_have_them(
    new_floor: Callable[[int], Any],
) -> None:
    floor = new_floor(11)
    a_day(floor, random.Random(11))
    books, where = floor.books(), "GBNH01"
    shipped = Counter[tuple[str, str]]()
    for segments in sets(floor, "945", where):
        advice = read_945(segments)
        shipped.update({(advice.reference, sku): units for sku, units in advice.shipped.items()})
        packed = Counter[str]()
        for carton in advice.cartons:
            assert len(carton.sscc) == 18
            assert carton.tracking
            packed.update({line.sku: line.quantity for line in carton.content})
        assert packed == advice.shipped
        assert advice.cancelled or advice.their_id or not advice.shipped
    assert shipped == {
        (order["reference"], line["sku"]): line["shipped"]
        for order in books["orders"]
        for line in order["lines"]
        if line["shipped"]
    }
    answers = [answer for segments in sets(floor, "824", where) for answer in read_824(segments)]
    assert len(answers) == sum(sum(times.values()) for times in books["received"].values())
    assert all(read_997(segments).accepted for segments in sets(floor, "997", where))
    received = 0
    for segments in sets(floor, "944", where):
        receipt, bad = read_944(segments, told_at=NOW)
        assert not bad
        received += sum(line.received for line in receipt.lines)
    assert received == sum(row["received"] for kinds in books["stock"][where].values() for row in kinds.values())
    movements = [one for segments in sets(floor, "947", where) for one in read_947(segments, told_at=NOW)[0]]
    assert len({one.movement_id for one in movements}) == len(movements) > 10
    snapshot, bad = read_846(next(sets(floor, "846", where)), told_at=NOW)
    assert not bad
    for line in snapshot.lines:
        if line.condition is Condition.GOOD:
            assert line.units == books["stock"][where][line.sku]["N"]["on_hand"]
