"""A warehouse's reason for an adjustment, in Khaos's words and on finance's account."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.adjustments import REASONS, AdjustmentReason, read_adjustment
from mappings.errors import Unmappable
from mappings.text import storable


def test_a_usual_reason_has_khaos_word_and_no_account_until_finance_names_one() -> None:
    assert read_adjustment("clarus", " dmg ") == AdjustmentReason("DAMAGED", "")
    assert {row["account"] for rows in REASONS.values() for row in rows.values()} == {""}


def test_a_merchants_row_wins_member_by_member() -> None:
    assert read_adjustment("clarus", "DMG", {"dmg": {"account": "5200"}}) == AdjustmentReason("DAMAGED", "5200")
    own = {"ADJ-NEG-01": {"khaos": "WRITE OFF", "account": "5210"}}
    assert read_adjustment("clarus", "adj-neg-01", own) == AdjustmentReason("WRITE OFF", "5210")
    assert read_adjustment("elsewhere", "ADJ-NEG-01", own) == AdjustmentReason("WRITE OFF", "5210")


@given(st.text())
def test_any_other_reason_is_finances_exception_and_names_the_row_to_add(reason: str) -> None:
    if reason.strip().upper() in REASONS["clarus"]:
        return
    with pytest.raises(Unmappable) as told:
        read_adjustment("clarus", reason)
    assert told.value.kind == "reason_unmapped"
    assert "[tables.adjustment_reasons.clarus]" in told.value.why
    assert f'"{storable(reason.strip().upper())}" = ' in told.value.why


def test_a_row_with_an_account_only_is_not_mapped() -> None:
    with pytest.raises(Unmappable):
        read_adjustment("clarus", "NEW", {"NEW": {"account": "5200"}})
