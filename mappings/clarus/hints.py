"""What a webhook's body hints at: an order's id and reference, to be read again, never believed.

Source: knowledgebase/integrations/webhook-events. The body's form is unpublished; the record is
found enveloped in ``data``, enveloped with JSON:API ``attributes``, or bare.
"""

from __future__ import annotations

import json
from typing import Any

from pydantic import BaseModel, ConfigDict

from mappings.errors import Unmappable

LONGEST_ID = 20
LONGEST_REFERENCE = 50  # OpenAPI Reference


class Hint(BaseModel):
    """Which order to look at. One of the two may be empty, never both."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    their_id: str = ""
    reference: str = ""


def read_hint(resource: str, event: str, body: bytes) -> Hint:
    """The order that a webhook for ``resource`` and ``event`` speaks of.

    For another resource than goods_out it is the order that the record carries under ``goods_out``.
    Raises Unmappable(kind="garbled_hint") for every body that names no order, whatever its bytes.
    """
    where = f"webhook {resource}.{event}"
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        raise _garbled(where, f"<{len(body)} bytes>", "it is not JSON") from None
    record = _record(told)
    if resource != "goods_out" and isinstance(record.get("goods_out"), dict):
        record = record["goods_out"]
    elif resource != "goods_out":
        raise _garbled(where, f"<{len(body)} bytes>", "it carries no goods_out")
    hint = Hint(their_id=_an_id(record.get("id")), reference=_a_reference(record.get("reference")))
    if not hint.their_id and not hint.reference:
        raise _garbled(where, f"<{len(body)} bytes>", "it has neither id nor reference")
    return hint


def _record(told: Any) -> dict[str, Any]:
    record = told.get("data", told) if isinstance(told, dict) else {}
    if not isinstance(record, dict):
        return {}
    attributes = record.get("attributes")
    return {"id": record.get("id"), **attributes} if isinstance(attributes, dict) else record


def _an_id(value: Any) -> str:
    told = str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
    return told if told.isascii() and told.isdigit() and len(told) <= LONGEST_ID else ""


def _a_reference(value: Any) -> str:
    told = value.strip() if isinstance(value, str) else ""
    return told if told.isprintable() and len(told) <= LONGEST_REFERENCE else ""


def _garbled(where: str, value: str, why: str) -> Unmappable:
    return Unmappable(
        where, value, f"{why}: compare it with tests/samples/clarus; the sweep still finds it", kind="garbled_hint"
    )
