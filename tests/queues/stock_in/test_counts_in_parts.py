"""A count told in several documents is one count: nothing is absent from it before the last of them has come."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from adapters.x12 import write_interchange
from fleet_tests.gxo import ByFile
from workers.stock_in import count_differences

Build = Callable[..., ByFile]
FACILITY = "GBNH01"
ALL = {"MUG": 20, "BOWL": 10, "TRAY": 8}


@pytest.fixture
def gxo(build_gxo: Build) -> ByFile:
    opened = build_gxo()
    opened.stock(**ALL)
    opened.switch(floor=False)
    return opened


def part(gxo: ByFile, number: str, **units: int) -> list[tuple[str, ...]]:
    """An 846 of some SKUs."""
    told: list[tuple[str, ...]] = [
        ("BIA", "00", "SI", number, gxo.site.today(FACILITY)),
        ("N1", "WH", "GXO", "ZZ", FACILITY),
    ]
    for row, (sku, good) in enumerate(units.items(), start=1):
        told.append(("LIN", str(row), "SK", sku))
        told += [("QTY", code, str(n), "EA") for code, n in {"17": good, "33": good, "27": 0, "20": 0}.items()]
    return [*told, ("CTT", str(len(units)))]


_names = itertools.count(1)


def lay(gxo: ByFile, *parts: list[tuple[str, ...]], ahead: timedelta = timedelta()) -> None:
    """A file with so many sets."""
    gxo.pass_time(61.0)
    row = gxo.store.row("select coalesce(max(number), 0) + 1 as n from partner_file where facility = %s", FACILITY)
    assert row is not None
    envelope: dict[str, Any] = {"sender": "GXOUK", "receiver": "MODA", "usage": "T", "group_id": "IB"}
    data = write_interchange(
        [("846", one) for one in parts], control_number=row["n"], at=gxo.site.clock.now() + ahead, **envelope
    )
    gxo.lay(f"846_by_hand_{next(_names)}.edi", data)


def positions(gxo: ByFile) -> dict[str, int]:
    return {sku: gxo.position(sku)[0] for sku in ALL}


@pytest.mark.parametrize("names", [("C1", "C1"), ("C1-A", "C1-B")])
def test_several_sets_of_one_file_are_one_count_and_none_makes_the_others_skus_absent(
    gxo: ByFile, names: tuple[str, str]
) -> None:
    for day in range(3):
        lay(gxo, part(gxo, f"{names[0]}{day}", MUG=19), part(gxo, f"{names[1]}{day}", BOWL=10, TRAY=8))
    assert positions(gxo) == {"MUG": 19, "BOWL": 10, "TRAY": 8}
    rows = gxo.store.rows("select sku, absent from told_sku where home = 'Main Site' order by sku")
    assert [(row["sku"], row["absent"]) for row in rows] == [("BOWL", 0), ("MUG", 0), ("TRAY", 0)]
    assert [row["sku"] for row in count_differences.differences(gxo.store, "Main Site")] == ["MUG"]


def test_files_that_go_by_one_number_are_one_count(gxo: ByFile) -> None:
    for day in range(3):
        lay(gxo, part(gxo, f"C{day}", MUG=20))
        lay(gxo, part(gxo, f"C{day}", BOWL=10, TRAY=8))
    assert (positions(gxo), gxo.world.exceptions()) == (ALL, [])


def test_a_part_that_does_not_come_makes_nothing_absent_and_its_count_stays_awaited(gxo: ByFile) -> None:
    lay(gxo, part(gxo, "C1", MUG=20), part(gxo, "C1", BOWL=10, TRAY=8))
    due = gxo.store.row("select due_at from expectation where subject = 'count:Main Site'")
    for number in ("C2", "C3", "C4"):
        broken = [segment if segment[0] != "CTT" else ("CTT", "9") for segment in part(gxo, number, BOWL=10, TRAY=8)]
        lay(gxo, part(gxo, number, MUG=20), broken)
    assert positions(gxo) == ALL
    assert "snapshot_unbalanced" in gxo.world.exceptions()
    assert gxo.store.row("select due_at from expectation where subject = 'count:Main Site'") == due


def test_what_a_whole_count_in_parts_leaves_out_twice_is_gone(gxo: ByFile) -> None:
    for number in ("C1", "C2", "C3"):
        lay(gxo, part(gxo, number, MUG=20), part(gxo, number, BOWL=10))
    assert positions(gxo) == {"MUG": 20, "BOWL": 10, "TRAY": 0}
    assert [row["sku"] for row in count_differences.differences(gxo.store, "Main Site")] == ["TRAY"]


def test_a_sku_that_stands_in_two_parts_of_a_count_is_told_to_a_person_and_counts_once(gxo: ByFile) -> None:
    lay(gxo, part(gxo, "C1", MUG=20, BOWL=10), part(gxo, "C1", MUG=5, TRAY=8))
    told = gxo.world.exception("told_otherwise")
    assert ("MUG" in told["reason"], positions(gxo)) == (True, ALL)


def test_the_same_part_again_is_no_further_part(gxo: ByFile) -> None:
    lay(gxo, part(gxo, "C1", MUG=20), part(gxo, "C1", BOWL=10, TRAY=8))
    before = gxo.ledger()
    gxo.replay()
    lay(gxo, part(gxo, "C1", MUG=20))
    after = gxo.ledger()
    assert (after["positions"], after["told"], after["exceptions"]) == (
        before["positions"], before["told"], before["exceptions"],
    )  # fmt: skip


def test_a_count_written_by_a_clock_that_is_ahead_outranks_no_later_count(gxo: ByFile) -> None:
    lay(gxo, part(gxo, "C1", MUG=15, BOWL=10, TRAY=8), ahead=timedelta(days=2))
    lay(gxo, part(gxo, "C2", **ALL))
    lay(gxo, part(gxo, "C3", **ALL))
    assert positions(gxo) == ALL
