"""Orders that are written together: one reading of the ledger for all of them, and their numbers at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from mappings.canonical import Fulfilment, Product
from mappings.errors import Unmappable
from workers.domain.catalogue import CONFIRMED
from workers.edi.control_numbers import control_numbers
from workers.ledger.store import Claimed
from workers.ports.orders import ControlNumber, DrawsUp, WriteContext
from workers.spine.runtime import Runtime

WANTED = ("new", "sent")  # states of a fulfilment whose order is still to go
FACTS = f"""
select coalesce((select jsonb_object_agg(reference, state) from fulfilment
                  where reference = any (%s)), '{{}}') as states,
       coalesce((select jsonb_object_agg(code, their_id) from ({CONFIRMED}) c), '{{}}') as confirmed,
       coalesce((select jsonb_object_agg(code, body) from product
                  where erp = %s and code = any (%s) and for_warehouse), '{{}}') as products,
       array(select code from product where erp = %s and code = any (%s) and not for_warehouse) as no_stock
"""  # noqa: S608  a statement of ours


def write_together(runtime: Runtime, messages: Sequence[Claimed]) -> dict[int, bytes]:
    """The bytes of those orders, all of one warehouse, that are wanted and whose SKUs are all confirmed stock, by id.

    Empty where the warehouse does not draw orders up. Raises ValidationError of a body that is no order.
    """
    connection = messages[0].connection
    parts = runtime.warehouse(connection).parts
    orders = parts.orders
    if not isinstance(orders, DrawsUp) or not orders.repeatable:
        return {}
    wanted = {message.id: Fulfilment.model_validate_json(message.body_text) for message in messages}
    facts = _facts(runtime, messages, sorted({line.sku for one in wanted.values() for line in one.lines}))
    products = {code: Product.model_validate(body) for code, body in facts["products"].items()}
    drawn: dict[int, Callable[[ControlNumber], bytes]] = {}
    for message in messages:
        codes = {line.sku for line in wanted[message.id].lines}
        if (
            facts["states"].get(message.reference) not in WANTED
            or not codes <= facts["confirmed"].keys() - facts["no_stock"]
        ):
            continue
        context = WriteContext(facts["confirmed"], products)
        try:
            drawn[message.id] = orders.draw_up_order(wanted[message.id], runtime.facts(connection), context)
        except Unmappable:
            continue
    numbers = control_numbers(runtime, [message for message in messages if message.id in drawn]) if drawn else {}
    return {one: write(numbers[one]) for one, write in drawn.items()}


def _facts(runtime: Runtime, messages: Sequence[Claimed], codes: list[str]) -> dict[str, Any]:
    """What the ledger knows of the orders and their SKUs."""
    erp = runtime.configuration.erp.name
    row = runtime.store.row(
        FACTS, [message.reference for message in messages], messages[0].connection, codes, erp, codes, erp, codes
    )
    assert row is not None, "a selection without a table has a row"
    return {**row, "no_stock": set(row["no_stock"])}
