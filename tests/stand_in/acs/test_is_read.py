"""What the stand-in says by events, files and read-backs leads to its own books, whatever is lost or doubled."""

from __future__ import annotations

import io
import json
import random
from collections import Counter
from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.acs.sandbox import ordering, stock_file
from adapters.acs.sandbox.garments import State
from mappings.acs import (
    EventKind,
    Form,
    Gone,
    Grades,
    Money,
    States,
    decide,
    not_booked,
    read_dispatched,
    read_event,
    read_garments,
    read_graded,
    read_moved,
    read_order,
    read_received,
    read_retired,
    settled_kind,
    survey,
)
from mappings.canonical import GarmentOrder, GarmentReturn, GarmentRow, GarmentState, LineKind, Source
from mappings.garment_words import Garment, Word, dispatch, hear, miss, retire

STATES, GRADES = States(), Grades()
ON_SHELF = {State.READY, State.ALLOCATED, State.PACKED}


class Reader:
    """A merchant's books, made of what the stand-in says and nothing else."""

    def __init__(self) -> None:
        self.garments: dict[str, Garment] = {}
        self.gone: dict[str, dict[str, Gone]] = {}
        self.kinds: dict[tuple[str, str], LineKind] = {}
        self.credits: Counter[str] = Counter()
        self.written_off: set[str] = set()
        self._seen: set[str] = set()

    def hear_event(self, told: dict[str, Any]) -> None:
        if told["EventId"] in self._seen:
            return
        self._seen.add(told["EventId"])
        event = read_event(json.dumps(told).encode(), "TESTACS")
        match event.kind:
            case EventKind.ORDER_DISPATCHED:
                self._leave(read_dispatched(event), cumulative=False)
            case EventKind.ITEM_RECEIVED:
                self._word(read_received(event, STATES)[0])
            case EventKind.ITEM_GRADED:
                graded, _ = read_graded(event, STATES, GRADES)
                self._word(graded)
                self._credit(graded)
            case EventKind.ITEM_CHANGED:
                moved, _ = read_moved(event, STATES, GRADES)
                self._hear(moved.tag, Source.EVENT, Word(moved.to_state, moved.at, moved.grade))
            case EventKind.ITEM_RETIRED:
                gone = read_retired(event, GRADES)
                self.garments[gone.tag] = retire(self.garments[gone.tag], gone)
                if gone.write_off:
                    self.written_off.add(gone.tag)
            case _:
                pass

    def read_back(self, body: dict[str, Any]) -> None:
        self._leave(read_order(json.dumps(body).encode()), cumulative=True)

    def read_file(self, place: Any, *, learn: bool = False) -> None:
        name = stock_file.lay(place.site)["name"]
        file = io.BytesIO((place.site.folders.root / "stock" / name).read_bytes())
        at, form, named = place.site.clock.now(), Form({}), set()
        for row in read_garments(file, form, survey(file, form), states=STATES, grades=GRADES):
            assert isinstance(row, GarmentRow)
            named.add(row.tag)
            if learn:
                self.garments[row.tag] = Garment(row.tag, row.sku)
            self._hear(row.tag, Source.FILE, Word(row.state, at, row.grade))
        for tag in set(self.garments) - named:
            self.garments[tag] = miss(self.garments[tag], at.date(), at=at)

    def sellable(self) -> set[str]:
        return {tag for tag, one in self.garments.items() if one.state is GarmentState.SELLABLE}

    def _leave(self, order: GarmentOrder, *, cumulative: bool) -> None:
        book = self.gone.setdefault(order.reference, {})
        for line in not_booked(order, book, cumulative=cumulative):
            known = book.get(line.line_id, Gone())
            book[line.line_id] = Gone(known.units + line.quantity, known.tags | {line.tag})
            assert order.dispatched_at is not None
            kind = self.kinds[order.reference, line.line_id]
            self.garments[line.tag] = dispatch(self.garments[line.tag], kind, order.dispatched_at, order.reference)

    def _word(self, told: GarmentReturn) -> None:
        self._hear(told.tag, Source.EVENT, Word(told.state, told.at, told.grade, told.order_reference))

    def _credit(self, told: GarmentReturn) -> None:
        if not told.order_reference or told.grade is None:
            return
        kind = settled_kind(told.kind, self.kinds.get((told.order_reference, told.line_id)))
        if decide(kind, told.grade, told.disposition).money is Money.CREDIT:
            self.credits[f"{told.order_reference}/{told.tag}"] = 1

    def _hear(self, tag: str, source: Source, word: Word) -> None:
        self.garments[tag] = hear(self.garments[tag], source, word)


