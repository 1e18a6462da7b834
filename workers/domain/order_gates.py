"""The gate of an order that a person holds: its messages wait there until a person lets it go."""

from __future__ import annotations


def person_gate(order: str) -> str:
    """The name of an order's gate. It holds also what of the order is posted later."""
    return f"person:{order}"
