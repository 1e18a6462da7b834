"""Every state that stock can be in, however its words are written: only what ACS calls ready may be sold."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.acs import States
from mappings.acs.tables import run_together, spoken, table
from mappings.canonical import Condition, GarmentState, less_sellable
from mappings.errors import Unmappable

STATES = States()
READY = "In warehouse - ready for customer"
G = GarmentState
# location, process status, order -> state, and whether it is reported
STOCK = [
    (READY, "", "", G.SELLABLE, False),
    (READY, "Ready", "", G.SELLABLE, False),
    (READY, "Available to sell", "", G.SELLABLE, False),
    (READY, "Ready", "MODA-R-1", G.RESERVED, False),
    (READY, "Allocated", "MODA-R-1", G.RESERVED, False),
    (READY, "Packed", "MODA-R-1", G.RESERVED, False),
    (READY, "InRefurbishment", "", G.REFURBISHMENT, True),
    (READY, "Post-Rental Inspection", "", G.INSPECTION, True),
    (READY, "Retired", "", G.RETIRED, True),
    (READY, "Polished", "", G.UNKNOWN, True),
    ("In warehouse processing", "", "", G.INSPECTION, False),
    ("In warehouse processing", "Packed", "MODA-R-1", G.RESERVED, False),
    ("In warehouse processing", "In-Refurbishment", "", G.REFURBISHMENT, False),
    ("In warehouse processing", "PostRentalInspection", "", G.INSPECTION, False),
    ("In warehouse processing", "Awaiting inspection", "", G.INSPECTION, False),
    ("In warehouse processing", "Quarantine", "", G.QUARANTINE, False),
    ("In warehouse processing", "Damaged", "", G.DAMAGED, False),
    ("In warehouse processing", "Ready", "", G.INSPECTION, True),
    ("Receipted - No Location", "Receipted", "", G.INSPECTION, False),
    ("Receipted - No Location", "Ready", "", G.INSPECTION, True),
    ("With customer", "WithCustomer", "MODA-R-1", G.WITH_CUSTOMER, False),
    ("With customer", "Ready", "", G.WITH_CUSTOMER, True),
    ("Ex-hired", "Retired", "", G.RETIRED, False),
    ("Ex-hired", "Ready", "", G.RETIRED, True),
    ("On the moon", "Ready", "", G.UNKNOWN, True),
    ("", "Ready", "", G.UNKNOWN, True),
    ("", "", "", G.UNKNOWN, True),
]
DASHES = ["-", "–", "—", "‐", "−", "\u2011"]  # noqa: RUF001  every dash that a file may have


@pytest.mark.parametrize(("location", "status", "order", "state", "reported"), STOCK)
def test_every_state_of_stock(location: str, status: str, order: str, state: G, reported: bool) -> None:
    judged = STATES.judge(location, status, order)
    assert judged.state is state
    assert (judged.trouble is not None) == reported
    assert judged.trouble is None or judged.trouble.kind == "unknown_condition"


PLACES = {
    READY: G.SELLABLE,
    "In warehouse processing": G.INSPECTION,
    "Receipted - No Location": G.INSPECTION,
    "With customer": G.WITH_CUSTOMER,
    "Ex-hired": G.RETIRED,
}
STATUSES = {
    "Ready": G.SELLABLE,
    "Available to sell": G.SELLABLE,
    "Allocated": G.RESERVED,
    "Picking": G.RESERVED,
    "Packed": G.RESERVED,
    "Dispatched": G.WITH_CUSTOMER,
    "With customer": G.WITH_CUSTOMER,
    "Receipted": G.INSPECTION,
    "Awaiting inspection": G.INSPECTION,
    "Post-Rental Inspection": G.INSPECTION,
    "In-Refurbishment": G.REFURBISHMENT,
    "Quarantine": G.QUARANTINE,
    "Damaged": G.DAMAGED,
    "Retired": G.RETIRED,
    "BER": G.RETIRED,
}


def test_every_word_of_the_table_alone_and_every_pair_of_them() -> None:
    assert {word: STATES.judge(word).state for word in table("states")["locations"]} == PLACES
    assert {word: STATES.judge_status(word).state for word in table("states")["process_statuses"]} == STATUSES
    for (place, stands), (status, says) in itertools.product(PLACES.items(), STATUSES.items()):
        finer = stands is G.INSPECTION and says in {G.RESERVED, G.REFURBISHMENT, G.QUARANTINE, G.DAMAGED}
        wanted = says if finer else less_sellable(stands, says)
        assert STATES.judge(place, status).state is wanted, (place, status)


def test_of_all_pairs_of_words_only_the_ready_ones_are_sellable() -> None:
    rows = table("states")
    sellable = {
        (location, status)
        for location, status in itertools.product(rows["locations"], ["", *rows["process_statuses"]])
        if STATES.judge(location, status).state is G.SELLABLE
    }
    assert sellable == {(READY, ""), (READY, "Ready"), (READY, "Available to sell")}


@pytest.mark.parametrize("dash", DASHES)
@pytest.mark.parametrize("blank", ["", " ", "  ", "\u00a0"])
@pytest.mark.parametrize("upper", [False, True])
def test_dashes_blanks_and_case_make_no_difference(dash: str, blank: str, upper: bool) -> None:
    word = f" In  warehouse{blank}{dash}{blank}ready for customer "
    assert STATES.judge(word.upper() if upper else word).state is G.SELLABLE
    assert STATES.judge(f"Receipted{blank}{dash}{blank}No Location").state is G.INSPECTION


@pytest.mark.parametrize("word", ["InRefurbishment", "In-Refurbishment", "in refurbishment", "IN_REFURBISHMENT"])
def test_a_process_status_is_known_however_it_is_written(word: str) -> None:
    assert STATES.judge_status(word).state is G.REFURBISHMENT


@given(location=st.text(max_size=40), status=st.text(max_size=25))
def test_what_has_no_row_is_never_sellable_and_is_reported(location: str, status: str) -> None:
    rows = table("states")
    known = spoken(location) in {spoken(word) for word in rows["locations"]}
    judged = STATES.judge(location, status)
    if not known:
        assert judged.state is G.UNKNOWN
        assert judged.trouble is not None
        assert judged.trouble.why
    if status.strip() and run_together(status) not in {run_together(word) for word in rows["process_statuses"]}:
        assert judged.state is G.UNKNOWN
        assert judged.trouble is not None


@given(states=st.lists(st.sampled_from(GarmentState), min_size=1))
def test_the_less_sellable_of_several_is_sellable_only_when_all_are(states: list[GarmentState]) -> None:
    worst = less_sellable(*states)
    assert worst in states
    assert (worst is G.SELLABLE) == (set(states) == {G.SELLABLE})
    if G.RETIRED in states:
        assert worst is G.RETIRED


@pytest.mark.parametrize("state", GarmentState)
def test_every_state_has_its_stock_position_and_only_what_is_ready_or_reserved_is_good(state: GarmentState) -> None:
    assert (state.condition is Condition.GOOD) == (state in {G.SELLABLE, G.RESERVED})
    assert (state.condition is None) == (state in {G.SOLD, G.RETIRED})


def test_a_merchants_rows_win_and_a_row_without_a_meaning_is_refused_by_its_name() -> None:
    states = States({"Photo studio": "quarantine", "STATUS Steaming": "refurbishment"})
    assert states.judge("photo  STUDIO").state is G.QUARANTINE
    assert states.judge("In warehouse processing", "steaming").state is G.REFURBISHMENT
    with pytest.raises(Unmappable, match="Photo studio") as caught:
        States({"Photo studio": "lovely"})
    assert caught.value.kind == "unknown_condition"