def busy(place: Any, reader: Reader, orders: list[tuple[str, bool]], seed: int) -> list[dict[str, Any]]:
    """A day at the stand-in; its events, not delivered yet. The clock runs fast, so that no two moments are one."""
    place.site.seed = seed
    for sku in ("X", "Y"):
        place.stock(sku, 3)
    place.switch(
        clock_speed=600,
        hires_come_back=True,
        sales_come_back_rate=0.6,
        short_rate=0.2,
        two_goes_rate=0.3,
        availability="short",
        grades={"A": 4, "B": 2, "C": 1, "D": 1, "X": 1},
    )
    place.pass_time(0.1)
    reader.read_file(place, learn=True)
    for number, (sku, hire) in enumerate(orders):
        for line, kind in (("1", hire), ("2", not hire)):
            reader.kinds[f"O-{number}", line] = LineKind.HIRE if kind else LineKind.SALE
        place.put(f"O-{number}", ("1", sku, hire), ("2", sku, not hire))
        place.pass_time(0.4)
    place.pass_time(6)
    return list(place.site.events.sent)


ORDERS = st.lists(st.tuples(st.sampled_from(["X", "Y"]), st.booleans()), min_size=1, max_size=6)


def expected_credits(place: Any) -> set[str]:
    return {
        f"{one['order']}/{one['rfid']}"
        for one in place.site.returns
        if one["kind"] == "SALE_RETURN" and one["grade"] in {"A", "B"}
    }


@settings(max_examples=20, deadline=None)
@given(orders=ORDERS, seed=st.integers(0, 10_000))
def test_events_repeated_and_in_any_order_and_a_file_lead_to_the_stand_ins_books(
    new_place: Callable[[], Any], orders: list[tuple[str, bool]], seed: int
) -> None:
    place, reader = new_place(), Reader()
    events = busy(place, reader, orders, seed)
    dice = random.Random(seed)
    delivered = events + dice.sample(events, len(events) // 3)
    dice.shuffle(delivered)
    for event in delivered:
        reader.hear_event(event)
    place.pass_time(0.1)
    reader.read_file(place)
    place.site.events.stop()
    theirs = {one.tag: one.state for one in place.site.garments}
    assert reader.sellable() == {tag for tag, state in theirs.items() if state is State.READY}
    retired = {tag for tag, one in reader.garments.items() if one.retired}
    assert retired == {tag for tag, state in theirs.items() if state is State.RETIRED} == reader.written_off
    left = {(one["order"], one["line"], one["rfid"]) for one in place.site.dispatched}
    booked = {
        (order, line, tag) for order, book in reader.gone.items() for line, gone in book.items() for tag in gone.tags
    }
    assert booked == left
    assert set(reader.credits) == expected_credits(place)


@settings(max_examples=20, deadline=None)
@given(orders=ORDERS, seed=st.integers(0, 10_000), loss=st.floats(0, 1))
def test_whatever_events_are_lost_a_file_and_read_backs_sell_nothing_that_is_not_there(
    new_place: Callable[[], Any], orders: list[tuple[str, bool]], seed: int, loss: float
) -> None:
    place, reader = new_place(), Reader()
    events = busy(place, reader, orders, seed)
    dice = random.Random(seed)
    dice.shuffle(events)
    for event in events:
        if dice.random() >= loss:
            reader.hear_event(event)
    for order in place.site.orders:
        reader.read_back(ordering.get(place.site, order.number)[1])
    place.pass_time(0.1)
    reader.read_file(place)
    place.site.events.stop()
    theirs = {one.tag: one.state for one in place.site.garments}
    assert {theirs[tag] for tag in reader.sellable()} <= ON_SHELF
    waiting = {tag for tag, state in theirs.items() if state is State.READY} - reader.sellable()
    assert all(reader.garments[tag].disagree for tag in waiting)  # a person is asked about each: none just vanishes
    assert all(state is State.RETIRED for tag, state in theirs.items() if reader.garments[tag].retired)
    assert set(reader.credits) <= expected_credits(place)
    left = {(one["order"], one["line"], one["rfid"]) for one in place.site.dispatched}
    booked = [
        (order, line, tag) for order, book in reader.gone.items() for line, gone in book.items() for tag in gone.tags
    ]
    assert set(booked) == left
    assert sum(gone.units for book in reader.gone.values() for gone in book.values()) == len(left)
