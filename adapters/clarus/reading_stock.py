"""Queries for stock records and stock movements, and how a moment is written for Clarus.

Source: GraphQL lists stocks and transactions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from adapters.clarus.graphql import PAGE, Ask, Node, batches, nodes, pages


def of_codes(ask: Ask, extra: str, codes: Iterable[str], account_id: str, warehouse_id: str) -> Iterator[Node]:
    """Every stock record of the product codes in one building."""
    for some in batches(codes, PAGE):
        yield from nodes(ask, "stocks", {"product_code": {"in": some}, **_of(account_id, warehouse_id)}, extra)


def by_page(ask: Ask, extra: str, account_id: str, warehouse_id: str, first: int) -> Iterator[list[Node]]:
    """Every stock record of one building, page by page."""
    return pages(ask, "stocks", _of(account_id, warehouse_id), extra, first)


def moved_since(ask: Ask, extra: str, moment: datetime, account_id: str, warehouse_id: str) -> list[Node]:
    """Every transaction of one building at or after ``moment``, by rising id."""
    conditions = {"created_at": {"from": instant(moment)}, **_of(account_id, warehouse_id)}
    found = {node["id"]: node for node in nodes(ask, "transactions", conditions, extra)}
    return sorted(found.values(), key=lambda node: (len(node["id"]), node["id"]))  # digits: shorter is smaller


def instant(moment: datetime) -> str:
    """A moment as Clarus takes it, down to the second, so that ``from`` never begins too late."""
    if moment.tzinfo is None:
        raise ValueError("give this time its zone: Clarus takes instants")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _of(account_id: str, warehouse_id: str) -> dict[str, Any]:
    return {"account_id": {"eq": account_id}, "warehouse_id": {"eq": warehouse_id}}
