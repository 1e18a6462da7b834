"""What a webhook's body hints at: an order's id and reference, to be read again, never believed.

Source: knowledgebase/integrations/webhook-events.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from mappings.clarus.records import a_code, an_id, garbled, inner, read_record


class WebhookHint(BaseModel):
    """The order to look at. One of the two may be empty, never both."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    their_id: str = ""
    reference: str = ""


def read_hint(resource: str, event: str, body: bytes) -> WebhookHint:
    """The order that a webhook for ``resource`` and ``event`` speaks of.

    For another resource than goods_out it is the order that the record carries under ``goods_out``.
    Raises Unmappable(kind="garbled_hint") for every body that names no order, whatever its bytes.
    """
    where = f"webhook {resource}.{event}"
    record = read_record(where, body)
    if resource != "goods_out":
        record = inner(record, "goods_out")
    hint = WebhookHint(their_id=an_id(record.get("id")), reference=a_code(record.get("reference")))
    if not hint.their_id and not hint.reference:
        raise garbled(where, body, "it has neither id nor reference of an order")
    return hint
