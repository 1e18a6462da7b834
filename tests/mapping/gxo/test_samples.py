"""Every sample of the profile is understood (read from ../shared when it is there), and no set breaks a reader."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.x12 import read_interchange
from fleet_tests.places import REFERENCE, SAMPLES
from mappings.errors import Unmappable
from mappings.gxo import Segments, read_824, read_846, read_944, read_945, read_947, read_997

NOW = datetime(2026, 11, 29, tzinfo=UTC)
OURS = SAMPLES / "gxo"
THEIRS = REFERENCE / "samples" / "gxo"
WRITTEN = {"940", "943"}
READERS: dict[str, Callable[[Segments], Any]] = {
    "824": read_824,
    "846": lambda told: read_846(told, told_at=NOW),
    "944": lambda told: read_944(told, told_at=NOW),
    "945": read_945,
    "947": lambda told: read_947(told, told_at=NOW),
    "997": read_997,
}
# What the others of the suite say in detail, in one line each: the units that a sample tells of.
UNITS = {
    "gxo_x12_846_snapshot": 17,
    "gxo_x12_944_return_receipt": 2,
    "gxo_x12_945_cancelled": 0,
    "gxo_x12_945_full": 3,
    "gxo_x12_945_short": 1,
    "gxo_x12_947_adjust": 1,
    "gxo_x12_947_status_change": 1,
}


def units(kind: str, told: Any) -> Any:
    if kind in {"846", "944", "947"}:
        told, bad = told
        assert bad == []
    return {
        "846": lambda: sum(line.units for line in told.lines),
        "944": lambda: sum(line.put_away for line in told.lines),
        "945": lambda: sum(line.shipped for line in told.lines),
        "947": lambda: sum(one.units for one in told),
    }[kind]()


@pytest.mark.parametrize("folder", [OURS, THEIRS], ids=["ours", "theirs"])
def test_every_sample_is_read(folder: Path) -> None:
    if not folder.exists():
        pytest.skip(f"the reference samples are not there: {folder}")
    seen: set[str] = set()
    for path in sorted(folder.glob("*.edi")):
        (one,) = read_interchange(path.read_bytes(), path.name).sets
        assert one.error is None
        seen.add(one.id)
        if one.id in WRITTEN:
            continue
        told = READERS[one.id](one.segments)
        if one.id in {"824", "997"}:
            assert told
        else:
            assert units(one.id, told) == UNITS[path.stem]
    assert seen == {*WRITTEN, *READERS}


def test_the_samples_that_come_along_are_the_vendors() -> None:
    if not THEIRS.exists():
        pytest.skip(f"the reference samples are not there: {THEIRS}")
    assert {path.name: path.read_bytes() for path in OURS.glob("*.edi")} == {
        path.name: path.read_bytes() for path in THEIRS.glob("*.edi")
    }


EDI = sorted(OURS.glob("*.edi"))
SEGMENTS = [s for path in EDI for s in read_interchange(path.read_bytes(), path.name).sets[0].segments]
ELEMENTS = st.sampled_from(["", "1", "-1", "0", "1.5", "٣", "9" * 12, "20260230", "EA", "SK", "ZZ", "LI", "F", "C"])
CUT = st.sampled_from(SEGMENTS).flatmap(lambda s: st.integers(0, len(s)).map(lambda n: s[:n]))
TORN = st.tuples(st.sampled_from(SEGMENTS), st.integers(1, 8), ELEMENTS | st.text(max_size=5)).map(
    lambda torn: (*torn[0][: torn[1]], torn[2], *torn[0][torn[1] + 1 :])
)
ANY = st.lists(st.text(max_size=5), max_size=9).map(tuple)


def reading(kind: str, told: Segments) -> Any:
    """What a reader makes of a set, or its refusal; anything else that it raises is an error of the reader."""
    try:
        return READERS[kind](told)
    except Unmappable as refused:
        return refused


@pytest.mark.parametrize("kind", sorted(READERS))
@given(told=st.lists(st.sampled_from(SEGMENTS) | CUT | TORN | ANY, max_size=25))
def test_any_segments_are_understood_or_refused_with_what_to_do(kind: str, told: list[tuple[str, ...]]) -> None:
    said = reading(kind, told)
    assert not isinstance(said, Unmappable) or (said.field and said.why)


@pytest.mark.parametrize("path", [path for path in EDI if path.stem.split("_")[2] in READERS], ids=lambda p: p.stem)
@given(data=st.data())
def test_a_sample_with_one_element_changed_is_understood_or_refused(path: Path, data: st.DataObject) -> None:
    (one,) = read_interchange(path.read_bytes(), path.name).sets
    told = [list(segment) for segment in one.segments]
    segment = data.draw(st.sampled_from(told))
    segment[data.draw(st.integers(0, len(segment) - 1))] = data.draw(ELEMENTS | st.text(max_size=4))
    said = reading(one.id, [tuple(segment) for segment in told])
    assert not isinstance(said, Unmappable) or (said.field and said.why)
