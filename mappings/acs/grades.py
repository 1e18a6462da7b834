"""What ACS's grades, dispositions, condition codes, return kinds and reasons for retirement are.

Source: acs.md 2.5.2; ``mappings/acs/tables/grades.toml``. A word without a row is refused, never guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum

from mappings.acs.tables import look_up, meanings, run_together, table
from mappings.canonical import Disposition, Grade, LineKind, RetiredFor
from mappings.errors import Unmappable

TABLE = "mappings/acs/tables/grades.toml"
OWN = "[tables.grades.acs] of fleet.toml"
KIND = "unknown_grade"


class ReturnKind(StrEnum):
    """The kinds of ACS's returns."""

    HIRE = "hire"
    SALE = "sale"
    NEW_STOCK = "new_stock"
    UNKNOWN = "unknown"

    @property
    def line_kind(self) -> LineKind | None:
        """Hire or sale; None where it is neither."""
        return LineKind(self.value) if self in {ReturnKind.HIRE, ReturnKind.SALE} else None


class Grades:
    """The table's rows with a merchant's own laid over them."""

    def __init__(self, own: Mapping[str, str] | None = None) -> None:
        """Raises Unmappable for a row of ``own`` whose meaning is none of ours."""
        rows = {word.strip(): by_section for word, by_section in (own or {}).items()}
        by_section = {section: _of(rows, prefix) for section, prefix in _PREFIXES.items()}
        bare = {word: meaning for word, meaning in rows.items() if not any(map(word.upper().startswith, _SPOKEN))}
        self._grades = {**_GRADES, **meanings(Grade, bare, OWN)}
        self._dispositions = {**_DISPOSITIONS, **meanings(Disposition, by_section["dispositions"], OWN)}
        codes = {run_together(word): meaning for word, meaning in by_section["condition_codes"].items()}
        self._codes = {**_CODES, **codes}

    def grade(self, word: str) -> Grade:
        """Raises Unmappable(kind="unknown_grade") for a word without a row, and for none."""
        return look_up(self._grades, word, "Grade", f"{OWN}, or to [grades] in {TABLE}", KIND)

    def disposition(self, word: str) -> Disposition | None:
        """None where nothing was decided. Raises Unmappable(kind="unknown_grade") for a word without a row."""
        if not word.strip():
            return None
        return look_up(
            self._dispositions, word, "Disposition", f'{OWN} as "DISPOSITION …", or to [dispositions] in {TABLE}', KIND
        )

    def condition_codes(self, words: Iterable[str]) -> tuple[tuple[str, ...], list[Unmappable]]:
        """The codes with a meaning, as ACS wrote them, and the trouble of each without a row; all are kept."""
        filled = [word.strip() for word in words if word.strip()]
        kept = tuple(word for word in filled if self._codes.get(run_together(word)) != "")
        why = f'add a row "CODE …" to {OWN}, or to [condition_codes] in {TABLE}'
        missing = [
            Unmappable("ConditionCodes", word, why, kind=KIND)
            for word in filled
            if run_together(word) not in self._codes
        ]
        return kept, missing


def read_return_kind(word: str) -> ReturnKind:
    """Raises Unmappable(kind="unknown_grade") for a word without a row: nobody is credited on a guess."""
    return look_up(_KINDS, word, "ReturnKind", f"[return_kinds] in {TABLE}", KIND)


def read_retired_for(word: str) -> RetiredFor:
    """Raises Unmappable(kind="unknown_grade") for a word without a row."""
    return look_up(_RETIRED, word, "Reason", f"[retired] in {TABLE}", KIND)


def _of(rows: Mapping[str, str], prefix: str) -> dict[str, str]:
    return {word[len(prefix) :]: meaning for word, meaning in rows.items() if word.upper().startswith(prefix)}


_PREFIXES = {"dispositions": "DISPOSITION ", "condition_codes": "CODE "}
_SPOKEN = tuple(_PREFIXES.values())
_ROWS = table("grades")
_GRADES = meanings(Grade, _ROWS["grades"], TABLE)
_DISPOSITIONS = meanings(Disposition, _ROWS["dispositions"], TABLE)
_CODES: dict[str, str] = {run_together(word): meaning for word, meaning in _ROWS["condition_codes"].items()}
_KINDS = meanings(ReturnKind, _ROWS["return_kinds"], TABLE)
_RETIRED = meanings(RetiredFor, _ROWS["retired"], TABLE)
