"""The garments of an order where the merchant chooses them: ready ones that no other order has, one to a line."""

from __future__ import annotations

from datetime import UTC, datetime, time

from mappings.canonical import Fulfilment, GarmentState, LineKind, PickLine
from mappings.errors import Unmappable
from mappings.garment_choice import Candidate, choose
from workers.domain.fulfilment import Rows
from workers.ledger.store import within
from workers.orders_out.order_lines import write_items
from workers.spine.runtime import Runtime

# locked: two orders at one moment do not choose the same
FREE = """
select g.tag, g.unique_sku, g.state, g.state_at, g.bookable_at from garment g
 where g.connection = %s and g.sku = %s and g.state = 'sellable' and not g.retired and g.unique_sku <> ''
   and not exists (select 1 from order_item o join fulfilment f on f.reference = o.fulfilment
                    where f.warehouse = g.connection and o.garment = g.unique_sku and o.fulfilment <> %s
                      and f.state in ('new', 'sent', 'part_dispatched', 'cancelling'))
 order by g.tag for update of g skip locked
"""


def with_garments(runtime: Runtime, connection: str, wanted: Fulfilment) -> Fulfilment:
    """The order with a garment for each unit, where its connection says that we choose them; else as it is.

    Its lines are kept as they are about to be sent.

    Raises Unmappable, kind ``garment_not_chosen``, where too few are ready.
    """
    orders = runtime.warehouse(connection).parts.garment_orders
    if orders is None:
        return wanted
    if not orders.chooses:
        with runtime.store.transaction() as db:  # a person may have edited it since it was read
            write_items(within(db), orders.items(wanted), wanted)
        return wanted
    leaves = wanted.hire.dispatch_on if wanted.hire else None
    at = datetime.combine(leaves, time(0), UTC) if leaves else datetime.now(UTC)
    with runtime.store.transaction() as db:
        run = within(db)
        lines: list[PickLine] = []
        for line in wanted.lines:
            taken = {one.garment for one in lines}
            lines += _each(line, _chosen(run, connection, wanted.reference, line, at, taken))
        found = wanted.model_copy(update={"lines": tuple(lines)})
        write_items(run, orders.items(found), found)
    return found


def _chosen(
    run: Rows, connection: str, reference: str, line: PickLine, at: datetime, taken: set[str]
) -> tuple[Candidate, ...]:
    free = [
        Candidate(row["tag"], row["unique_sku"], GarmentState(row["state"]), row["state_at"], row["bookable_at"])
        for row in run(FREE, connection, line.sku, reference)
        if row["unique_sku"] not in taken
    ]
    found = choose(free, line.quantity, line.kind, at)
    if len(found) < line.quantity:
        days = " and rested" if line.kind is LineKind.HIRE else ""
        counts = f"{line.quantity} wanted, {len(found)} ready{days} with a code of their own"
        why = f'{counts}: retry once more are, or let the warehouse choose (sku_mode = "product")'
        raise Unmappable("GarmentSKU", line.sku, why, kind="garment_not_chosen")
    return found


def _each(line: PickLine, garments: tuple[Candidate, ...]) -> list[PickLine]:
    """One line a garment; the ids of several are the line's with their place."""
    single = len(garments) == 1
    return [
        line.model_copy(
            update={
                "quantity": 1,
                "garment": one.unique_sku,
                "line_id": line.line_id if single else f"{line.line_id}.{place}",
            }
        )
        for place, one in enumerate(garments, 1)
    ]
