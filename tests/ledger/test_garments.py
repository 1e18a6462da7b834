"""Garments in the ledger: files and events make of each what the rules say, and positions are the sums of them."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleet_tests.databases import copied
from mappings.canonical import GarmentRow, GarmentState, LineKind, RetiredFor, Retirement, Source, less_sellable
from mappings.garment_words import Garment, Word, dispatch, hear, miss, retire
from mappings.working_days import WorkingDays
from workers.domain import garments
from workers.domain.garments import Building, Step
from workers.ledger.store import Store, within
from workers.stock_in.garment_count import Count, take

T0 = datetime(2026, 12, 1, 5, tzinfo=UTC)
HOUR = timedelta(hours=1)
G = GarmentState
TAGS = [letter * 24 for letter in "ABCD"]
SKUS = dict(zip(TAGS, ("DRESS", "DRESS", "COAT", "COAT"), strict=True))
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def lasting(postgres: str) -> Iterator[Store]:
    """A ledger of this module's own: each case has a building of its own in it."""
    store = Store(copied(postgres, "garments"))
    yield store
    store.close()


@dataclass
class Wardrobe:
    """One building in the ledger, and beside it what the rules make of the same words one garment at a time."""

    store: Store
    home: str
    lists_away: bool = True
    model: dict[str, Garment] = field(default_factory=dict)

    @property
    def building(self) -> Building:
        return Building(self.home, self.home, WorkingDays())

    def file(self, hours: float, states: dict[str, GarmentState], *, whole: bool = True, buffer_hours: int = 0) -> None:
        at = T0 + hours * HOUR
        rows = [GarmentRow(tag=tag, sku=SKUS[tag], state=state) for tag, state in states.items()]
        count = Count(
            self.home, self.home, at, at.date(), whole=whole, lists_away=self.lists_away, buffer_hours=buffer_hours
        )
        with self.store.transaction() as db:
            take(db, count, rows)
        for tag, state in states.items():
            self._model(tag, lambda one, state=state: hear(one, Source.FILE, Word(state, at)))
        for tag in set(self.model) - set(states) if whole else ():
            self.model[tag] = miss(self.model[tag], at.date(), at=at, lists_away=self.lists_away)

    def say(self, tag: str, hours: float, change: Any) -> None:
        with self.store.transaction() as db:
            garments.move(within(db), self.building, Step(tag, SKUS[tag], T0 + hours * HOUR, change))
        self._model(tag, change)

    def _model(self, tag: str, change: Any) -> None:
        self.model[tag] = change(self.model.get(tag) or Garment(tag, SKUS[tag]))

    def shown(self) -> dict[str, Garment]:
        found = {tag: garments.find(self.store.rows, self.home, tag) for tag in self.model}
        return {tag: one for tag, one in found.items() if one is not None}

    def states(self) -> dict[str, str]:
        return {r["tag"]: r["state"] for r in self.store.rows("select * from garment where home = %s", self.home)}

    def positions(self) -> dict[str, tuple[int, dict[str, int]]]:
        rows = self.store.rows("select sku, good, other from position where home = %s", self.home)
        return {row["sku"]: (row["good"], row["other"]) for row in rows}

    def sums(self) -> dict[str, tuple[int, dict[str, int]]]:
        held: dict[str, Counter[str]] = {}
        for one in self.model.values():
            word = "retired" if one.retired else one.state.condition and one.state.condition.value
            held.setdefault(one.sku, Counter()).update([word] if word else [])
        return {sku: (units.pop("good", 0), dict(units)) for sku, units in held.items()}


@pytest.fixture
def wardrobe(lasting: Store) -> Wardrobe:
    return open_one(lasting)


def open_one(store: Store, *, lists_away: bool = True) -> Wardrobe:
    home = f"Glasgow {next(_numbers)}"
    store.run("insert into home (site, connection, facility, told) values (%s, %s, 'ACS', true)", home, home)
    store.run("insert into stock_site (site, home, purpose) values (%s, %s, 'sell')", home, home)
    return Wardrobe(store, home, lists_away)


