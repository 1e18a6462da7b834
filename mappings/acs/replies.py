"""ACS's answers to an order: a body without meaning when it is taken, reasons by code when it is refused.

Source: acs.md 2.5.1. A 2xx is taken whatever its body says; its status is only for the timeline.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mappings.acs.order_words import REFUSED, refusal_kind

ITEM = re.compile(r"OrderItems\[(\d+)\]")
CODE = re.compile(r"[a-z][a-z_]{0,40}")
FIELD = re.compile(r"[A-Za-z0-9_.\[\]]{1,60}")
SKU_KINDS = {"sku_unconfirmed", "garment_not_available"}


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason. ``item`` is the place of the line in the order, or None; ``line_id`` where ACS names it.

    ACS's own message is left out: it may repeat a name or an address. It stays in the stored body.
    """

    code: str
    field: str
    kind: str
    item: int | None = None
    line_id: str = ""


def read_taken(body: bytes) -> str:
    """ACS's word for the order that it took, for the timeline; empty for a body without one, in whatever form."""
    payload = _json(body)
    status = payload.get("Status")
    return status.strip()[:40] if isinstance(status, str) else ""


def read_refusals(body: bytes) -> tuple[Refusal, ...]:
    """The reasons of a 4xx answer; empty for a body without any."""
    return tuple(map(read_reason, _objects(_json(body), "Errors")))


def read_reason(row: Mapping[str, Any]) -> Refusal:
    """One reason of an error body or of order.rejected."""
    code, field = str(row.get("Code") or "").strip(), str(row.get("Field") or "").strip()
    item = ITEM.match(field)
    return Refusal(
        code=code if CODE.fullmatch(code) else "",
        field=field if FIELD.fullmatch(field) else "",
        kind=refusal_kind(code),
        item=int(item[1]) if item else None,
        line_id=str(row.get("LineItemId") or "").strip(),
    )


def worst(refusals: tuple[Refusal, ...]) -> str:
    """The one kind of exception for an order that was refused for several reasons.

    Only where every reason speaks of a SKU the order waits for its SKUs; any other reason needs a person first.
    """
    kinds = [one.kind for one in refusals]
    others = [kind for kind in kinds if kind not in SKU_KINDS]
    return (others or kinds or [REFUSED])[0]


def _json(body: bytes) -> dict[str, Any]:
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return payload if isinstance(payload, dict) else {}


def _objects(payload: Mapping[str, Any], field: str) -> list[Mapping[str, Any]]:
    value = payload.get(field)
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
