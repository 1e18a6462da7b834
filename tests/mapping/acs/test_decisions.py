"""Every grade, by hire and sale, with every disposition: what happens in stock and in money. A hire never credits."""

from __future__ import annotations

import itertools
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.acs import Booking, Grades, Money, decide, settled_kind
from mappings.acs.tables import run_together
from mappings.canonical import Condition, Disposition, GarmentState, Grade, LineKind
from mappings.errors import Unmappable

S, H = LineKind.SALE, LineKind.HIRE
ENDS = {Disposition.DONATE, Disposition.RECYCLE, Disposition.DESTROY}
EVERY = list(itertools.product(Grade, LineKind, [None, *Disposition]))
READY, MEND, LOOK = GarmentState.SELLABLE, GarmentState.REFURBISHMENT, GarmentState.INSPECTION
APART, BROKEN = GarmentState.QUARANTINE, GarmentState.DAMAGED
BY_END = dict.fromkeys([None, *sorted(ENDS)], (BROKEN, Money.CHARGE))
# (grade, hire or sale) -> disposition -> (stock, money); what is not named is the row's last, for any other.
TABLE: dict[tuple[Grade, LineKind], dict[Any, tuple[GarmentState, Money]]] = {
    (Grade.A, S): {
        Disposition.RESTOCK: (READY, Money.CREDIT),
        Disposition.REPACK: (MEND, Money.CREDIT),
        None: (LOOK, Money.CREDIT),
        "else": (APART, Money.PERSON),
    },
    (Grade.A, H): {
        Disposition.RESTOCK: (READY, Money.RELEASE),
        Disposition.REPACK: (MEND, Money.RELEASE),
        Disposition.REFURBISH: (MEND, Money.RELEASE),
        None: (LOOK, Money.RELEASE),
        "else": (APART, Money.PERSON),
    },
    (Grade.B, S): {
        Disposition.RESTOCK: (READY, Money.CREDIT),
        Disposition.REPACK: (MEND, Money.CREDIT),
        Disposition.REFURBISH: (MEND, Money.CREDIT),
        None: (LOOK, Money.CREDIT),
        "else": (APART, Money.PERSON),
    },
    (Grade.B, H): {
        Disposition.RESTOCK: (READY, Money.RELEASE),
        Disposition.REPACK: (MEND, Money.RELEASE),
        Disposition.REFURBISH: (MEND, Money.RELEASE),
        None: (LOOK, Money.RELEASE),
        "else": (APART, Money.PERSON),
    },
    (Grade.C, S): {
        # How much less is the merchant's policy: until it is set, a person decides.
        Disposition.OUTLET: (APART, Money.PERSON),
        Disposition.REFURBISH: (MEND, Money.PERSON),
        "else": (APART, Money.PERSON),
    },
    (Grade.C, H): {
        Disposition.OUTLET: (APART, Money.RELEASE),
        Disposition.REFURBISH: (MEND, Money.RELEASE),
        None: (APART, Money.RELEASE),
        "else": (APART, Money.PERSON),
    },
    (Grade.D, S): {"else": (BROKEN, Money.PERSON)},
    (Grade.D, H): {**BY_END, "else": (BROKEN, Money.PERSON)},
    (Grade.X, S): {"else": (BROKEN, Money.PERSON)},
    (Grade.X, H): {**BY_END, "else": (BROKEN, Money.PERSON)},
    **{(Grade.WRONG_ITEM, kind): {"else": (GarmentState.UNKNOWN, Money.HOLD)} for kind in LineKind},
    **{(Grade.MISSING, kind): {"else": (GarmentState.UNSEEN, Money.HOLD)} for kind in LineKind},
    **{(Grade.EMPTY_BOX, kind): {"else": (GarmentState.UNSEEN, Money.HOLD)} for kind in LineKind},
    **{(Grade.COUNTERFEIT, kind): {"else": (APART, Money.HOLD)} for kind in LineKind},
}  # fmt: skip


MENDED = Booking.REFURBISHMENT_COST
# (grade, hire or sale) -> disposition -> what finance books besides; what is not named is nothing.
BOOKS: dict[tuple[Grade, LineKind], dict[Disposition, Booking]] = {
    (Grade.A, H): {Disposition.REFURBISH: MENDED},
    **{(Grade.B, kind): {Disposition.REFURBISH: MENDED, Disposition.REPACK: MENDED} for kind in LineKind},
    **{
        (Grade.C, kind): {Disposition.OUTLET: Booking.WRITE_DOWN, Disposition.REFURBISH: MENDED} for kind in LineKind
    },
    **{
        (Grade.D, kind): {**dict.fromkeys(ENDS, Booking.WRITE_OFF), Disposition.RETURN_TO_VENDOR: Booking.CLAIM}
        for kind in LineKind
    },
    **{(Grade.X, kind): dict.fromkeys(ENDS, Booking.WRITE_OFF) for kind in LineKind},
}  # fmt: skip


@pytest.mark.parametrize(("grade", "kind", "disposition"), EVERY, ids=str)
def test_every_grade_of_a_hire_or_a_sale_with_every_disposition(
    grade: Grade, kind: LineKind, disposition: Disposition | None
) -> None:
    rows = TABLE[grade, kind]
    found = decide(kind, grade, disposition)
    books = BOOKS.get((grade, kind), {}).get(disposition, Booking.NOTHING) if disposition else Booking.NOTHING
    assert (found.stock, found.money) == rows.get(disposition, rows["else"])
    assert found.book is books
    assert found.row.startswith(f"{kind}/{grade}/")


