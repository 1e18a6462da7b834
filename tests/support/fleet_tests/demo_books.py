"""What the books of the demo show, as far as the comparisons of several warehouses share it."""

from __future__ import annotations

from typing import Any


def issued(sku: str, units: int) -> dict[str, Any]:
    """Khaos Control's invoice of order SO1, which left whole in one parcel and is issued."""
    return {
        "order": "SO1",
        "invoice": "I1",
        "ready": True,
        "stage": 70,
        "warehouse_lines": {sku: units},
        "shipments": [{"reference": "SO1-1/S1", "lines": {sku: units}, "consignment": "T1"}],
    }
