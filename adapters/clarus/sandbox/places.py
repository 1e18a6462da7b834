"""Where things stand in a building: the goods-in bay, the packing bench, the shelves, and what held goods lie on."""

from __future__ import annotations

from adapters.clarus.sandbox.books import Books, Record

BAY, BENCH, SHELF = "GI-01", "PACK-01", "A-01-01-01"
PARTS = 4  # of a shelf's code: zone, aisle, row, column


def furnish(books: Books, warehouse: Record) -> None:
    """The locations that every building has."""
    for code in (BAY, BENCH, SHELF, "A-01-01-02"):
        place(books, warehouse, code)


def place(books: Books, warehouse: Record, code: str) -> Record:
    """The location with this code in the building, made if it is not there."""
    for row in books.locations.by_key((code,)):
        if row["warehouse"] is warehouse:
            return row
    parts: list[str | None] = [*code.split("-")]
    whole = len(parts) == PARTS
    zone, aisle, bay, column = parts if whole else (parts[0], None, None, None)
    return books.locations.add(
        {
            "code": code,
            "description": f"Location {code}",
            "active": True,
            "is_pickface": False,
            "zone": zone,
            "aisle": aisle,
            "row": bay,
            "column": column,
            "slot": "01" if whole else None,
            "walk_sequence": len(books.locations.rows) + 1,
            "warehouse": warehouse,
        }
    )


def quarantine(books: Books, warehouse: Record, reason: Record) -> Record:
    """Held goods lie apart, one location for each reason, so that a location tells the condition."""
    return place(books, warehouse, f"HELD-{reason['code']}")
