"""A warehouse ends an order: all of it left, or less than was asked for, or nothing because it cancelled it."""

from __future__ import annotations

import json
from typing import Any

from workers.domain.invoices import give_back
from workers.spine.reading import Reading


def closed(reading: Reading, known: dict[str, Any], gone: dict[str, int]) -> None:
    """It is over there: what did not leave is short, and what an earlier one was short of may have left."""
    subject = f"order:{known['reference']}"
    reading.run("delete from expectation where subject = %s and what = 'dispatch'", subject)
    for kind in ("dispatch_overdue", "short_at_warehouse"):
        reading.close_exception(kind, subject, "it was dispatched")
    short = {sku: n - gone.get(sku, 0) for sku, n in known["requested"].items() if n > gone.get(sku, 0)}
    if not short:
        _bring_the_rest(reading, known, gone)
        return
    reading.run(
        "update fulfilment set state = 'closed_short', changed_at = now() where reference = %s and (state in"
        " ('new', 'sent', 'part_dispatched') or state = 'cancelling' and %s)",
        known["reference"],
        bool(gone),
    )
    if (
        known["state"] == "cancelling"
    ):  # a part of it had left, which is a person's already; the rest is wanted by nobody
        return
    if known["shipments"]:
        give_back(reading.db, known)
    said = ", ".join(f"{sku}: {units} missing" for sku, units in sorted(short.items()))
    reading.file_exception(
        "short_pick",
        subject=subject,
        story=known["order_code"],
        flow="dispatch-in",
        connection=known["warehouse"],
        why=f"{known['warehouse']} closed {known['reference']} short ({said})",
    )


def _bring_the_rest(reading: Reading, known: dict[str, Any], gone: dict[str, int]) -> None:
    """What an earlier fulfilment of the order was short of may have left with this one: then that is over."""
    earlier = reading.run(
        "select reference, requested, shipped from fulfilment where erp = %s and order_code = %s and number <= %s",
        known["erp"],
        known["order_code"],
        known["number"],
    )
    for row in earlier:
        own = row["reference"] == known["reference"]
        short = {s: n - row["shipped"].get(s, 0) for s, n in row["requested"].items() if n > row["shipped"].get(s, 0)}
        if own or all(gone.get(sku, 0) >= units for sku, units in short.items()):
            reading.close_exception("short_pick", f"order:{row['reference']}", f"the rest left as {known['reference']}")


def cancelled(reading: Reading, known: dict[str, Any]) -> None:
    """It was cancelled there: as we asked, or by itself."""
    if known["state"] == "cancelling":
        reading.tell(known, "cancelled", "the warehouse shows it cancelled")
        reading.run("select order_cancelled(%s)", json.dumps({"reference": known["reference"]}))
    elif known["state"] in ("new", "sent"):
        reading.file_exception(
            "cancelled_at_warehouse",
            subject=f"order:{known['reference']}",
            story=known["order_code"],
            flow="dispatch-in",
            connection=known["warehouse"],
            why=f"{known['warehouse']} cancelled {known['reference']}, which Khaos Control still wants",
        )
