"""The code tables of GXO, from ``mappings/gxo/tables``, and what their words for an order mean."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from mappings.canonical.advices import AdviceReason, LineOutcome, Outcome
from mappings.errors import Unmappable

FOLDER = Path(__file__).parent / "tables"
ACCEPTED = "accepted"

Meaning = TypeVar("Meaning", bound=StrEnum)


def table(name: str) -> dict[str, Any]:
    """One file of ``mappings/gxo/tables``."""
    return tomllib.loads((FOLDER / name).read_text(encoding="utf-8"))


def upper(rows: Mapping[str, str] | None) -> dict[str, str]:
    """Rows by their words as they are compared."""
    return {word.strip().upper(): meaning for word, meaning in (rows or {}).items()}


def read_line_outcome(word: str, own: Mapping[str, str] | None = None) -> LineOutcome:
    """The outcome of a line by W1201 of a 945; ``own`` are the merchant's rows of ``[tables.line_statuses.gxo]``.

    Raises:
        Unmappable: kind ``unknown_status``, for a word without a row and for a row without a known meaning.
    """
    rows = {**_WORDS["lines"], **upper(own)}
    choices = "|".join(LineOutcome)
    where = f'add a row "{word.strip().upper()}" = "{choices}" to [tables.line_statuses.gxo] of fleet.toml'
    return _read(LineOutcome, rows, "W1201", word, where)


def read_outcome(word: str) -> Outcome:
    """The outcome by OTI01 of an 824. Raises Unmappable(kind="unknown_status") for a word without a row."""
    why = "the profile knows TA, TE and TR: ask GXO what it means, then add a row to [outcomes] in " + FILE
    return _read(Outcome, _WORDS["outcomes"], "OTI01", word, why)


def read_reason(code: str) -> AdviceReason:
    """The meaning of TED02's code for an earlier sending; most have none."""
    return AdviceReason(_WORDS["reasons"].get(code.strip().upper(), AdviceReason.OTHER))


def read_syntax(field: str, word: str) -> bool:
    """Whether a 997 accepts, by AK501 or AK901. Raises Unmappable(kind="unknown_status")."""
    meaning = _WORDS["syntax"].get(word.strip().upper(), "")
    if not meaning:
        why = "this is no code of X12: ask GXO what it means, then add a row to [syntax] in " + FILE
        raise Unmappable(field, word, why, kind="unknown_status")
    return meaning == ACCEPTED


def _read(kind: type[Meaning], rows: Mapping[str, str], field: str, word: str, why: str) -> Meaning:
    try:
        return kind(rows[word.strip().upper()])
    except (KeyError, ValueError):
        raise Unmappable(field, word, why, kind="unknown_status") from None


FILE = "mappings/gxo/tables/statuses.toml"
_WORDS = {section: upper(rows) for section, rows in table("statuses.toml").items()}
