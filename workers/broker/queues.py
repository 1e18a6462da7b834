"""The names of the queues, and how a bell is rung: by queue name, never through an exchange."""

from __future__ import annotations

FLOWS = ("orders-out", "dispatch-in", "stock-in", "returns-in", "sku-sync")
ISOLATE = "isolate"
CONTROL = "control"
LANES = (*FLOWS, ISOLATE)
DEAD = {flow: f"{flow}.dead" for flow in FLOWS}