def plain(one: Garment) -> Any:
    """A garment as it decides anything: a file that repeats itself is not written to each garment."""
    file = one.file and one.file in one.words and one.file.state
    return replace(one, file=None), file


hours = st.integers(0, 24 * 9).map(float)
states = st.sampled_from([one for one in G if one is not G.SOLD])
END = Retirement(tag="", garment_sku="", reason=RetiredFor.BEYOND_REPAIR, at=T0, happened_at=T0)
events = st.one_of(
    st.tuples(st.just("word"), states),
    st.tuples(st.just("person"), st.sampled_from([G.SELLABLE, G.QUARANTINE])),
    st.tuples(st.just("out"), st.sampled_from(list(LineKind))),
    st.tuples(st.just("end"), st.none()),
)
files = st.tuples(st.dictionaries(st.sampled_from(TAGS), states, min_size=1), st.booleans())
steps = st.lists(st.tuples(hours, st.one_of(files, st.tuples(st.sampled_from(TAGS), events))), max_size=14)


@given(steps=steps, lists_away=st.booleans())
@settings(max_examples=25, deadline=None)
def test_the_ledger_makes_of_files_and_events_what_the_rules_make_of_each_garment(
    lasting: Store, steps: list[Any], lists_away: bool
) -> None:
    wardrobe = open_one(lasting, lists_away=lists_away)
    wardrobe.file(0, {TAGS[0]: G.SELLABLE})
    last = 0.0
    for at, (first, second) in steps:
        if isinstance(first, dict):
            last += at % 30  # an older file than the last is never taken; one of the same moment is the mended file
            wardrobe.file(last, first, whole=second)
            continue
        what, word = second
        moment = T0 + at * HOUR
        changes: dict[str, Any] = {
            "word": lambda one, w=word, m=moment: hear(one, Source.EVENT, Word(w, m)),
            "person": lambda one, w=word, m=moment: hear(one, Source.PERSON, Word(w, m)),
            "out": lambda one, w=word, m=moment: dispatch(one, w, m, "SO1"),
            "end": lambda one: retire(one, END),
        }
        wardrobe.say(first, at, changes[what])
    assert {tag: plain(one) for tag, one in wardrobe.shown().items()} == {
        tag: plain(one) for tag, one in wardrobe.model.items()
    }
    assert wardrobe.states() == {tag: one.state.value for tag, one in wardrobe.model.items()}
    held = {sku: (good, other) for sku, (good, other) in wardrobe.positions().items() if good or other}
    assert held == {sku: sums for sku, sums in wardrobe.sums().items() if sums != (0, {})}


def test_what_is_retired_is_held_under_a_word_of_its_own_and_never_comes_back(wardrobe: Wardrobe) -> None:
    wardrobe.file(0, {TAGS[0]: G.SELLABLE, TAGS[1]: G.SELLABLE})
    wardrobe.say(TAGS[0], 1, lambda one: retire(one, END))
    assert wardrobe.positions() == {"DRESS": (1, {"retired": 1})}
    wardrobe.file(24, {TAGS[0]: G.SELLABLE, TAGS[1]: G.SELLABLE})
    assert wardrobe.positions() == {"DRESS": (1, {"retired": 1})}


def test_nothing_is_counted_before_the_first_whole_file(wardrobe: Wardrobe) -> None:
    wardrobe.say(TAGS[0], 0, lambda one: hear(one, Source.EVENT, Word(G.SELLABLE, T0)))
    wardrobe.file(1, {TAGS[0]: G.SELLABLE}, whole=False)
    assert wardrobe.positions() == {}
    wardrobe.file(2, {TAGS[0]: G.SELLABLE})
    assert wardrobe.positions() == {"DRESS": (1, {})}


