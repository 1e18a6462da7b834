"""The gate of an order that a person holds: its messages wait there until a person lets it go."""

from __future__ import annotations

from workers.domain.fulfilment import FulfilmentRow


def person_gate(order: str) -> str:
    """The name of an order's gate. It holds also what of the order is posted later."""
    return f"person:{order}"


def person_gates(row: FulfilmentRow) -> list[str]:
    """The gates that hold a fulfilment: a person who holds what is not read yet may know it by any of its names."""
    return [person_gate(name) for name in dict.fromkeys((row.order_code, row.invoice_code, row.associated_ref)) if name]
