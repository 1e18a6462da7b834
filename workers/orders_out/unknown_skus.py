"""Orders that a warehouse refused because it does not know, or no longer keeps, some SKUs: they wait for those."""

from __future__ import annotations

import json
from collections.abc import Sequence

from workers.domain.catalogue import Confirmed
from workers.domain.fulfilment import Rows
from workers.ledger.store import Claimed, Effect
from workers.ports.orders import OrderRefused
from workers.spine import exceptions
from workers.spine.outcomes import Dead, Held, Outcome
from workers.spine.runtime import Runtime


def skus_of(run: Rows, reference: str, items: Sequence[str]) -> tuple[str, ...]:
    """The SKUs of some lines of an order, by the ids by which its warehouse names lines."""
    rows = run(
        "select distinct sku from order_item where fulfilment = %s and item = any (%s) order by 1",
        reference,
        list(items),
    )
    return tuple(row["sku"] for row in rows)


def outcome_of(runtime: Runtime, message: Claimed, refused: OrderRefused) -> Outcome:
    """Hold an order for the SKUs that were refused, whose confirmation is over; a person's for any other reason."""
    skus = skus_of(runtime.store.rows, message.reference, refused.items)
    if not skus:
        return Dead(refused.kind, refused.why)
    gates = take_back(runtime.store.rows, message.connection, skus)  # before it is held: an open gate holds nothing
    anew = (
        Effect("update message_body set wire = null where message_id = %s", (message.id,)),
        Effect("delete from control_number where message_id = %s", (message.id,)),  # its days are reckoned anew
    )
    filed = exceptions.filing(
        "sku_unconfirmed",
        subject=message.subject,
        story=message.story,
        flow="orders-out",
        connection=message.connection,
        why=in_words(message.connection, skus, refused.why),
    )
    return Held(gates, f"waits for {', '.join(skus)}", (*anew, filed))


def take_back(run: Rows, connection: str, skus: Sequence[str]) -> tuple[str, ...]:
    """Take the confirmation of some SKUs back. Returns the gates at which their orders wait."""
    for sku in skus:
        run("select sku_refused(%s)", json.dumps({"connection": connection, "code": sku}))
    return Confirmed(connection, {}, tuple(skus)).gates


def in_words(connection: str, skus: Sequence[str], why: str) -> str:
    """The reason of the exception."""
    return f"{connection} does not know {', '.join(skus)}, or keeps it no longer ({why}): the order waits for it"
