"""What a warehouse's reason for an adjustment is called in Khaos, and on which ledger account finance books it.

The rows stand in ``mappings/<system>/tables/adjustment_reasons.toml``; a merchant's own win over them.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mappings.errors import Unmappable

TABLES = sorted(Path(__file__).parent.glob("*/tables/adjustment_reasons.toml"))  # a system each

Rows = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class AdjustmentReason:
    """Khaos's reason, and the ledger account; an empty account means that finance has not mapped the reason."""

    khaos: str
    account: str = ""


def read_adjustment(system: str, reason: str, own: Rows | None = None) -> AdjustmentReason:
    """The meaning of a system's reason code. ``own`` are the merchant's rows for this system.

    Raises:
        Unmappable: kind ``reason_unmapped``, for a reason without a row, without a Khaos reason in it, or for
            no reason at all.
    """
    rows: dict[str, Mapping[str, str]] = dict(REASONS.get(system, {}))
    for code, row in (own or {}).items():
        rows[code.strip().upper()] = {**rows.get(code.strip().upper(), {}), **row}
    row = rows.get(reason.strip().upper(), {})
    if not row.get("khaos"):
        raise reason_unmapped(system, reason)
    return AdjustmentReason(row["khaos"], row.get("account", ""))


def reason_unmapped(system: str, reason: str) -> Unmappable:
    """The exception for a reason that finance has to map, wherever it is found to be missing."""
    why = (
        f'add a row `"{reason.strip().upper()}" = {{ khaos = "<reason>", account = "<ledger account>" }}` '
        f"to [tables.adjustment_reasons.{system}] of fleet.toml"
    )
    return Unmappable("reason", reason, why, kind="reason_unmapped")


REASONS: Mapping[str, Rows] = {
    path.parent.parent.name: {
        code.upper(): row for code, row in tomllib.loads(path.read_text(encoding="utf-8")).items()
    }
    for path in TABLES
}
