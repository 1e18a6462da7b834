"""Each movement of a warehouse is entered once, with its reason."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal

import pytest

from fleet_tests.bookkeeping import EVENT, Warehouse
from workers.journal import entries, files, manual
from workers.spine import scheduler
from workers.views import journal as views_journal
from workers.wiring import schedules


def test_each_movement_is_one_entry_whatever_is_repeated_and_in_whatever_order(leeds: Warehouse) -> None:
    leeds.adjusts("2", -3)
    leeds.adjusts("1", 5, "COUNT")
    leeds.adjusts("3", 9, cause="received")
    assert leeds.enter() == 2
    leeds.adjusts("1", 5, "COUNT")
    leeds.adjusts("2", -3)
    leeds.adjusts("0", -1, sku="BOWL", at=EVENT - timedelta(days=30))
    assert [leeds.enter(), leeds.enter()] == [1, 0]
    assert leeds.journal() == [
        ("1", "MUG", 5, "STOCK CHECK", "5210", "ready"),
        ("2", "MUG", -3, "DAMAGED", "5200", "ready"),
        ("0", "BOWL", -1, "DAMAGED", "5200", "ready"),
    ]
    assert leeds.world.exceptions() == []


def test_two_processes_that_enter_at_once_enter_each_movement_once(leeds: Warehouse) -> None:
    for number in range(40):
        leeds.adjusts(str(number), -1)
    listed = schedules.schedules(leeds.runtime, lambda _bell: None)
    with ThreadPoolExecutor(4) as people:
        entered = [people.submit(entries.enter_new, leeds.runtime) for _ in range(4)]
        assert sum(future.result() for future in entered) == 40
    assert sorted(e[0] for e in leeds.journal()) == sorted(map(str, range(40)))
    leeds.adjusts("40", -1)
    scheduler.run_due(leeds.runtime, listed, "journal")
    assert len(leeds.journal()) == 41


def test_a_hold_takes_good_units_into_its_condition_and_a_release_brings_them_back(leeds: Warehouse) -> None:
    leeds.adjusts("1", -4, cause="held", to="damaged")
    leeds.adjusts("2", -2, "QUARANTINE", cause="held")
    leeds.adjusts("3", 4, cause="released", to="damaged")
    leeds.enter()
    shown = [(e["units"], e["from_condition"], e["to_condition"]) for e in map(leeds.entry, "123")]
    assert shown == [(-4, "good", "damaged"), (-2, "good", "quarantine"), (4, "damaged", "good")]


def test_a_movement_waits_for_its_reason_and_takes_the_one_that_a_webhook_told(leeds: Warehouse) -> None:
    leeds.adjusts("1", -3, "")
    assert leeds.enter() == 0
    leeds.webhook("1", "DMG")
    assert leeds.enter() == 1
    assert leeds.journal() == [("1", "MUG", -3, "DAMAGED", "5200", "ready")]


def test_without_a_reason_in_time_the_entry_stands_unmapped_and_a_late_reason_still_makes_it_ready(
    leeds: Warehouse,
) -> None:
    leeds.adjusts("1", -3, "")
    leeds.adjusts("2", -1, "")
    assert leeds.enter(late=0) == 2
    assert leeds.world.exceptions() == ["reason_unknown", "reason_unknown"]
    leeds.adjusts("1", -3, "DMG")  # the same movement, read again with its reason
    leeds.webhook("2", "COUNT")
    assert leeds.enter() == 0
    assert [(e[3], e[5]) for e in leeds.journal()] == [("DAMAGED", "ready"), ("STOCK CHECK", "ready")]
    assert leeds.world.exceptions() == []


def test_a_reason_that_is_known_to_be_missing_is_not_waited_for(leeds: Warehouse) -> None:
    leeds.adjusts("1", -3, "")
    leeds.webhook("1", "")
    assert leeds.enter() == 1
    assert leeds.world.exceptions() == ["reason_unknown"]


def test_reasons_without_a_row_or_an_account_are_one_exception_each_and_their_entries_become_ready_with_the_row(
    leeds: Warehouse,
) -> None:
    leeds.price("MUG", "2.50")
    for number, reason in enumerate(("EATEN", "EATEN", "LOST")):
        leeds.adjusts(str(number), -2, reason)
    leeds.enter()
    leeds.enter()
    told = leeds.store.rows("select subject, owner, times, reason from exception where state = 'open' order by id")
    assert [(e["subject"], e["owner"], e["times"]) for e in told] == [
        ("reason:leeds:EATEN", "finance", 1),
        ("reason:leeds:LOST", "finance", 1),
    ]
    assert all("[tables.adjustment_reasons.clarus]" in e["reason"] for e in told)
    assert [(e["units"], e["value"]) for e in map(leeds.entry, "012")] == 3 * [(-2, Decimal("-5.00"))]
    runtime = leeds.restarted('{"EATEN": {"khaos": "SAMPLE", "account": "5300"}}')
    try:
        assert entries.enter_new(runtime) == 0
    finally:
        runtime.close()
    assert [(e[3], e[4], e[5]) for e in leeds.journal()] == [
        *2 * [("SAMPLE", "5300", "ready")],
        ("", "", "unmapped"),
    ]
    assert leeds.world.exceptions() == ["reason_unmapped"]


def test_a_person_maps_one_entry_by_hand_and_not_once_it_was_handed_out(leeds: Warehouse) -> None:
    leeds.adjusts("1", -3, "EATEN")
    leeds.adjusts("2", -3, "EATEN")
    leeds.enter()
    first, second = (leeds.entry(n)["id"] for n in "12")
    manual.give_reason(leeds.store, first, "SAMPLE", "5300", "Anna")
    assert leeds.world.exceptions() == ["reason_unmapped"]
    manual.give_reason(leeds.store, second, "SAMPLE", "5300", "Anna")
    assert leeds.world.exceptions() == []
    found = views_journal.entry(leeds.store, first)
    assert found is not None
    assert [(t["step"], t["who"]) for t in found.timeline][-1] == ("mapped by hand", "Anna")
    files.offer(leeds.store, "finance_csv", "Anna")
    with pytest.raises(manual.CannotMap, match="is offered already"):
        manual.give_reason(leeds.store, first, "DAMAGED", "5200", "Anna")
    with pytest.raises(manual.CannotMap, match="there is no journal entry 4711"):
        manual.give_reason(leeds.store, 4711, "DAMAGED", "5200", "Anna")
