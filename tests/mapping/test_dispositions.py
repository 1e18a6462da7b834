"""What becomes of returned goods: a row says it, a merchant's row wins, and without a reason id nobody is credited."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.canonical import Condition
from mappings.dispositions import DISPOSITIONS, Processing, read_disposition
from mappings.errors import Unmappable

OWN: dict[str, Any] = {
    "good": {"*": {"reason": "1"}},
    "damaged": {"*": {"reason": "3"}, "WET": {"reason": "4", "processing": "quarantine", "process": True}},
}


def test_a_merchants_row_gives_the_id_and_the_table_the_rest() -> None:
    found = read_disposition("good", "", OWN)
    assert (found.reason_id, found.processing, found.process) == ("1", Processing.RETURN_TO_STOCK, True)


def test_a_row_for_the_hold_reason_wins_whatever_its_case() -> None:
    assert read_disposition("damaged", "wet", OWN).reason_id == "4"
    assert read_disposition("damaged", "wet", OWN).process
    other = read_disposition("damaged", "TORN", OWN)
    assert (other.reason_id, other.process) == ("3", False)  # a person decides


@pytest.mark.parametrize("condition", [c.value for c in Condition])
def test_the_shipped_table_credits_nobody_by_itself(condition: str) -> None:
    with pytest.raises(Unmappable) as caught:
        read_disposition(condition)
    assert caught.value.kind == "unknown_grade"
    assert f"[tables.return_dispositions.{condition}]" in caught.value.why


@pytest.mark.parametrize(
    "row", [{"reason": "1", "processing": "eaten"}, {"reason": "1", "process": "perhaps"}, {"reason": " "}]
)
def test_a_row_with_a_wrong_word_says_which(row: dict[str, Any]) -> None:
    with pytest.raises(Unmappable, match=r"good"):
        read_disposition("good", "", {"good": {"*": row}})


def test_every_shipped_row_names_a_known_condition_and_processing() -> None:
    for condition, rows in DISPOSITIONS.items():
        assert condition in set(Condition)
        for row in rows.values():
            assert row["processing"] in set(Processing)
            assert row["process"] in (True, False, "person")


@given(st.text(), st.text())
def test_no_words_are_ever_guessed(condition: str, hold_reason: str) -> None:
    try:
        said = read_disposition(condition, hold_reason, OWN).reason_id
    except Unmappable as error:
        said = error.kind
    assert said == "unknown_grade" or (condition in OWN and said in {"1", "3", "4"})
