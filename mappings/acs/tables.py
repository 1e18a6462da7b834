"""The code tables of ACS, from ``mappings/acs/tables``, and how their words are compared."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from mappings.errors import Unmappable

FOLDER = Path(__file__).parent / "tables"
DASHES = re.compile(r"\s*[-\u00ad\u2010-\u2015\u2212\ufe58\ufe63\uff0d]\s*")
SEPARATORS = re.compile(r"[\s_-]+")

Meaning = TypeVar("Meaning", bound=StrEnum)


def table(name: str) -> dict[str, Any]:
    """Read one file of ``mappings/acs/tables``."""
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


@lru_cache(maxsize=4096)  # a million rows have a few words
def spoken(word: str) -> str:
    """Fold case, blanks and every kind of dash: a dash of any length between blanks is ``-``."""
    plain = " ".join(unicodedata.normalize("NFKC", word).split())
    return DASHES.sub("-", plain).casefold()


@lru_cache(maxsize=4096)
def run_together(word: str) -> str:
    """Fold as ``spoken`` and drop blanks, dashes and underscores: ``In-Refurbishment`` is ``inrefurbishment``."""
    return SEPARATORS.sub("", spoken(word))


def meanings(kind: type[Meaning], rows: Mapping[str, str], where: str) -> dict[str, Meaning]:
    """Rows by their words run together. Raises Unmappable naming the row whose meaning is none of ``kind``."""
    found: dict[str, Meaning] = {}
    for word, meaning in rows.items():
        try:
            found[run_together(word)] = kind(meaning)
        except ValueError:
            why = f"correct the row `{word}` in {where}: its meaning is one of {'|'.join(kind)}"
            raise Unmappable(where, str(meaning), why) from None
    return found


def look_up(rows: Mapping[str, Meaning], word: str, field: str, where: str, kind: str) -> Meaning:
    """Return the meaning of a word. Raises Unmappable of ``kind`` for a word without a row, and for none at all."""
    found = rows.get(run_together(word))
    if found is None:
        why = f'add a row "{word.strip()}" to {where}' if word.strip() else f"ask ACS to fill {field}"
        raise Unmappable(field, word, why, kind=kind)
    return found
