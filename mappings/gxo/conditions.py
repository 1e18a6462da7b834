"""In what condition units are, by GXO's words: inventory types, quantities, grades, dispositions, exceptions.

Source: gxo.md 3.2 and 3.5; ``mappings/gxo/tables/inventory_types.toml``. What has no row is UNKNOWN,
which nobody may sell, and is reported.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from mappings.canonical import Condition
from mappings.errors import Unmappable
from mappings.gxo.tables import table

TABLE = "mappings/gxo/tables/inventory_types.toml"
OWN = "[tables.stock_conditions.gxo]"
MEANINGS = "|".join(Condition)


class Words(Enum):
    """One kind of word: its section of the table, what stands before it in a merchant's row, its field, its trouble."""

    TYPE = ("types", "", "N9*ZZ*INVTYPE", "unknown_condition")
    QUANTITY = ("quantities", "", "QTY01", "unknown_condition")
    EXCEPTION = ("exceptions", "", "N9*ZZ*EXCEPTION", "unknown_grade")
    GRADE = ("grades", "GRADE ", "N9*ZZ*GRADE", "unknown_grade")
    DISPOSITION = ("dispositions", "DISPOSITION ", "N9*ZZ*DISPOSITION", "unknown_grade")


@dataclass(frozen=True, slots=True)
class Judged:
    """``trouble`` says why the condition is not GXO's: which row is missing, or what contradicts it."""

    condition: Condition
    trouble: Unmappable | None = None


class Conditions:
    """The table's rows with a merchant's own laid over them. ``own`` maps a word to one of our conditions."""

    def __init__(self, own: Mapping[str, str] | None = None) -> None:
        """Raises Unmappable(kind="unknown_condition") for a row of ``own`` whose meaning is none of ours."""
        self._own = {" ".join(key.upper().split()): _meaning(key, meaning) for key, meaning in (own or {}).items()}

    def judge(self, words: Words, word: str) -> Judged:
        """The condition of one word; UNKNOWN with the trouble for a word without a row, also for none."""
        section, prefix, field, kind = words.value
        wanted = word.strip().upper()
        found = self._own.get(prefix + wanted, _ROWS[section].get(wanted))
        if found is not None and wanted:
            return Judged(found)
        if not wanted:
            return Judged(Condition.UNKNOWN, Unmappable(field, "", "ask GXO to fill it", kind=kind))
        why = f'add a row "{prefix}{wanted}" = "{MEANINGS}" to {OWN} of fleet.toml, or to [{section}] in {TABLE}'
        return Judged(Condition.UNKNOWN, Unmappable(field, word, why, kind=kind))


def _meaning(key: str, meaning: str) -> Condition:
    try:
        return Condition(meaning)
    except ValueError:
        why = f"correct the row `{key}` in {OWN} of fleet.toml: its meaning is one of {MEANINGS}"
        raise Unmappable("stock_conditions", str(meaning), why, kind="unknown_condition") from None


_ROWS = {
    section: {word.upper(): _meaning(word, meaning) for word, meaning in rows.items()}
    for section, rows in table("inventory_types.toml").items()
}