def test_units_that_left_without_a_tag_are_not_sold_until_a_later_file_names_what_is_there(wardrobe: Wardrobe) -> None:
    wardrobe.file(0, {TAGS[0]: G.SELLABLE, TAGS[1]: G.SELLABLE})
    with wardrobe.store.transaction() as db:
        garments.leave_untagged(within(db), wardrobe.home, "SO1-1/S1", {"DRESS": 1}, T0 + HOUR)
        garments.leave_untagged(within(db), wardrobe.home, "SO1-1/S1", {"DRESS": 1}, T0 + HOUR)
    assert wardrobe.positions() == {"DRESS": (1, {})}
    wardrobe.file(0.5, {TAGS[0]: G.SELLABLE, TAGS[1]: G.SELLABLE})
    assert wardrobe.positions() == {"DRESS": (1, {})}
    wardrobe.file(24, {TAGS[0]: G.SELLABLE})
    assert wardrobe.positions() == {"DRESS": (1, {"unseen": 1})}


def test_a_garment_is_counted_under_the_stock_code_that_it_was_announced_with(wardrobe: Wardrobe) -> None:
    for code in ("DRESS_1", "COAT_1"):
        wardrobe.store.run(
            "insert into garment_item values (%s, %s, 'HIRE-ANY', '{}', false, 'accepted')", wardrobe.home, code
        )
    rows = [GarmentRow(tag=TAGS[0], sku="ATELIER", unique_sku="DRESS_1", state=G.SELLABLE)]
    with wardrobe.store.transaction() as db:
        take(db, Count(wardrobe.home, wardrobe.home, T0, T0.date()), rows)
        step = Step(TAGS[1], "COAT_1", T0 + HOUR, lambda one: hear(one, Source.EVENT, Word(G.INSPECTION, T0 + HOUR)))
        garments.move(within(db), wardrobe.building, step)
    assert wardrobe.positions() == {"HIRE-ANY": (1, {"inspection": 1})}


def test_a_garment_back_from_hire_rests_before_it_is_promised_again(wardrobe: Wardrobe) -> None:
    wardrobe.file(0, {TAGS[0]: G.SELLABLE, TAGS[1]: G.SELLABLE})
    now = datetime.now(UTC)
    resting = replace(wardrobe.building, buffer_hours=72)

    def say(state: GarmentState, at: datetime, **more: Any) -> None:
        step = Step(TAGS[0], "DRESS", at, lambda one: hear(one, Source.EVENT, Word(state, at)), **more)
        with wardrobe.store.transaction() as db:
            garments.move(within(db), resting, step)

    say(G.WITH_CUSTOMER, now - 3 * HOUR, hired=True)
    say(G.INSPECTION, now - 2 * HOUR)
    say(G.SELLABLE, now - HOUR)
    assert wardrobe.positions() == {"DRESS": (1, {"inspection": 1})}
    assert garments.end_rests(wardrobe.store) == 0
    wardrobe.store.run("update garment set bookable_at = now() - interval '1 second' where bookable_at is not null")
    assert garments.end_rests(wardrobe.store) == 1
    assert wardrobe.positions() == {"DRESS": (2, {})}


@pytest.mark.parametrize("early_days", [0, 5])
def test_a_garment_back_from_hire_rests_from_the_file_that_agrees_or_from_the_day_it_was_expected(
    wardrobe: Wardrobe, early_days: int
) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    back_by = now.date() + timedelta(days=early_days)
    ago = {hours: (now - hours * HOUR - T0) / HOUR for hours in (50, 30, 1)}
    wardrobe.file(ago[50], {TAGS[0]: G.SELLABLE, TAGS[1]: G.SELLABLE}, buffer_hours=72)
    for hours, state, hired in ((40, G.WITH_CUSTOMER, True), (10, G.SELLABLE, False)):
        at = now - hours * HOUR
        heard = partial(hear, source=Source.EVENT, word=Word(state, at))
        step = Step(TAGS[0], "DRESS", at, heard, hired=hired,
                    back_by=back_by if hired else None)  # fmt: skip
        with wardrobe.store.transaction() as db:
            garments.move(within(db), replace(wardrobe.building, buffer_hours=72), step)
        if hired:
            wardrobe.file(ago[30], {TAGS[0]: G.WITH_CUSTOMER, TAGS[1]: G.SELLABLE}, buffer_hours=72)
    assert wardrobe.states()[TAGS[0]] == "with_customer"
    wardrobe.file(ago[1], {TAGS[0]: G.SELLABLE, TAGS[1]: G.SELLABLE}, buffer_hours=72)
    row = wardrobe.store.row("select bookable_at from garment where home = %s and tag = %s", wardrobe.home, TAGS[0])
    rests_from = max(now - HOUR, datetime.combine(back_by, time(0), UTC))
    assert row == {"bookable_at": rests_from + 72 * HOUR}
    assert wardrobe.positions() == {"DRESS": (1, {"inspection": 1})}


