"""Single values as Khaos Control writes them."""

from __future__ import annotations

import pytest

from mappings.errors import Unmappable
from mappings.khaos.values import number, whole


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
