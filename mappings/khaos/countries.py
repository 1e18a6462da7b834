"""Which country a code or a name means, by ``tables/countries.toml``; an unknown word is no country."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from pathlib import Path

TABLE = Path(__file__).parent / "tables" / "countries.toml"
_WORD = re.compile(r"[^\W_]+")
_SAME = {"st": "saint", "ste": "sainte"}
_IDLE = frozenset({"the", "and"})


def spelling(text: str) -> str:
    """``text`` in the spelling that the table is searched by: no case, accents, punctuation, "the" or "and"."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    joined = re.sub(r"(?<=\b\w)\.(?=\w\b|\s|$)", "", plain)  # u.s.a. -> usa
    words = _WORD.findall(joined.replace("'", "").replace("\u2019", ""))
    telling = [word for word in words if word not in _IDLE] or words  # AND alone is Andorra
    return " ".join(_SAME.get(word, word) for word in telling)


def _countries() -> dict[str, str]:
    codes: dict[str, str] = {}
    for code, words in tomllib.loads(TABLE.read_text(encoding="utf-8")).items():
        for word in (code, *words):
            if not spelling(word) or codes.setdefault(spelling(word), code) != code:
                raise ValueError(
                    f"{TABLE.name}: {word!r} under {code} is empty or stands for another country too: drop it"
                )
    return codes


COUNTRIES: Mapping[str, str] = _countries()


def read_country(*given: str) -> str:
    """ISO alpha-2 of the first of ``given`` (codes or names) that the table knows; empty for none."""
    return next((found for word in given if word.strip() and (found := COUNTRIES.get(spelling(word)))), "")
