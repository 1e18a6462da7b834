"""The ids that Clarus gave to what we refer to, and the one way in which our bodies become bytes.

Source: api-reference (REST writes take ids, not codes); ids are looked up and kept by the caller.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from mappings.errors import Unmappable


class Facts(BaseModel):
    """Ids of one Clarus account, as text, by Clarus's codes. ``products`` holds ids of assigned products by SKU.

    ``dispatch_strategy`` is sent with every order when it is not empty, ``receipt_kind`` with every return (a
    tenant's choices).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    account_id: str
    warehouses: Mapping[str, str] = Field(default_factory=dict)
    products: Mapping[str, str] = Field(default_factory=dict)
    carriers: Mapping[str, str] = Field(default_factory=dict)
    stock_unit_type_id: str = ""
    dispatch_strategy: str = ""
    receipt_kind: Mapping[str, str | int] = Field(default_factory=dict)


def number(field: str, an_id: str) -> int:
    """An id as the integer that REST bodies take. Raises Unmappable for anything but digits."""
    if not (an_id.isascii() and an_id.isdigit()):
        raise Unmappable(field, an_id, "Clarus's ids are digits: look the id up again by its code")
    return int(an_id)


def frozen(body: Mapping[str, Any]) -> bytes:
    """The same bytes for the same body, always: sorted keys, no spaces, UTF-8."""
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def enveloped(kind: str, attributes: Mapping[str, Any], **more: Any) -> bytes:
    """A body as Clarus takes it: ``{"data": {"type", "attributes", ...}}`` (api-reference/introduction)."""
    return frozen({"data": {"type": kind, "attributes": attributes, **more}})
