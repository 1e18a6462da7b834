"""The courier hook: an operator assigns an invoice, Khaos posts it and takes the references from the same reply.

Source: the vendor's repository kc-courier-services, README and samples (CourierImportData). What is no 200 or cannot
be read leaves the invoice where it is, with the error; the operator tries again by hand (our assumption).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from adapters.khaos.sandbox.books import Books
from adapters.khaos.sandbox.calling import OK, Answer, call
from adapters.khaos.sandbox.channel.batch import as_dict, as_list
from adapters.khaos.sandbox.channel.documents import MEDIA_TYPES, UnreadableDocument, read, write
from adapters.khaos.sandbox.courier.export import NAMES, Box, boxes_of, export_data
from adapters.khaos.sandbox.courier.refs import Part, Told
from adapters.khaos.sandbox.records import Invoice

RAW_LABEL = re.compile(r"0x(?:[0-9A-Fa-f]{2})+")
TRUE = (True, "true", "True")


@dataclass(frozen=True)
class Hook:
    """Where and how the courier is reached."""

    url: str
    user: str = ""
    password: str = ""
    form: str = "JSON"
    boxes: bool = False


async def post_invoice(books: Books, invoice: Invoice, hook: Hook) -> Told:
    """Post the invoice and read the answer; what is wrong with it stands among the errors."""
    boxes = boxes_of(invoice) if hook.boxes else []
    body = write("CourierExportData", export_data(books, invoice, boxes), hook.form, NAMES)
    answer = await call(
        "POST",
        hook.url,
        auth=(hook.user, hook.password) if hook.user else None,
        headers={"Content-Type": MEDIA_TYPES[hook.form]},
        body=body,
    )
    return _told(invoice, boxes, hook.form, answer)


def _told(invoice: Invoice, boxes: list[Box], form: str, answer: Answer) -> Told:
    if answer.status != OK:
        return Told("hook", errors=(f"the courier answered {answer.status or answer.error}",), spoke=False)
    try:
        items = [as_dict(item) for item in as_list(read(answer.body, form).get("Items"))]
    except UnreadableDocument as error:
        return Told("hook", errors=(f"the courier's answer: {error}",), spoke=False)
    parts, errors = [], []
    for item_id in [box.item_id for box in boxes] or [""]:
        mine = [i for i in items if i.get("InvoiceID") == invoice.id and (not item_id or i.get("ItemID") == item_id)]
        what = f"box {item_id}" if item_id else f"invoice {invoice.id}"
        if len(mine) != 1:
            errors.append(f"the courier's answer holds {what} {len(mine)} times")
        elif complaint := _complaint(mine[0]):
            errors += [f"{what}: {text}" for text in complaint]
        else:
            parts.append(_part(mine[0], item_id))
    return Told("hook", tuple(parts), tuple(errors))


def _complaint(item: dict[str, Any]) -> list[str]:
    if item.get("IsSuccess") not in TRUE:
        return [str(text) for text in as_list(item.get("Errors"))] or ["no success, and no reason given"]
    return [] if item.get("ConsignmentRef") else ["success without a ConsignmentRef"]


def _part(item: dict[str, Any], item_id: str) -> Part:
    label = bool(item.get("LabelURL")) or bool(RAW_LABEL.fullmatch(str(item.get("RawLabelData") or "")))
    return Part(item_id, str(item["ConsignmentRef"]), str(item.get("TrackingNo") or ""), label)
