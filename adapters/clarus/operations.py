"""The REST operations that this adapter can send, as rows: name, verb, path below the REST prefix.

Source of every row: Clarus's OpenAPI 3.0.3 file, where an operation has the same verb and the path
below ``/api``. Reads are not here: Clarus reads through GraphQL only (``adapters.clarus.graphql``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Operation:
    """One REST operation. ``path`` may hold ``{id}``-like places; ``has_body`` says whether JSON is sent."""

    name: str
    verb: Literal["POST", "PATCH", "DELETE"]
    path: str
    has_body: bool = True

    def at(self, **places: str) -> str:
        """The path with its places filled by ids (digits, as Clarus gives them)."""
        return self.path.format(**places)


OPERATIONS: dict[str, Operation] = {
    row.name: row
    for row in (
        Operation("create_product", "POST", "/products"),
        Operation("update_product", "PATCH", "/products/{id}"),
        Operation("assign_product", "POST", "/products/{product_id}/account_products"),
        Operation("create_goods_out", "POST", "/goods_outs"),
        Operation("cancel_goods_out", "POST", "/goods_outs/{id}/cancel", has_body=False),
        Operation("process_picks", "POST", "/goods_out_processes/process_picks_async"),
        Operation("create_goods_in_receipt", "POST", "/goods_in_receipts"),
        Operation("create_automation", "POST", "/automations"),
    )
}
