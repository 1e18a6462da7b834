"""Single values as Khaos Control writes them."""

from __future__ import annotations

import pytest

from mappings.errors import Unmappable
from mappings.khaos.values import moment, number, whole


@pytest.mark.parametrize(
    ("told", "meant"),
    [
        ("-3.5527136788005E-15", "0.000000"), ("5E-5", "0.000050"), ("1.25E-3", "0.001250"), ("6.00", "6.00"),
        ("-.5", "-0.5"), ("4E-324", "0.000000"),
    ],
)  # fmt: skip
def test_a_very_small_number_is_read_as_delphi_writes_it_and_never_written_so(told: str, meant: str) -> None:
    assert str(number("UNIT_PRICE", told)) == meant


@pytest.mark.parametrize("told", ["1E5", "1E99", "12E-3", "1,50", "12.50-", "£4.50", "NAN", "1e-5 ", ""])
def test_what_is_no_number_of_theirs_is_asked_about(told: str) -> None:
    with pytest.raises(Unmappable) as refused:
        number("UNIT_PRICE", told)
    assert refused.value.field == "UNIT_PRICE"


def test_what_is_left_of_a_quantity_that_comes_to_nothing_is_none() -> None:
    assert whole("QTY_ORD", "2.8E-16") == 0
    with pytest.raises(Unmappable):
        whole("QTY_ORD", "1.5E-1")


@pytest.mark.parametrize(
    ("told", "meant"),
    [
        ("2026-07-01T24:00:00Z", "2026-07-02T00:00:00+00:00"),
        ("2026-07-01T24:00", "2026-07-01T23:00:00+00:00"),
        ("2026-07-01T23:59:60Z", "2026-07-01T23:59:59+00:00"),
        ("01/07/2026 13:05", "2026-07-01T12:05:00+00:00"),
        ("01/07/2026", "2026-06-30T23:00:00+00:00"),
    ],
)
def test_a_moment_is_the_one_that_was_told_and_a_day_alone_its_first(told: str, meant: str) -> None:
    found = moment("ORDER_DATE", told)
    assert found is not None
    assert found.isoformat() == meant


@pytest.mark.parametrize("told", ["2026-07-01T25:00", "2026-07-01Tnoon", "2026-07-01T24:01", "9999-12-31T24:00"])
def test_a_clock_that_cannot_be_is_no_midnight(told: str) -> None:
    with pytest.raises(Unmappable, match="no such time"):
        moment("ORDER_DATE", told)
