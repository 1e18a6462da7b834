"""Garments that come back, received and then graded: a hire moves stock alone, a sale may be credited, once."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from mappings.canonical import GarmentReturn, GarmentState, Grade, LineKind, ReturnStep, Source, less_sellable
from mappings.garment_decisions import Decision, Money
from mappings.garment_words import Word, hear
from workers.domain import aliases, garments
from workers.domain.garments import Building, Moved, Step
from workers.domain.stock_movements import file_unreadable
from workers.returns_in import ungraded
from workers.returns_in.decisions import BEFORE_OFFER
from workers.returns_in.receipts import take_receipt
from workers.spine.reading import Reading

# What came back instead of the garment -> the exception that it is.
ODD = {
    Grade.WRONG_ITEM: "wrong_item",
    Grade.MISSING: "empty_parcel",
    Grade.EMPTY_BOX: "empty_parcel",
    Grade.COUNTERFEIT: "counterfeit_return",
}
# States of a garment that did not leave: somebody there looked at it, and nothing came back.
IN_HOUSE = {
    GarmentState.SELLABLE,
    GarmentState.RESERVED,
    GarmentState.INSPECTION,
    GarmentState.REFURBISHMENT,
    GarmentState.QUARANTINE,
    GarmentState.DAMAGED,
}
BY_TAG = """
select d.fulfilment, d.item, o.kind, o.unit_price, f.order_code from departed_item d
  join order_item o on o.fulfilment = d.fulfilment and o.item = d.item
  join fulfilment f on f.reference = d.fulfilment
 where d.tag = %s and f.warehouse = %s and d.left_at <= %s order by d.left_at desc, d.id desc limit 1
"""
# A departure that is dated by a read-back alone happened by then, and after the order was sent.
LEFT_SOONER = """
with at as (
    select d.id, d.left_at from departed_item d join fulfilment f on f.reference = d.fulfilment
     where d.tag = %(tag)s and f.warehouse = %(connection)s and d.left_by
       and d.left_at > %(back)s and f.sent_at < %(back)s
       and %(named)s in ('', d.fulfilment) order by d.left_at limit 1 for update of d),
garments as (
    update garment g set event_at = %(left)s, state_at = least(g.state_at, %(left)s),
           sold_at = case when g.sold_at = at.left_at then %(left)s else g.sold_at end
      from at where g.connection = %(connection)s and g.tag = %(tag)s and g.event_at = at.left_at
       and g.event_state in ('with_customer', 'sold'))
update departed_item d set left_at = %(left)s from at where d.id = at.id returning d.id
"""
# Units that left without a tag: the line is known where all of that SKU on the order are of one kind.
BY_ORDER = """
select min(d.fulfilment) as fulfilment, min(d.item) as item, min(o.kind) as kind, min(o.unit_price) as unit_price,
       min(f.order_code) as order_code
  from departed_item d join order_item o on o.fulfilment = d.fulfilment and o.item = d.item
  join fulfilment f on f.reference = d.fulfilment
 where d.tag = '' and f.warehouse = %s and d.fulfilment = %s and o.sku = %s
having count(distinct o.kind) = 1
"""
KEEP = """
insert into garment_return as g select r.* from jsonb_populate_record(null::garment_return, %s) r
on conflict (connection, fulfilment, item, tag) do update
   set graded_at = excluded.graded_at, grade = excluded.grade, disposition = excluded.disposition,
       condition_codes = excluded.condition_codes, images = excluded.images, note = excluded.note,
       charge_reason = excluded.charge_reason, money = coalesce(g.money, excluded.money),
       book = coalesce(g.book, excluded.book), row = coalesce(g.row, excluded.row)
 where excluded.graded_at is not null and (g.graded_at is null or g.graded_at <= excluded.graded_at)
