"""The record that a webhook's body carries, in whichever of its forms, and the ids and codes that may be believed.

Source: knowledgebase/integrations/webhook-events. The body's form is unpublished; the record is
found enveloped in ``data``, enveloped with JSON:API ``attributes`` and ``relationships``, or bare.
"""

from __future__ import annotations

import json
from typing import Any

from mappings.errors import Unmappable
from mappings.text import without_placeholder

LONGEST_ID = 20
LONGEST_REFERENCE = 50  # OpenAPI Reference, ProductCode

Record = dict[str, Any]


def read_record(where: str, body: bytes) -> Record:
    """The record of a body; empty when it is JSON and carries none. Raises Unmappable(kind="garbled_hint")."""
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError):
        raise garbled(where, body, "it is not JSON") from None
    record = payload.get("data", payload) if isinstance(payload, dict) else {}
    if not isinstance(record, dict):
        return {}
    attributes = record.get("attributes")
    if not isinstance(attributes, dict):
        return record
    relations = record.get("relationships")
    related = {
        name: one["data"]
        for name, one in (relations.items() if isinstance(relations, dict) else ())
        if isinstance(one, dict) and isinstance(one.get("data"), dict)
    }
    return {"id": record.get("id"), **related, **attributes}


def inner(record: Record, *names: str) -> Record:
    """The first object that stands under one of the names; empty when none does."""
    return next((record[name] for name in names if isinstance(record.get(name), dict)), {})


def an_id(value: Any) -> str:
    """An id as text, empty for anything but digits."""
    digits = str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
    return digits if digits.isascii() and digits.isdigit() and len(digits) <= LONGEST_ID else ""


def a_code(value: Any) -> str:
    """A reference or a code, empty for what none could be."""
    code = without_placeholder(value) if isinstance(value, str) else ""
    return code if code.isprintable() and len(code) <= LONGEST_REFERENCE else ""


def garbled(where: str, body: bytes, why: str) -> Unmappable:
    """The exception for a body that names nothing to look at."""
    return Unmappable(
        where,
        f"<{len(body)} bytes>",
        f"{why}: compare it with tests/samples/clarus; the sweep still finds it",
        kind="garbled_hint",
    )
