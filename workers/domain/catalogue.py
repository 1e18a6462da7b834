"""The catalogue for every queue: products, and which of them a warehouse has confirmed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from mappings.canonical import Product
from workers.ledger.store import Claimed
from workers.spine.outcomes import Held
from workers.spine.reading import Reading
from workers.spine.runtime import Runtime

# Of some SKUs of a connection, those that its warehouse has confirmed.
CONFIRMED = "select code, their_id from sku where connection = %s and code = any (%s) and state = 'confirmed'"

PRODUCTS = "products"  # of a record, by code; None where the catalogue does not have it
NAMED = 5  # SKUs named in a note; the gates name all


@dataclass(frozen=True, slots=True)
class Confirmed:
    """Of some SKUs: the warehouse's ids of those that it has confirmed, and the codes of the others, in order."""

    connection: str
    their_ids: dict[str, str]
    missing: tuple[str, ...]

    @property
    def gates(self) -> tuple[str, ...]:
        """The gates that a message waits at until the warehouse has confirmed the others."""
        return tuple(f"sku:{self.connection}:{code}" for code in self.missing)

    def held(self) -> Held:
        """Return the outcome of a message that waits for the others."""
        named = ", ".join(self.missing[:NAMED])
        return Held(self.gates, f"waits for {named}{' …' if len(self.missing) > NAMED else ''}")


def confirmed(run: Callable[..., list[dict[str, Any]]], connection: str, codes: Iterable[str]) -> Confirmed:
    """Look up which of some SKUs a warehouse has confirmed; ``run`` runs a statement and returns its rows."""
    wanted = sorted(set(codes))
    rows = run(CONFIRMED, connection, wanted)
    their_ids = {row["code"]: row["their_id"] for row in rows}
    return Confirmed(connection, their_ids, tuple(code for code in wanted if code not in their_ids))


def products_of(reading: Reading, codes: Iterable[str]) -> dict[str, Product]:
    """Products of some codes; unknown codes are left out. Each is looked up once for a record."""
    wanted = set(codes)
    kept = reading.kept.setdefault(PRODUCTS, {})
    if new := sorted(wanted - kept.keys()):
        rows = reading.run(
            "select code, body from product where erp = %s and code = any (%s)",
            reading.runtime.configuration.erp.name,
            new,
        )
        found = {row["code"]: Product.model_validate(row["body"]) for row in rows}
        kept.update({code: found.get(code) for code in new})
    return {code: kept[code] for code in wanted if kept[code] is not None}


def confirmed_at(reading: Reading, connection: str, codes: Iterable[str]) -> Confirmed:
    """As ``confirmed``, with one look for all products that the record names; what is missing is looked up again."""
    wanted = sorted(set(codes))
    kept = reading.kept.setdefault(f"confirmed at {connection}", {})
    if any(code not in kept for code in wanted):
        kept.update(confirmed(reading.run, connection, {*wanted, *reading.kept.get(PRODUCTS, {})}).their_ids)
    their_ids = {code: kept[code] for code in wanted if code in kept}
    return Confirmed(connection, their_ids, tuple(code for code in wanted if code not in kept))


def catalogue(runtime: Runtime, message: Claimed, codes: list[str]) -> dict[str, Product]:
    """Products of some SKUs, where the warehouse wants product data with the order."""
    if not runtime.warehouse(message.connection).orders.numbered:
        return {}
    return {
        row["code"]: Product.model_validate(row["body"])
        for row in runtime.store.rows(
            "select code, body from product where erp = %s and code = any (%s)",
            runtime.configuration.erp.name,
            codes,
        )
    }