@pytest.mark.parametrize(("grade", "kind", "disposition"), EVERY, ids=str)
def test_grading_alone_never_makes_a_garment_sellable(
    grade: Grade, kind: LineKind, disposition: Disposition | None
) -> None:
    found = decide(kind, grade, disposition)
    assert found.meanwhile is not GarmentState.SELLABLE
    assert found.meanwhile.condition is not Condition.GOOD


@pytest.mark.parametrize(("grade", "disposition"), [(g, d) for g, k, d in EVERY if k is H], ids=str)
def test_a_hire_never_credits_and_its_charge_follows_the_recommendation(
    grade: Grade, disposition: Disposition | None
) -> None:
    plain = decide(H, grade, disposition)
    charged = decide(H, grade, disposition, charge_recommended=True)
    assert not plain.money.credits
    assert not charged.money.credits
    perfect = grade is Grade.A and disposition in {Disposition.RESTOCK, Disposition.REPACK}
    if plain.money is Money.RELEASE and not perfect:
        assert charged.money is Money.CHARGE


def test_a_value_is_written_off_for_a_final_end_only() -> None:
    offs = {
        (grade, disposition)
        for grade, kind, disposition in EVERY
        if decide(kind, grade, disposition).book is Booking.WRITE_OFF
    }
    assert offs == {(grade, end) for grade in (Grade.D, Grade.X) for end in ENDS}


def test_the_damaged_the_beyond_repair_and_the_exceptional_of_a_sale_are_never_credited_without_a_person() -> None:
    for grade in (Grade.D, Grade.X, Grade.WRONG_ITEM, Grade.MISSING, Grade.EMPTY_BOX, Grade.COUNTERFEIT):
        assert not any(decide(S, grade, disposition).money.credits for disposition in [None, *Disposition])


def test_a_merchants_percentage_makes_a_worn_sale_a_smaller_credit() -> None:
    own = {"sale": {"C": {"OUTLET": {"less": "25"}}}}
    found = decide(S, Grade.C, Disposition.OUTLET, own=own)
    assert (found.money, found.less) == (Money.CREDIT_LESS, Decimal(25))


def test_a_merchants_row_for_a_hire_that_would_credit_is_refused_by_its_name() -> None:
    own = {"hire": {"A": {"RESTOCK": {"money": "credit"}}}}
    with pytest.raises(Unmappable, match=r'\[tables.return_decisions.acs.hire.A\] "RESTOCK"') as caught:
        decide(H, Grade.A, Disposition.RESTOCK, own=own)
    assert caught.value.kind == "unknown_grade"


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ({"stock": "retired"}, "stock"),
        ({"stock": "fine"}, "stock"),
        ({"money": "refund"}, "money"),
        ({"book": "burn"}, "book"),
        ({"money": "credit_less", "less": "0"}, "less"),
        ({"money": "credit_less", "less": "101"}, "less"),
        ({"money": "credit_less", "less": "a bit"}, "less"),
    ],
)
def test_a_merchants_row_with_a_word_that_is_none_is_refused(row: dict[str, str], field: str) -> None:
    with pytest.raises(Unmappable) as caught:
        decide(S, Grade.A, Disposition.RESTOCK, own={"sale": {"A": {"RESTOCK": row}}})
    assert caught.value.field == field


ROW = st.fixed_dictionaries(
    {},
    optional={
        "stock": st.sampled_from([*GarmentState, "", "nonsense"]),
        "money": st.sampled_from([*Money, "charge_if_recommended", "", "nonsense"]),
        "book": st.sampled_from([*Booking, "nonsense"]),
        "less": st.sampled_from(["10", "0", "NaN", "-5", "100", "x"]),
    },
)


@given(
    grade=st.sampled_from(Grade),
    disposition=st.none() | st.sampled_from(Disposition),
    row=ROW,
    at=st.sampled_from([*Disposition, "*", ""]),
    recommended=st.booleans(),
)
def test_whatever_a_merchant_writes_a_hire_never_credits(
    grade: Grade, disposition: Disposition | None, row: dict[str, Any], at: str, recommended: bool
) -> None:
    own = {"hire": {grade.value: {str(at): row}}}
    try:
        found = decide(H, grade, disposition, charge_recommended=recommended, own=own)
    except Unmappable:
        return
    assert not found.money.credits
    assert found.less is None


@given(told=st.none() | st.sampled_from(LineKind), ordered=st.none() | st.sampled_from(LineKind))
def test_a_hire_on_either_side_is_a_hire_and_an_order_that_nobody_found_is_held(
    told: LineKind | None, ordered: LineKind | None
) -> None:
    kind = settled_kind(told, ordered)
    assert (kind is H) == (H in {told, ordered})
    if ordered is None and told is not H:
        assert decide(kind, Grade.A, Disposition.RESTOCK).money is Money.HOLD


@given(word=st.text(max_size=12))
def test_a_grade_without_a_row_is_refused_and_never_guessed(word: str) -> None:
    known = {"a", "agrade", "b", "c", "d", "x", "ber", "wrongitem", "missing", "emptybox", "counterfeit"}
    if run_together(word) in known:
        assert Grades().grade(word)
        return
    with pytest.raises(Unmappable) as refused:
        Grades().grade(word)
    assert refused.value.kind == "unknown_grade"


def test_a_merchants_own_words_for_grades_win() -> None:
    grades = Grades({"1": "A", "2": "B", "DISPOSITION BIN": "DESTROY", "CODE LIPSTICK": "stain"})
    assert grades.grade(" 1 ") is Grade.A
    assert grades.disposition("bin") is Disposition.DESTROY
    kept, missing = grades.condition_codes(["lipstick", "NONE", "MUD"])
    assert kept == ("lipstick", "MUD")
    assert [one.value for one in missing] == ["MUD"]
