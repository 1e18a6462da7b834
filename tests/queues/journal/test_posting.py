"""Entries that the merchant's own operation books: each once, by one route."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from fleet_tests.bookkeeping import BY_FILE, EXTENSION, HOME, Warehouse, journals
from workers import recovery
from workers.journal import files, manual
from workers.spine.people import Person


@pytest.fixture
def booking(open_warehouse: Callable[..., Warehouse]) -> Warehouse:
    """A merchant whose service has an operation for journals."""
    leeds = open_warehouse(khaos_more=EXTENSION)
    leeds.world.khaos.switch(post_stock_journal=True)
    return leeds


def test_the_extension_books_each_entry_once_and_then_it_is_posted(booking: Warehouse) -> None:
    booking.value("MUG", "4.00", date(2026, 10, 31))
    booking.adjusts("1", -3)
    booking.adjusts("2", -2, "EATEN")
    booking.enter()
    booking.enter()
    (row,) = journals(booking)
    assert row == row | {"movement": "leeds:1", "code": "MUG", "site": HOME, "quantity": -3, "reason": "DAMAGED"}
    assert row == row | {"account": "5200", "unit_cost": "4.00", "event_time": "2026-11-20T09:30:00"}
    assert [(e[0], e[5]) for e in booking.journal()] == [("1", "posted"), ("2", "unmapped")]
    assert files.offer(booking.store, "finance_csv", "Anna") is None


def test_an_answer_that_was_lost_after_the_effect_books_nothing_twice(booking: Warehouse) -> None:
    booking.world.khaos.switch(drop_after_commit={"PostStockJournal": 1})
    booking.adjusts("1", -3)
    booking.enter()
    assert booking.entry("1")["state"] == "ready"
    booking.world.hurry()
    assert booking.entry("1")["state"] == "posted"
    assert [row["calls"] for row in journals(booking)] == [2]


def test_a_refused_entry_is_mapped_anew_and_retried_or_dismissed_and_then_it_is_in_the_next_file(
    booking: Warehouse,
) -> None:
    booking.adjusts("1", -3, sku="NOT-IN-KHAOS")
    booking.adjusts("2", -3, sku="NEITHER")
    booking.enter()
    assert booking.world.exceptions() == ["journal_refused", "journal_refused"]
    assert files.offer(booking.store, "finance_csv", "Anna") is None
    first, second = (
        booking.store.row("select id from exception where story = %s", sku)["id"] for sku in ("NOT-IN-KHAOS", "NEITHER")
    )
    manual.give_reason(booking.store, booking.entry("1")["id"], "SAMPLE", "5300", "Anna")
    booking.world.stock("NOT-IN-KHAOS")
    recovery.retry(booking.store, first, Person("Anna"))
    booking.world.go()
    (row,) = journals(booking)
    assert (row["reason"], row["account"]) == ("SAMPLE", "5300")
    recovery.dismiss(booking.store, second, Person("Anna"), "no such code in Khaos")
    offered = files.offer(booking.store, "finance_csv", "Anna")
    assert offered is not None
    assert offered.total.entries == 1
    assert [(e[0], e[5]) for e in booking.journal()] == [("1", "posted"), ("2", "offered")]


def test_an_operation_that_the_service_lacks_is_told_to_finance_with_the_setting_to_correct(
    open_warehouse: Callable[..., Warehouse],
) -> None:
    leeds = open_warehouse(khaos_more=EXTENSION)
    leeds.adjusts("1", -3)
    leeds.enter()
    told = leeds.world.exception("journal_refused")
    assert "journals cannot be posted" in told["reason"]
    assert "correct extensions.post_journal" in told["reason"]
    assert leeds.entry("1")["state"] == "ready"


def test_where_an_adjust_by_file_moves_the_quantity_the_extension_books_nothing(
    open_warehouse: Callable[..., Warehouse],
) -> None:
    leeds = open_warehouse(BY_FILE, khaos_more=EXTENSION)
    leeds.world.khaos.switch(post_stock_journal=True)
    leeds.adjusts("1", -3)
    leeds.enter()
    assert journals(leeds) == []
    assert files.offer(leeds.store, "adjust_by", "Anna") is not None
