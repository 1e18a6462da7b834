"""Handlers of ``sku-sync``: a product is created or changed at one warehouse."""

from __future__ import annotations

from dataclasses import dataclass

from mappings.canonical import Product
from workers.ledger.store import Claimed, call
from workers.spine.outcomes import Delivered, Outcome
from workers.spine.runtime import Runtime


@dataclass(frozen=True, slots=True)
class ProductTo:
    """A product at a warehouse: created or updated, and orderable for the merchant's account."""

    runtime: Runtime
    repeatable: bool = True  # a code is unique at the warehouse: creating it again is refused, and then it is changed
    refused: str = "sku_refused"

    def write(self, message: Claimed) -> bytes | Outcome:
        """The bytes of the product."""
        product = Product.model_validate_json(message.body_text)
        return self.runtime.warehouse(message.connection).products.write_product(
            product, self.runtime.facts(message.connection)
        )

    def push(self, message: Claimed, wire: bytes) -> Outcome:
        """Create or update it, and open the gate of orders that wait for it."""
        self.runtime.pace(message.connection)
        item = self.runtime.store.row(
            "select their_id from sku where connection = %s and code = %s", message.connection, message.reference
        )
        their_id = self.runtime.warehouse(message.connection).products.send_product(
            message.reference, item["their_id"] if item else None, wire, self.runtime.facts(message.connection)
        )
        return Delivered(
            f"confirmed as {their_id}",
            (call("sku_confirmed", connection=message.connection, code=message.reference, their_id=their_id),),
        )