"""


@dataclass(frozen=True, slots=True)
class Left:
    """The order line with which a garment left."""

    fulfilment: str
    item: str
    kind: LineKind
    unit_price: Decimal | None
    order_code: str


def read_return(reading: Reading) -> None:
    """Reader of a garment that came back, or that was looked at in house. A later regrade moves stock, never money."""
    connection = reading.record.connection
    part = reading.runtime.warehouse(connection).garments
    returned, bad = part.read_returned(reading.record.body)
    building = garments.building_of(reading.runtime, connection)
    reading.run("select lock_home(%s)", building.home)  # its dispatch is heard of before this, or finds this waiting
    sku = _sku(reading, building, returned)
    left = _left(reading, returned, sku)
    graded = returned.step is ReturnStep.GRADED
    decision = part.decide(returned, left.kind if left else None) if graded else None
    moved = _move(reading, building, returned, decision)
    file_unreadable(reading, building.home, bad)
    if returned.new_stock:
        return  # the level carries it from the moment when it is ready
    if returned.grade in ODD:
        _file_odd(reading, returned, left)
        if left is not None:
            _keep(reading, returned, left, decision, sku)
        else:
            _read_again_once_it_left(reading, returned)
    elif left is None and _in_house(returned, moved):
        return
    elif left is None:
        _file_unmatched(reading, returned)
    else:
        reading.close_exception("garment_unmatched", f"garment:{connection}:{returned.tag}", "its order line is there")
        _keep(reading, returned, left, decision, sku)
        if left.kind is LineKind.SALE and returned.kind is not LineKind.HIRE:
            _offer(reading, building, returned, left, decision, sku)


def _sku(reading: Reading, building: Building, returned: GarmentReturn) -> str:
    there = garments.find(reading.run, building.connection, returned.tag)
    return there.sku if there else garments.stock_code(reading.run, building.connection, returned.garment_sku)


def _left(reading: Reading, returned: GarmentReturn, sku: str) -> Left | None:
    """The line with which it left last; None where nothing shows one, or the warehouse names another order."""
    connection = reading.record.connection
    named = aliases.ours(reading.run, connection, returned.order_reference) if returned.order_reference else ""
    rows = reading.run(BY_TAG, returned.tag, connection, returned.at)
    if (not rows or (named and rows[0]["fulfilment"] != named)) and _left_sooner(reading, returned, named):
        rows = reading.run(BY_TAG, returned.tag, connection, returned.at)
    if not rows and named:
        rows = reading.run(BY_ORDER, connection, named, sku)
    if not rows or (named and rows[0]["fulfilment"] != named):
        return None
    return Left(**{**rows[0], "kind": LineKind(rows[0]["kind"])})


def _left_sooner(reading: Reading, returned: GarmentReturn, named: str) -> bool:
    """Whether it left before it came back, with an order whose read-back names a later dispatch: then date it so."""
    asked = {
        "tag": returned.tag,
        "connection": reading.record.connection,
        "named": named,
        "back": returned.at,
        "left": returned.at - timedelta(seconds=1),
    }
    return bool(reading.db.execute(LEFT_SOONER, asked).fetchall())


def _in_house(returned: GarmentReturn, moved: Moved) -> bool:
    """Whether a garment was graded that never left: it names no order, and was there before."""
    there = moved.before is not None and moved.before.state in IN_HOUSE and moved.before.sold_at is None
    return there and returned.step is ReturnStep.GRADED and not returned.order_reference


def _move(reading: Reading, building: Building, returned: GarmentReturn, decision: Decision | None) -> Moved:
    """Grading alone sells nothing: it lies in inspection or less until the warehouse says that it is ready."""
    state = less_sellable(returned.state, decision.meanwhile) if decision else returned.state
    word = Word(state, returned.at, returned.grade, returned.order_reference)
    grade = f"grade {returned.grade} {returned.disposition or ''}".strip() if returned.grade else ""
    step = Step(
        returned.tag,
        returned.garment_sku,
        returned.at,
        lambda one: hear(one, Source.EVENT, word),
        place=" / ".join(filter(None, (returned.state_words, grade))) or returned.step.value,
        condition_codes=returned.condition_codes,
    )
    return garments.move(reading.run, building, step)


def _keep(reading: Reading, returned: GarmentReturn, left: Left, decision: Decision | None, sku: str) -> None:
    """Keep the coming back with its evidence, once for an order line and a tag; money is decided once."""
    row = {
        "connection": reading.record.connection,
        "tag": returned.tag,
        "fulfilment": left.fulfilment,
        "item": left.item,
        "order_code": left.order_code,
        "kind": LineKind.HIRE if returned.kind is LineKind.HIRE else left.kind,
        "sku": sku,
        "received_at": returned.happened_at,
        "graded_at": returned.happened_at if decision else None,
        "grade": returned.grade,
        "disposition": returned.disposition,
        "condition_codes": returned.condition_codes,
        "images": returned.images,
        "note": returned.note,
        "charge_reason": returned.charge_reason,
        "money": decision.money if decision else None,
        "book": decision.book if decision else None,
        "row": decision.row if decision else None,
    }
    reading.run(KEEP, json.dumps(row, default=str))
    if decision:
        name = ungraded.subject(reading.record.connection, returned.tag)
        reading.close_exception(ungraded.KIND, name, "it is graded")


def _offer(
    reading: Reading,
    building: Building,
    returned: GarmentReturn,
    left: Left,
    decision: Decision | None,
    sku: str,
) -> None:
    """Hand a sale's return to the returns channel, once for its order line and tag."""
    part = reading.runtime.warehouse(building.connection).garments
    facility = next(
        place for place, home in reading.runtime.warehouse(building.connection).sites.items() if home == building.home
    )
    named = returned.model_copy(update={"order_reference": left.fulfilment})
    receipt = part.as_receipt(named, decision, sku, facility)
    take_receipt(reading, receipt, building.home, says_return=True)
    if decision is None:
        return
    above = part.rules.credit_above
    dear = above is not None and (left.unit_price is None or left.unit_price > above)
    reading.run(
        "update return_line set by_person = %s, less = %s where connection = %s and receipt = %s and state = any (%s)",
        dear or not decision.money.credits,
        decision.less if decision.money is Money.CREDIT_LESS else None,
        building.connection,
        receipt.their_id,
        list(BEFORE_OFFER),
    )


