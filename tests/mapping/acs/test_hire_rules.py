"""Hires are recognised by the merchant's rules, their days come from named fields, and garments are chosen for them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.canonical import Address, GarmentState, LineKind, OrderLine, Product, SalesOrder
from mappings.errors import Unmappable
from mappings.garment_choice import Candidate, choose
from mappings.hire_rules import HireRules, kind_of, read_hire
from mappings.working_days import WorkingDays

RULES = HireRules(
    channels=frozenset({"Rental site"}),
    stock_types=frozenset({"STOCK_TYPE:Rental"}),
    line_field="Hire",
    event_field="Event date",
    length_field="Hire length",
    lengths={"4 day": 4, "8 day": 8},
)
ADDRESS = Address(name="A B", line1="1", town="Leeds", country="GB")
T0 = datetime(2026, 12, 1, tzinfo=UTC)


def order(channel: str = "", **fields: str) -> SalesOrder:
    told = tuple((name.replace("_", " "), value) for name, value in fields.items())
    return SalesOrder(code="SO1", channel=channel, address=ADDRESS, user_fields=told)


def product(**attributes: str) -> Product:
    return Product(
        stock_id="1", code="DRESS", description="Dress", stock_controlled=True, attributes=tuple(attributes.items())
    )


LINE = OrderLine(sku="DRESS", quantity=1)


@pytest.mark.parametrize(
    ("order", "line", "product"),
    [
        (order("rental  SITE"), LINE, None),
        (order(), LINE.model_copy(update={"user_fields": (("Hire", "Yes"),)}), None),
        (order(), LINE, product(STOCK_TYPE="RENTAL")),
        (order(), LINE.model_copy(update={"kind": LineKind.HIRE}), None),
    ],
)
def test_any_rule_makes_a_line_a_hire(order: SalesOrder, line: OrderLine, product: Product | None) -> None:
    assert kind_of(order, line, product, RULES) is LineKind.HIRE


@pytest.mark.parametrize("rules", [RULES, HireRules()])
def test_a_line_that_no_rule_speaks_of_is_a_sale(rules: HireRules) -> None:
    line = LINE.model_copy(update={"user_fields": (("Hire", "no"), ("", "yes"))})
    assert kind_of(order("Shop"), line, product(STOCK_TYPE="Sale"), rules) is LineKind.SALE


@pytest.mark.parametrize("word", ["2026-11-26", "26/11/2026", "26-11-2026", "26 November 2026", "2026-11-26T00:00:00"])
def test_the_event_date_is_read_however_it_is_written(word: str) -> None:
    found = read_hire(order(Event_date=word, Hire_length="4 DAY"), RULES, WorkingDays())
    assert (found.event_on, found.back_by) == (date(2026, 11, 26), date(2026, 11, 30))


@pytest.mark.parametrize(
    "fields",
    [
        {"Hire_length": "4 day"},
        {"Event_date": "next week", "Hire_length": "4 day"},
        {"Event_date": "11/26/2026", "Hire_length": "4 day"},
        {"Event_date": "26/11/2026"},
        {"Event_date": "26/11/2026", "Hire_length": "a while"},
    ],
)
def test_a_hire_without_readable_dates_is_held_and_never_guessed(fields: dict[str, str]) -> None:
    with pytest.raises(Unmappable) as caught:
        read_hire(order(**fields), RULES, WorkingDays())
    assert caught.value.kind == "hire_dates_missing"
    assert "Khaos" in caught.value.why or "fleet.toml" in caught.value.why


def candidate(number: int, state: GarmentState, ready: int, bookable: int | None) -> Candidate:
    when = None if bookable is None else T0 + timedelta(days=bookable)
    return Candidate(f"{number:024X}", f"D_{number}", state, T0 + timedelta(days=ready), when)


CANDIDATES = st.lists(
    st.builds(
        candidate,
        st.integers(0, 99),
        st.sampled_from(GarmentState),
        st.integers(-5, 5),
        st.none() | st.integers(-5, 5),
    ),
    max_size=12,
    unique_by=lambda one: one.tag,
)


@given(data=st.data(), candidates=CANDIDATES, units=st.integers(0, 5), kind=st.sampled_from(LineKind))
def test_only_ready_garments_that_are_free_are_chosen_the_longest_ready_first(
    data: Any, candidates: list[Candidate], units: int, kind: LineKind
) -> None:
    found = choose(candidates, units, kind, T0)
    assert len(found) <= units
    assert all(one.state is GarmentState.SELLABLE for one in found)
    if kind is LineKind.HIRE:
        assert all(one.bookable_from is None or one.bookable_from <= T0 for one in found)
    assert list(found) == sorted(found, key=lambda one: (one.ready_at, one.tag))
    assert choose(data.draw(st.permutations(candidates)), units, kind, T0) == found
