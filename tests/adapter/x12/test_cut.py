"""Segments that are cut out of one text are those that splitting it gives, and a large file is held few times over."""

from __future__ import annotations

import re
import tracemalloc
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.x12 import cut as module
from adapters.x12 import envelopes_of, read_interchanges, write_interchange
from adapters.x12.cut import Cut

TEXTS = st.text(alphabet="AGSTE*~ é", max_size=60)


@pytest.fixture(autouse=True)
def _in_small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "AT_ONCE", 128)


@given(TEXTS, st.integers(-9, 9), st.integers(-9, 9))
def test_it_is_the_list_that_splitting_gives(text: str, begin: int, stop: int) -> None:
    cut, listed = Cut(text, "~"), text.split("~")
    for some, wanted in (
        (cut, listed),
        (cut[begin:stop], listed[begin:stop]),
        (cut[1:-1][begin:], listed[1:-1][begin:]),
    ):
        assert list(some) == wanted
        assert (len(some), [some[n] for n in range(-len(wanted), len(wanted))]) == (len(wanted), wanted + wanted)
        assert some.joined("|") == "|".join(wanted)
        places = [n for n, line in enumerate(wanted) if line.startswith(("GS", "E"))]
        assert list(some.beginning("GS", "E")) == places
        assert some.found(re.compile("A.T")) == (re.search("A.T", "~".join(wanted)) is not None)
        with pytest.raises(IndexError):
            some[len(wanted)]


def test_a_long_text_is_cut_across_its_pieces() -> None:
    listed = [f"LIN*{n}*SK*SKU{n}" for n in range(1000)]
    cut = Cut("~".join(listed), "~")
    assert (list(cut), cut[517], list(cut[300:310])) == (listed, listed[517], listed[300:310])


def test_a_large_file_is_held_few_times_over() -> None:
    told = [("LIN", str(n), "SK", f"SKU-{n:07d}") for n in range(40_000)]
    data = write_interchange(
        [("846", told)], sender="GXOUK", receiver="BENCH", control_number=1, at=datetime.now(UTC), group_id="IB"
    )
    for read in (envelopes_of, read_interchanges):
        tracemalloc.start()
        good, bad = read(data, "846.edi")
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert (len(good), bad) == (1, [])
        assert peak < 4.5 * len(data)  # as a list of segments it was more than eight times as large
