"""What the catalogue says of SKUs, for any queue."""

from __future__ import annotations

from mappings.canonical import Product
from workers.ledger.store import Claimed
from workers.spine.reading import Reading
from workers.spine.runtime import Runtime


def products_of(reading: Reading, codes: list[str]) -> dict[str, Product]:
    """The catalogue's word on some codes; unknown ones are left out."""
    rows = reading.run(
        "select code, body from product where erp = %s and code = any (%s)",
        reading.runtime.configuration.erp.name,
        codes,
    )
    return {row["code"]: Product.model_validate(row["body"]) for row in rows}


def catalogue(runtime: Runtime, message: Claimed, codes: list[str]) -> dict[str, Product]:
    """The catalogue's word on some SKUs, where the warehouse is told of it with the order."""
    if not runtime.warehouse(message.connection).numbered:
        return {}
    return {
        row["code"]: Product.model_validate(row["body"])
        for row in runtime.store.rows(
            "select code, body from product where erp = %s and code = any (%s)",
            runtime.configuration.erp.name,
            codes,
        )
    }
