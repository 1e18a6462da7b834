"""Our own 940 read back: which order it speaks of, and the units that it asks for (gxo.md 2.2.1)."""

from __future__ import annotations

from collections import Counter

from mappings.gxo.segments import Segments, counted, element, head, needed, sku

CANCELS = "F"


def read_940(segments: Segments) -> tuple[str, dict[str, int], bool]:
    """The order's number, its units by SKU, and whether the set takes it back. Raises Unmappable."""
    opening = head(segments, "W05")
    units: Counter[str] = Counter()
    for segment in segments:
        if segment[:1] == ("W01",):
            units[sku(segment, 4)] += counted(segment, 1, 2)
    return needed(opening, 2), dict(units), element(opening, 1) == CANCELS
