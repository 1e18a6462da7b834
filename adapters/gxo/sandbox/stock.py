"""The ledger of every facility: units by SKU and inventory type, what is committed to orders, and every movement.

On hand = opening + received + adjusted - shipped, for each facility, SKU and type; committed units are of type N.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

GOOD, DAMAGED = "N", "D"
TYPES = ("N", "D", "H", "V", "R", "W", "B", "Z", "K", "O", "S")  # profile 3.2
KINDS = ("received", "adjusted", "shipped")

Key = tuple[str, str, str]  # facility, SKU, inventory type


class Refused(ValueError):
    """What was asked for cannot be done; the text says what to change."""


@dataclass(frozen=True)
class Movement:
    """Signed units, and the message that told of them (set and control number)."""

    facility: str
    sku: str
    type: str
    units: int
    kind: str
    message: str


class Stock:
    """Units, never below zero."""

    def __init__(self) -> None:
        self._opening: Counter[Key] = Counter()
        self._on_hand: Counter[Key] = Counter()
        self._moved: defaultdict[Key, Counter[str]] = defaultdict(Counter)
        self._committed: Counter[tuple[str, str]] = Counter()
        self._skus: defaultdict[str, dict[str, None]] = defaultdict(dict)
        self.movements: list[Movement] = []

    def open(self, facility: str, sku: str, kind: str, units: int) -> None:
        """The opening figure, from before all movements."""
        key = facility, sku, known_type(kind)
        more = units - self._opening[key]
        committed = self._committed[facility, sku] if kind == GOOD else 0
        if self._on_hand[key] + more < committed:
            raise Refused(f"stock of {sku}: {units} would be less than what has left or is committed: give more")
        self._opening[key] += more
        self._on_hand[key] += more
        self._skus[facility][sku] = None

    def knows(self, facility: str, sku: str) -> bool:
        """Whether the SKU has a row, if only of zeros."""
        return sku in self._skus[facility]

    def skus(self, facility: str) -> list[str]:
        """Every SKU that has a row."""
        return sorted(self._skus[facility])

    def on_hand(self, facility: str, sku: str, kind: str = GOOD) -> int:
        """Units that are there, committed ones included."""
        return self._on_hand[facility, sku, kind]

    def committed(self, facility: str, sku: str) -> int:
        """Units of type N that are set aside for orders."""
        return self._committed[facility, sku]

    def available(self, facility: str, sku: str) -> int:
        """Units of type N that nobody has been promised."""
        return self.on_hand(facility, sku) - self.committed(facility, sku)

    def commit(self, facility: str, sku: str, wanted: int) -> int:
        """Sets aside what is there of ``wanted``; how much that is."""
        got = max(0, min(wanted, self.available(facility, sku)))
        self._committed[facility, sku] += got
        return got

    def release(self, facility: str, sku: str, units: int) -> None:
        """Committed units are available again."""
        if not 0 <= units <= self._committed[facility, sku]:
            raise Refused(f"{units} of {sku} are not committed: release at most {self._committed[facility, sku]}")
        self._committed[facility, sku] -= units

    def room(self, facility: str, sku: str, kind: str) -> int:
        """Units that may be taken away without breaking a commitment."""
        return self.available(facility, sku) if kind == GOOD else self.on_hand(facility, sku, kind)

    def move(self, facility: str, sku: str, kind: str, units: int, cause: str, message: str) -> None:
        """Signed units of one type, for ``received``, ``adjusted`` or ``shipped``."""
        key = facility, sku, known_type(kind)
        if units < 0 and -units > self.room(*key):
            raise Refused(f"only {self.room(*key)} of {sku} in type {kind} are free at {facility}: take no more")
        self._on_hand[key] += units
        self._moved[key][cause] += abs(units) if cause == "shipped" else units
        self._skus[facility][sku] = None
        self.movements.append(Movement(facility, sku, kind, units, cause, message))

    def rows(self) -> Iterator[tuple[Key, dict[str, Any]]]:
        """For each facility, SKU and type that ever held anything: opening, movements, on hand."""
        for key in sorted(self._opening.keys() | self._moved.keys()):
            moved = self._moved.get(key, Counter())
            told = {"opening": self._opening[key], **{kind: moved[kind] for kind in KINDS}}
            yield key, {**told, "on_hand": self._on_hand[key]}


def known_type(kind: str) -> str:
    """The inventory type itself, or ``Refused``."""
    if kind not in TYPES:
        raise Refused(f"{kind} is no inventory type: there are {', '.join(TYPES)}")
    return kind
