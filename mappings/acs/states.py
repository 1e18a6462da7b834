"""The state of one garment by ACS's location and process status: what contradicts itself sells least.

Source: acs.md 2.5.3 and 3.4; ``mappings/acs/tables/states.toml``. What has no row is UNKNOWN, and is reported.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from mappings.acs.tables import run_together, spoken, table
from mappings.canonical import GarmentState, less_sellable
from mappings.errors import Unmappable

TABLE = "mappings/acs/tables/states.toml"
OWN = "[tables.stock_conditions.acs]"
STATUS = "STATUS "  # before a process status in a merchant's row
KIND = "unknown_condition"
MEANINGS = "|".join(GarmentState)


@dataclass(frozen=True, slots=True)
class Judged:
    """``trouble`` says which row is missing, or which two words contradict each other."""

    state: GarmentState
    trouble: Unmappable | None = None


class States:
    """The table's rows with a merchant's own laid over them."""

    def __init__(self, own: Mapping[str, str] | None = None) -> None:
        """Raises Unmappable(kind="unknown_condition") for a row of ``own`` whose meaning is none of ours."""
        rows = {word.strip(): _meaning(word, meaning) for word, meaning in (own or {}).items()}
        statuses = {word[len(STATUS) :]: meaning for word, meaning in rows.items() if word.upper().startswith(STATUS)}
        locations = {word: meaning for word, meaning in rows.items() if not word.upper().startswith(STATUS)}
        self._statuses = {**_STATUSES, **{run_together(word): meaning for word, meaning in statuses.items()}}
        self._locations = {**_LOCATIONS, **{spoken(word): meaning for word, meaning in locations.items()}}
        self._judged = lru_cache(maxsize=4096)(self._judge)  # a million rows have a few pairs of words

    def judge(self, location: str, process_status: str = "", order_reference: str = "") -> Judged:
        """The state by location and status. A sellable garment with an order beside it is reserved for that order."""
        return self._judged(location, process_status, bool(order_reference.strip()))

    def _judge(self, location: str, process_status: str, ordered: bool) -> Judged:
        place = self._locations.get(spoken(location))
        if place is None:
            return Judged(GarmentState.UNKNOWN, _missing("Location", location, ""))
        if not process_status.strip():
            return Judged(_allocated(place, ordered=ordered))
        progress = self._statuses.get(run_together(process_status))
        if progress is None:
            return Judged(GarmentState.UNKNOWN, _missing("ProcessStatus", process_status, STATUS))
        if place is progress or progress in _FINER.get(place, ()):
            return Judged(_allocated(progress, ordered=ordered))
        state = _allocated(less_sellable(place, progress), ordered=ordered)
        why = f"contradicts Location {location!r}: the less sellable counts; ask ACS which is right"
        return Judged(state, Unmappable("ProcessStatus", process_status, why, kind=KIND))

    def judge_status(self, process_status: str) -> Judged:
        """The state by a process status alone."""
        progress = self._statuses.get(run_together(process_status))
        if progress is None:
            return Judged(GarmentState.UNKNOWN, _missing("ProcessStatus", process_status, STATUS))
        return Judged(progress)


def _allocated(state: GarmentState, *, ordered: bool) -> GarmentState:
    return GarmentState.RESERVED if state is GarmentState.SELLABLE and ordered else state


def _missing(field: str, word: str, prefix: str) -> Unmappable:
    why = f'add a row "{prefix}{word.strip()}" = "{MEANINGS}" to {OWN} of fleet.toml, or a row to {TABLE}'
    return Unmappable(field, word, why if word.strip() else f"ask ACS to fill {field}", kind=KIND)


def _meaning(word: str, meaning: str) -> GarmentState:
    try:
        return GarmentState(meaning)
    except ValueError:
        why = f"correct the row `{word}` in {OWN} of fleet.toml: its meaning is one of {MEANINGS}"
        raise Unmappable("stock_conditions", str(meaning), why, kind=KIND) from None


_ROWS = table("states")
_LOCATIONS = {spoken(word): _meaning(word, meaning) for word, meaning in _ROWS["locations"].items()}
_STATUSES = {run_together(word): _meaning(word, meaning) for word, meaning in _ROWS["process_statuses"].items()}
_FINER = {GarmentState(place): frozenset(map(GarmentState, finer)) for place, finer in _ROWS["finer"].items()}
