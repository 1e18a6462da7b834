"""The code tables between Clarus and Khaos, from ``mappings/clarus/tables``, and how they are asked."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mappings.canonical import ReceiptStatus, WarehouseStatus
from mappings.errors import Unmappable

FOLDER = Path(__file__).parent / "tables"


def table(name: str) -> dict[str, Any]:
    """One file of ``mappings/clarus/tables``."""
    return tomllib.loads((FOLDER / name).read_text(encoding="utf-8"))


_WORDS = table("statuses.toml")
STATUSES: Mapping[str, WarehouseStatus] = {
    code.upper(): WarehouseStatus(meaning) for code, meaning in _WORDS["goods_out"].items()
}
RECEIPT_STATUSES: Mapping[str, ReceiptStatus] = {
    code.upper(): ReceiptStatus(meaning) for code, meaning in _WORDS["goods_in"].items()
}
NOT_LEFT: frozenset[str] = frozenset(word.lower() for word in _WORDS["shipment"]["not_left"])
COURIERS: Mapping[str, str] = {code.upper(): courier for code, courier in table("carriers.toml")["couriers"].items()}


def read_status(code: str) -> WarehouseStatus:
    """The meaning of an order's status code. Raises Unmappable(kind="unknown_status") for one without a row."""
    try:
        return STATUSES[code.strip().upper()]
    except KeyError:
        raise Unmappable(
            "goods_out_status.code",
            code,
            f'add a row `{code.strip().upper() or "CODE"} = "waiting|in_progress|dispatched|cancelled"` '
            "to [goods_out] in mappings/clarus/tables/statuses.toml",
            kind="unknown_status",
        ) from None


def read_receipt_status(word: str) -> ReceiptStatus:
    """The meaning of a receipt's status word. Raises Unmappable(kind="unknown_status") for one without a row."""
    try:
        return RECEIPT_STATUSES[word.strip().upper()]
    except KeyError:
        raise Unmappable(
            "goods_in_receipt.status",
            word,
            f'add a row `{word.strip().upper() or "WORD"} = "expected|receiving|completed|cancelled"` '
            "to [goods_in] in mappings/clarus/tables/statuses.toml",
            kind="unknown_status",
        ) from None


def receipt_words(*wanted: ReceiptStatus) -> tuple[str, ...]:
    """Every word for a receipt in one of these states, in both cases: Clarus's filter compares exactly."""
    words = [word for word, meaning in RECEIPT_STATUSES.items() if meaning in wanted]
    return tuple(words + [word.lower() for word in words])


def read_courier(code: str, own: Mapping[str, str] | None = None) -> str:
    """Khaos's courier for a Clarus carrier code; the rows of ``own`` win over the table's.

    Raises Unmappable(kind="unknown_carrier") for a code that neither has.
    """
    wanted = code.strip().upper()
    rows = {**COURIERS, **{key.strip().upper(): courier for key, courier in (own or {}).items()}}
    if wanted not in rows:
        raise Unmappable(
            "carrier.code",
            code,
            f'add a row "{wanted or "CODE"}" = "<Khaos courier>" to [tables.carriers.clarus] of fleet.toml, '
            "or to [couriers] in mappings/clarus/tables/carriers.toml",
            kind="unknown_carrier",
        )
    return rows[wanted]
