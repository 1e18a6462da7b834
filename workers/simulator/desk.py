"""What people do on the desk: they pause, hold, send again, edit with a second person, retry groups, change tables."""

from __future__ import annotations

import random
from contextlib import suppress
from typing import Any

from workers.cases import connection_acts, editing, group_retries, order_acts, tables
from workers.simulator import customers
from workers.simulator.clock import CLOCK
from workers.simulator.settings import ACS, ACS_FILES, CLARUS, GXO, KHAOS
from workers.simulator.stage import Stage
from workers.spine.gates import PAUSED
from workers.spine.people import CannotDo, Person

ANNA, BEN = Person("Anna"), Person("Ben")
WHY = "a walk"
HOSTS = {"khaos": (KHAOS,), "leeds": (CLARUS,), "derby": (GXO,), "acs": (ACS, ACS_FILES)}
GUARDED = ("address",)
ROW = tables.Place("adjustment_reasons", ("gxo", "AH"))
EDITABLE = """
select e.id, m.reference, b.body from exception e join message m on m.id = e.message_id
  join message_body b on b.message_id = m.id
 where e.state = 'open' and m.kind = 'order' and m.state = 'dead' and m.maybe_sent_at is null and b.body is not null
 order by e.id
"""
GROUPS = "select distinct group_key as key from exception where state = 'open' order by 1"
HELD = "select name from gate where kind = 'person' and not open order by name"


def paused(stage: Stage) -> set[str]:
    """The connections that a person has paused."""
    return {row["name"] for row in stage.store.rows("select name from connection where shut_kind = %s", PAUSED)}


def pauses(stage: Stage, dice: random.Random) -> str | None:
    """Operations pauses a connection."""
    name = dice.choice(list(HOSTS))
    try:
        connection_acts.pause(stage.store, name, ANNA, WHY)
    except CannotDo:
        return None
    return f"{name} is paused"


def resumes(stage: Stage, dice: random.Random) -> str | None:
    """Operations resumes a connection."""
    names = sorted(paused(stage))
    if not names:
        return None
    name = dice.choice(names)
    connection_acts.open_(stage.store, name, BEN)
    return f"{name} is resumed"


def holds(stage: Stage, dice: random.Random) -> str | None:
    """A person holds an order that just came in, by its code or its invoice's."""
    bought = customers.orders(stage, dice)
    order = next(reversed(stage.books.orders.values()))
    code = dice.choice([order.code, *(invoice.code for invoice in order.invoices)])
    try:
        order_acts.hold(stage.store, code, ANNA, WHY)
    except CannotDo:
        return bought
    return f"{bought}; {code} is held by a person"


def releases(stage: Stage, dice: random.Random) -> str | None:
    """A person lets an order go that was held."""
    held = [row["name"].partition(":")[2] for row in stage.store.rows(HELD)]
    if not held:
        return None
    code = dice.choice(held)
    try:
        order_acts.release(stage.store, code, BEN, WHY)
    except CannotDo:  # a name by which nobody knows it any more
        return None
    return f"{code} is let go by a person"


def sends_again(stage: Stage, dice: random.Random) -> str | None:
    """A person sends an order again, or has it read again."""
    codes = list(stage.books.orders)
    if not codes:
        return None
    code = dice.choice(codes[-12:])
    if dice.random() < 0.5:  # noqa: PLR2004  one or the other
        order_acts.read_again(stage.store, stage.processes[0].runtime.configuration, code, ANNA, WHY)
        return f"{code} is read again for a person"
    try:
        again = order_acts.send_again(stage.store, code, ANNA, WHY)
    except CannotDo:
        return None
    return f"a person sends again {', '.join(again)}"


def edits(stage: Stage, dice: random.Random) -> str | None:
    """A person edits an order that died unsent; an address needs a second person, who approves it or not."""
    rows = stage.store.rows(EDITABLE)
    if not rows:
        return None
    row = dice.choice(rows)
    body: dict[str, Any] = {**row["body"], "note": f"edited at {CLOCK.at:%H:%M:%S}"}
    if dice.random() < 0.5:  # noqa: PLR2004  one or the other
        body["address"] = {**body["address"], "line2": f"door {dice.randint(1, 99)}"}
    try:
        edited = editing.edit(stage.store, row["id"], ANNA, body, WHY, GUARDED)
        if edited.proposal:
            if dice.random() < 0.3:  # noqa: PLR2004  it is not always right
                editing.refuse(stage.store, edited.proposal, BEN, WHY)
                return f"an edit of {row['reference']} is proposed and refused"
            editing.approve(stage.store, edited.proposal, BEN)
    except CannotDo:
        return None
    return f"{row['reference']} is edited{' by two' if edited.proposal else ''}"


def retries_group(stage: Stage, dice: random.Random) -> str | None:
    """A person retries all of a group."""
    keys = [row["key"] for row in stage.store.rows(GROUPS)]
    if not keys:
        return None
    key = dice.choice(keys)
    try:
        group_retries.retry_group(stage.store, key, ANNA)
    except CannotDo:
        return None
    works_off(stage)
    return f"group {key} is retried"


def works_off(stage: Stage) -> None:
    """Retries of groups go on, as `control` sees to it."""
    for _ in range(2):
        group_retries.work_off(stage.store)
        CLOCK.wait(30.0)


def changes_table(stage: Stage, _dice: random.Random) -> str | None:
    """Somebody puts a row into a table, or takes it back, while orders wait and files come."""
    configuration = stage.processes[0].configuration
    try:
        tables.remove(stage.store, configuration, ANNA, ROW, WHY)
    except CannotDo:
        tables.put(stage.store, configuration, ANNA, ROW, {"khaos": "1", "account": "5210"}, WHY)
        return f"{ROW} has a row"
    return f"{ROW} has no row any more"


def all_is_let_go(stage: Stage) -> None:
    """Nothing is paused and nothing held any more."""
    for name in sorted(paused(stage)):
        connection_acts.open_(stage.store, name, BEN)
    for row in stage.store.rows(HELD):
        with suppress(CannotDo):
            order_acts.release(stage.store, row["name"].partition(":")[2], BEN, WHY)
    works_off(stage)