@pytest.mark.parametrize("by", ["file", "event"])
@pytest.mark.parametrize(("zone", "midnight"), [("Europe/London", 23), ("Europe/Paris", 22)])
def test_a_rest_after_a_hire_begins_with_the_warehouses_day_in_summer_too_wherever_the_database_stands(
    wardrobe: Wardrobe, by: str, zone: str, midnight: int
) -> None:
    calendar = WorkingDays(zone=ZoneInfo(zone))
    building = replace(wardrobe.building, buffer_hours=72, calendar=calendar)
    left, back = datetime(2026, 7, 1, 9, tzinfo=UTC), datetime(2026, 7, 6, 5, tzinfo=UTC)

    def file(state: GarmentState, at: datetime) -> None:
        count = Count(wardrobe.home, wardrobe.home, at, at.date(), buffer_hours=72, zone=calendar.zone)
        with wardrobe.store.transaction() as db:
            db.execute("set local timezone = 'Asia/Tokyo'")
            take(db, count, [GarmentRow(tag=TAGS[0], sku="DRESS", state=state)])

    def say(state: GarmentState, at: datetime, **more: Any) -> None:
        step = Step(TAGS[0], "DRESS", at, lambda one: hear(one, Source.EVENT, Word(state, at)), **more)
        with wardrobe.store.transaction() as db:
            db.execute("set local timezone = 'Asia/Tokyo'")
            garments.move(within(db), building, step)

    file(G.SELLABLE, left - HOUR)
    say(G.WITH_CUSTOMER, left, hired=True, back_by=date(2026, 7, 10))
    if by == "file":
        say(G.SELLABLE, back)
        file(G.WITH_CUSTOMER, back + HOUR)
        file(G.SELLABLE, back + 2 * HOUR)
    else:
        file(G.SELLABLE, back)
        say(G.SELLABLE, back + HOUR)
    row = wardrobe.store.row("select bookable_at from garment where home = %s and tag = %s", wardrobe.home, TAGS[0])
    assert row == {"bookable_at": datetime(2026, 7, 9, midnight, tzinfo=UTC) + 72 * HOUR}


def test_every_state_is_counted_as_it_may_be_sold_and_of_two_words_the_less_sellable_counts(lasting: Store) -> None:
    for state in G:
        row = lasting.row("select garment_condition(%s, null, null) as condition", state.value)
        wanted = "retired" if state is G.RETIRED else state.condition and state.condition.value
        assert row == {"condition": wanted}
    pairs = lasting.rows(
        "select f as file, e as event, garment_state(f, now(), e, null, 0, false) as state,"
        " garment_state(f, now(), e, null, 1, false) as missed, garment_state(f, now(), e, null, 0, true) as ended"
        " from unnest(%s::text[]) f cross join unnest(%s::text[]) e",
        [one.value for one in G],
        [one.value for one in G],
    )
    for row in pairs:
        both = (G(row["file"]), G(row["event"]))
        assert row["state"] == less_sellable(*both)
        assert row["missed"] == less_sellable(*both, G.UNSEEN)
        assert row["ended"] == "retired"
    assert len(pairs) == len(G) ** 2
