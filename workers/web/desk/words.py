"""What a person typed into an address, as the ledger can be asked for it."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query

SEE_OTHER, NOT_FOUND = 303, 404
LARGEST = 2**63 - 1  # a number of the ledger
Word = Annotated[str, Query(max_length=100)]
Part = Annotated[str, Path(max_length=100)]  # of an address


def plain(text: str) -> str:
    """Text without characters that cannot be typed: Postgres takes no NUL in text."""
    return "".join(letter for letter in text if letter.isprintable()).strip()
