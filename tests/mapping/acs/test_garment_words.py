"""What is believed of a garment: the less sellable of file and events, unseen at once, lost later, retired for good."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mappings.canonical import GarmentState, Grade, LineKind, RetiredFor, Retirement, Source
from mappings.garment_words import Garment, Word, dispatch, hear, miss, retire

T0 = datetime(2026, 12, 1, 5, tzinfo=UTC)
DAY = timedelta(days=1)
G = GarmentState
NEW = Garment(tag="A" * 24, sku="DRESS-10")

END = Retirement(tag=NEW.tag, garment_sku="DRESS_1", reason=RetiredFor.BEYOND_REPAIR, at=T0, happened_at=T0)


def word(state: GarmentState, days: float = 0.0, grade: Grade | None = None) -> Word:
    return Word(state, T0 + days * DAY, grade)


def test_a_garment_that_nobody_spoke_of_is_unknown() -> None:
    assert NEW.state is G.UNKNOWN


def test_an_event_that_says_ready_does_not_sell_while_the_file_says_processing() -> None:
    garment = hear(NEW, Source.FILE, word(G.REFURBISHMENT))
    garment = hear(garment, Source.EVENT, word(G.SELLABLE, 0.4))
    assert garment.state is G.REFURBISHMENT
    assert garment.disagree
    garment = hear(garment, Source.FILE, word(G.SELLABLE, 1))
    assert garment.state is G.SELLABLE
    assert not garment.disagree


def test_a_file_that_says_ready_does_not_sell_while_events_say_inspection() -> None:
    garment = hear(hear(NEW, Source.EVENT, word(G.INSPECTION)), Source.FILE, word(G.SELLABLE, 1))
    assert garment.state is G.INSPECTION
    assert hear(garment, Source.EVENT, word(G.SELLABLE, 1.2)).state is G.SELLABLE


def test_a_person_settles_what_file_and_events_do_not() -> None:
    garment = hear(hear(NEW, Source.EVENT, word(G.INSPECTION)), Source.FILE, word(G.SELLABLE, 1))
    settled = hear(garment, Source.PERSON, word(G.SELLABLE, 2))
    assert settled.state is G.SELLABLE
    assert hear(settled, Source.EVENT, word(G.INSPECTION, 3)).state is G.INSPECTION


def test_a_late_older_word_changes_nothing() -> None:
    garment = hear(NEW, Source.EVENT, word(G.WITH_CUSTOMER, 2))
    assert hear(garment, Source.EVENT, word(G.SELLABLE, 1)) == garment


def test_a_word_that_retires_counts_however_late_it_comes() -> None:
    garment = hear(NEW, Source.FILE, word(G.SELLABLE, 2))
    assert hear(garment, Source.FILE, word(G.RETIRED, 1)).state is G.RETIRED
    assert hear(garment, Source.EVENT, word(G.RETIRED, 1)).state is G.RETIRED


def test_a_missing_tag_is_unseen_at_once_and_lost_after_three_files_and_found_again() -> None:
    garment = hear(NEW, Source.FILE, word(G.SELLABLE))
    for day in (1, 2):
        garment = miss(garment, date(2026, 12, 1 + day), at=T0 + day * DAY)
        assert garment.state is G.UNSEEN
        assert not garment.lost()
    garment = miss(garment, date(2026, 12, 4), at=T0 + 3 * DAY)
    assert garment.lost()
    found = hear(garment, Source.FILE, word(G.SELLABLE, 4))
    assert (found.state, found.missed, found.lost()) == (G.SELLABLE, 0, False)


def test_two_files_of_one_day_miss_a_garment_once() -> None:
    garment = hear(NEW, Source.FILE, word(G.SELLABLE))
    garment = miss(garment, date(2026, 12, 2), at=T0 + DAY)
    again = miss(garment, date(2026, 12, 2), at=T0 + 1.2 * DAY)
    assert again.missed == 1


def test_an_event_does_not_make_an_unseen_garment_seen() -> None:
    garment = miss(hear(NEW, Source.FILE, word(G.SELLABLE)), date(2026, 12, 2), at=T0 + DAY)
    assert hear(garment, Source.EVENT, word(G.SELLABLE, 2)).state is G.UNSEEN


def test_a_garment_that_is_away_is_not_missed_where_files_do_not_list_what_is_away() -> None:
    away = hear(NEW, Source.EVENT, word(G.WITH_CUSTOMER))
    assert miss(away, date(2026, 12, 2), at=T0 + DAY, lists_away=False).state is G.WITH_CUSTOMER
    assert miss(away, date(2026, 12, 2), at=T0 + DAY).state is G.UNSEEN


def test_an_older_file_misses_nothing() -> None:
    garment = hear(NEW, Source.FILE, word(G.SELLABLE, 3))
    assert miss(garment, date(2026, 12, 2), at=T0 + DAY) == garment


def test_the_grade_is_that_of_the_newest_word_that_has_one() -> None:
    garment = hear(hear(NEW, Source.EVENT, word(G.SELLABLE, 2, Grade.A)), Source.FILE, word(G.SELLABLE, 1, Grade.B))
    assert garment.grade is Grade.A
    assert hear(garment, Source.FILE, word(G.SELLABLE, 3)).grade is Grade.A


def test_a_sold_garment_is_nobodys_stock_is_not_missed_and_may_come_back() -> None:
    garment = hear(NEW, Source.FILE, word(G.SELLABLE))
    garment = dispatch(garment, LineKind.SALE, T0 + 0.2 * DAY, "SO1-1")
    assert garment.state is G.SOLD
    assert garment.state.condition is None
    for day in (1, 2, 3, 4):
        garment = miss(garment, date(2026, 12, 1 + day), at=T0 + day * DAY)
    assert (garment.missed, garment.lost()) == (0, False)
    back = hear(garment, Source.EVENT, word(G.INSPECTION, 5))
    assert back.state is G.INSPECTION
    assert hear(back, Source.EVENT, word(G.SELLABLE, 6)).state is G.SELLABLE


def test_what_a_file_said_before_a_garment_was_sold_counts_no_more_once_it_is_back() -> None:
    garment = hear(NEW, Source.FILE, word(G.INSPECTION))
    sold = dispatch(garment, LineKind.SALE, T0 + DAY, "SO1-1")
    assert hear(sold, Source.EVENT, word(G.SELLABLE, 2)).state is G.SELLABLE


def test_a_hired_garment_stays_the_merchants() -> None:
    lent = dispatch(hear(NEW, Source.FILE, word(G.SELLABLE)), LineKind.HIRE, T0 + 0.2 * DAY, "SO1-1")
    assert lent.state is G.WITH_CUSTOMER
    assert lent.state.condition is not None


def test_a_garment_that_is_retired_as_sold_may_come_back_and_any_other_may_not() -> None:
    sold = retire(NEW, END.model_copy(update={"reason": RetiredFor.SOLD}))
    assert sold.state is G.SOLD
    assert hear(sold, Source.EVENT, word(G.SELLABLE, 1)).state is G.SELLABLE
    assert hear(retire(NEW, END), Source.EVENT, word(G.SELLABLE, 1)).state is G.RETIRED


STEP = st.one_of(
    st.tuples(
        st.sampled_from([Source.FILE, Source.EVENT]),
        st.sampled_from(GarmentState),
        st.integers(0, 9),
    ),
    st.tuples(st.just("miss"), st.none(), st.integers(0, 9)),
    st.tuples(st.just("retire"), st.none(), st.just(0)),
)


def after(steps: list[Any], garment: Garment = NEW) -> Garment:
    for what, state, day in steps:
        if what == "miss":
            garment = miss(garment, T0.date() + day * DAY, at=T0 + day * DAY)
        elif what == "retire":
            garment = retire(garment, END)
        else:
            garment = hear(garment, what, word(state, day))
    return garment


@given(before=st.lists(STEP, max_size=6), later=st.lists(STEP, max_size=8))
def test_what_is_retired_never_sells_again_whatever_files_and_events_say(before: list[Any], later: list[Any]) -> None:
    garment = after(later, retire(after(before), END))
    assert garment.state is G.RETIRED


@given(steps=st.lists(STEP, max_size=10))
def test_a_garment_sells_only_when_every_source_that_spoke_says_ready(steps: list[Any]) -> None:
    garment = after(steps)
    spoken = [one.state for one in garment.words]
    assert (garment.state is G.SELLABLE) == (
        not garment.retired and not garment.missed and bool(spoken) and set(spoken) == {G.SELLABLE}
    )


@given(steps=st.lists(STEP.filter(lambda one: one[0] in {Source.FILE, Source.EVENT}), max_size=8), data=st.data())
def test_words_may_come_in_any_order(steps: list[Any], data: Any) -> None:
    forth, other = after(steps), after(data.draw(st.permutations(steps)))
    assert forth.state is other.state
