"""Which of the unpublished node fields this tenant's schema has: asked once by introspection, then remembered.

Source: the OpenAPI file ("more fields and filters available via GraphQL introspection" at every
list). A schema that cannot be read has the published fields only.
"""

from __future__ import annotations

import threading
from typing import Any

from adapters.clarus.graphql import Ask
from adapters.clarus.listings import LISTINGS, Listing
from adapters.errors import Garbled, Rejected

ROOTS = {root: row for root, row in LISTINGS.items() if row.extras}
FIELDS = "{ fields { name type { fields { name } ofType { fields { name } } } } }"  # ofType: behind a non-null
QUESTION = "query { " + " ".join(f'{r}: __type(name: "{row.node_type}") {FIELDS}' for r, row in ROOTS.items()) + " }"


class ExtraFields:
    """Fields that may be queried beside the published ones. May be used from many threads; one of them asks."""

    def __init__(self, ask: Ask) -> None:
        """Asks nothing yet."""
        self._ask = ask
        self._lock = threading.Lock()
        self._selections: dict[str, str] | None = None

    def of(self, root: str) -> str:
        """The further node fields of a list, ready for its query; empty where there are none.

        Raises what a read raises when Clarus cannot be reached, and then asks again the next time.
        """
        with self._lock:
            if self._selections is None:
                self._selections = self._look()
            return self._selections.get(root, "")

    def _look(self) -> dict[str, str]:
        try:
            answer = self._ask(QUESTION, {})
        except (Rejected, Garbled):  # introspection is switched off, or answered by something else
            return {}
        return {root: _selection(row, answer.get(root)) for root, row in ROOTS.items()}


def _selection(row: Listing, schema_type: Any) -> str:
    offered = {one["name"]: _names_below(one.get("type")) for one in _fields(schema_type)}
    return " ".join(
        extra.selection for name, extra in row.extras.items() if name in offered and extra.below <= offered[name]
    )


def _names_below(schema_type: Any) -> set[str]:
    inner = schema_type.get("ofType") if isinstance(schema_type, dict) else None
    return {one["name"] for level in (schema_type, inner) for one in _fields(level)}


def _fields(schema_type: Any) -> list[dict[str, Any]]:
    fields = schema_type.get("fields") if isinstance(schema_type, dict) else None
    return [one for one in fields or () if isinstance(one, dict) and isinstance(one.get("name"), str)]
