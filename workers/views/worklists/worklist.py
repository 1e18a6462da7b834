"""What a worklist is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Worklist:
    """One list of things to do by hand.

    ``columns`` are the query's columns and their headings, in order; ``query`` reads the ledger without
    parameters, the oldest entry first. An entry that was done must leave the query's answer by itself.
    """

    name: str
    title: str
    what: str  # who does what with an entry, and what makes it go
    columns: Mapping[str, str]
    query: str
