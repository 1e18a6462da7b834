"""What Khaos shall do with returned goods of a condition: its return reason, what that does, and who processes it.

The rows stand in ``mappings/tables/return_dispositions.toml``; a merchant's own win over them. Processing types are
the vendor's (help pages on customer return reasons); their ids are configured at each site.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from mappings.canonical import Condition
from mappings.errors import Unmappable

TABLE = Path(__file__).parent / "tables" / "return_dispositions.toml"
ANY = "*"

Rows = Mapping[str, Mapping[str, Mapping[str, Any]]]


class Processing(StrEnum):
    """The effect of a return reason on the goods when the return is processed in Khaos."""

    RETURN_TO_STOCK = "return_to_stock"
    QUARANTINE = "quarantine"
    STOCK_MISSING = "stock_missing"


@dataclass(frozen=True, slots=True)
class Disposition:
    """``process`` only where the table decides by itself; ``row`` names the row that did."""

    reason_id: str
    processing: Processing
    process: bool
    row: str


def read_disposition(condition: str, hold_reason: str = "", own: Rows | None = None) -> Disposition:
    """The row for goods of a condition that are held for a reason; ``own`` are the merchant's rows.

    Raises:
        Unmappable: kind ``unknown_grade``, for a condition without a row, and for a row without a reason id or
            with a word that is none.
    """
    wanted = hold_reason.strip().upper()
    rows = _rows(condition, own or {})
    at = wanted if wanted in rows else ANY
    row = rows.get(at)
    name = f'[tables.return_dispositions.{condition}] "{at}"'
    if row is None or condition not in set(Condition):
        raise _unknown(condition, hold_reason, f"add a row {name} = {{ reason, processing, process }} to fleet.toml")
    if not str(row.get("reason", "")).strip():
        raise _unknown(condition, hold_reason, f"add the id of Khaos Control's return reason to {name} in fleet.toml")
    if row.get("processing") not in set(Processing):
        raise _unknown(condition, hold_reason, f"write processing = one of {', '.join(Processing)} into {name}")
    if row.get("process") not in (True, False, "person"):
        raise _unknown(condition, hold_reason, f'write process = true or "person" into {name}')
    return Disposition(
        reason_id=str(row["reason"]).strip(),
        processing=Processing(row["processing"]),
        process=row["process"] is True,
        row=f"{condition}/{at}",
    )


def _rows(condition: str, own: Rows) -> dict[str, dict[str, Any]]:
    rows = {reason.upper(): dict(row) for reason, row in DISPOSITIONS.get(condition, {}).items()}
    for reason, row in own.get(condition, {}).items():
        rows[reason.strip().upper()] = {**rows.get(reason.strip().upper(), rows.get(ANY, {})), **row}
    return rows


def _unknown(condition: str, hold_reason: str, why: str) -> Unmappable:
    return Unmappable("condition", f"{condition} {hold_reason}".strip(), why, kind="unknown_grade")


DISPOSITIONS: Rows = tomllib.loads(TABLE.read_text(encoding="utf-8"))
