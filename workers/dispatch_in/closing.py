"""A warehouse ends an order: all of it left, or less than was asked for, or nothing because it cancelled it."""

from __future__ import annotations

from collections import Counter

from workers.domain import transitions
from workers.domain.fulfilment import OUT, FulfilmentRow, State, add_to_timeline
from workers.spine.reading import Reading

# Of the same order, closed short before the invoice came that leaves now: else that one is no rest of it.
EARLIER_SHORT = """
select f.reference, f.requested, f.shipped from fulfilment f
  join exception e on e.subject = 'order:' || f.reference and e.kind = 'short_pick' and e.state = 'open'
 where f.erp = %s and f.order_code = %s and f.number < %s and f.shipped <> '{}'
   and e.first_at <= coalesce((select min(t.at) from timeline t
                                where t.story = %s and t.subject = %s and t.step = 'read'), 'infinity')
 order by e.first_at desc, f.number desc
"""


def closed(reading: Reading, row: FulfilmentRow, gone: dict[str, int]) -> None:
    """Close a fulfilment: units that did not leave are short, and may settle an earlier short one.

    One that was to be cancelled, and of which nothing left, is cancelled.
    """
    if row.state is State.CANCELLING and not gone:
        cancelled(reading, row)
        return
    subject = row.subject
    reading.run("delete from expectation where subject = %s and what in ('dispatch', 'rest')", subject)
    for kind in ("dispatch_overdue", "short_at_warehouse"):
        reading.close_exception(kind, subject, "it was dispatched")
    short = {sku: n - gone.get(sku, 0) for sku, n in row.requested.items() if n > gone.get(sku, 0)}
    if not short:
        _bring_the_rest(reading, row, gone)
        return
    transitions.close_short(reading.run, row)
    if row.state is State.CANCELLING:
        return  # a part of it had left, which is a person's already; the rest is wanted by nobody
    if row.shipments:
        transitions.give_back(reading.run, row.reference)
    missing = ", ".join(f"{sku}: {units} missing" for sku, units in sorted(short.items()))
    missing += "".join(f"; {why}" for why in _reasons(reading, row))
    reading.file_exception(
        "short_pick",
        subject=subject,
        story=row.order_code,
        flow="dispatch-in",
        connection=row.warehouse,
        why=f"{row.warehouse} closed {row.reference} short ({missing})",
    )


def _reasons(reading: Reading, row: FulfilmentRow) -> list[str]:
    """The warehouse's reasons, where it names any line by line."""
    noted = reading.run(
        "select note from timeline where story = %s and subject = %s and step = 'short' order by id",
        row.order_code,
        row.subject,
    )
    return [one["note"] for one in noted]


def _bring_the_rest(reading: Reading, row: FulfilmentRow, gone: dict[str, int]) -> None:
    """Close the short exception of the fulfilment itself, and of earlier ones whose missing units left with it.

    A unit that left settles one missing unit, of those who were short last first. What is short of an order of which
    nothing left is not settled by another: its own invoice still wants it.
    """
    reading.close_exception("short_pick", row.subject, f"the rest left as {row.reference}")
    left = Counter(gone)
    for one in reading.run(EARLIER_SHORT, row.erp, row.order_code, row.number, row.order_code, row.subject):
        short = {s: n - one["shipped"].get(s, 0) for s, n in one["requested"].items() if n > one["shipped"].get(s, 0)}
        if all(left[sku] >= units for sku, units in short.items()):
            left.subtract(short)
            reading.close_exception("short_pick", f"order:{one['reference']}", f"the rest left as {row.reference}")


def cancelled(reading: Reading, row: FulfilmentRow) -> None:
    """End a fulfilment that the warehouse ended with nothing, on our request or not."""
    if row.state is State.CANCELLING:
        add_to_timeline(reading.run, row, "cancelled", "the warehouse ended it, and nothing of it left")
        transitions.prove_cancelled(reading.run, row.reference)
    elif row.state in OUT:
        reading.file_exception(
            "cancelled_at_warehouse",
            subject=row.subject,
            story=row.order_code,
            flow="dispatch-in",
            connection=row.warehouse,
            why=f"{row.warehouse} cancelled {row.reference}, which Khaos Control still wants",
        )