def _file_odd(reading: Reading, returned: GarmentReturn, left: Left | None) -> None:
    assert returned.grade is not None
    connection = reading.record.connection
    order = left.order_code if left else returned.order_reference
    reading.file_exception(
        ODD[returned.grade],
        subject=f"garment:{connection}:{returned.tag}",
        story=order or returned.tag,
        flow="returns-in",
        connection=connection,
        why=f"{returned.grade} came back for order {order or 'not named'}, garment {returned.tag} of"
        f" {returned.garment_sku}; nobody was credited, and no deposit is to be released",
    )


def _read_again_once_it_left(reading: Reading, returned: GarmentReturn) -> None:
    reading.run(
        "insert into garment_waiting (connection, tag, record_id, at) values (%s, %s, %s, %s) on conflict do nothing",
        reading.record.connection,
        returned.tag,
        reading.record.id,
        returned.at,
    )


def _file_unmatched(reading: Reading, returned: GarmentReturn) -> None:
    """A person's, until its dispatch is heard of."""
    connection = reading.record.connection
    _read_again_once_it_left(reading, returned)
    reading.file_exception(
        "garment_unmatched",
        subject=f"garment:{connection}:{returned.tag}",
        story=returned.order_reference or returned.tag,
        flow="returns-in",
        connection=connection,
        why=f"garment {returned.tag} of {returned.garment_sku} came back ({returned.kind_word}), order"
        f" {returned.order_reference or 'not named'}: it left with no line of that order, so nobody knows whether it"
        " was hired or sold, and nobody was credited",
    )
