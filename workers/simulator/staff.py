"""What people do in the building: they pick, short, split, hold, lose, find and receive."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from adapters.acs.sandbox.garments import Garment
from adapters.acs.sandbox.orders import CHANGEABLE
from adapters.clarus.sandbox.refusal import Refusal
from adapters.gxo.sandbox import door
from adapters.gxo.sandbox.orders import State
from adapters.gxo.sandbox.stock import Refused
from workers.demo.actors.warehouse_staff import HOLDS as GXO_HOLDS
from workers.demo.actors.warehouse_staff import REASONS as GXO_REASONS
from workers.simulator.clock import CLOCK
from workers.simulator.stage import SKUS, Stage

AT_GXO = 0.5  # of what happens to goods
LOSSES, HOLDS = ("DMG", "LOST"), ("QC", "DMGHOLD")


def works(stage: Stage, dice: random.Random) -> str | None:
    """A minute's work on the floor: orders are allocated, picked and dispatched."""
    CLOCK.wait(dice.choice((20.0, 60.0, 120.0)))
    stage.floor_works()
    return "the floor works"


def is_short(stage: Stage, dice: random.Random) -> str | None:
    """The next pick of an order does not find everything."""
    order = _waiting(stage, dice)
    if order is None:
        return None
    units = float(dice.randint(1, 2))
    for switches in (stage.tenant.switches, stage.gxo.site.switches):
        switches.short[order] = units
    stage.acs.site.switches.short[order] = dice.choice(("NOT_FOUND", "FAILED_QC"))
    return f"{order} will be short"


def splits(stage: Stage, dice: random.Random) -> str | None:
    """An order will leave in two goes."""
    order = _waiting(stage, dice)
    if order is None:
        return None
    for switches in (stage.tenant.switches, stage.gxo.site.switches, stage.acs.site.switches):
        switches.two_goes.append(order)
    return f"{order} will leave in two goes"


def loses(stage: Stage, dice: random.Random) -> str | None:
    """A unit is lost."""
    sku, reason = _sku(dice), dice.choice(LOSSES)
    if dice.random() < AT_GXO:
        return _at_gxo(stage, {"adjust": {"sku": sku, "quantity": -1, "reason": GXO_REASONS[reason]}})
    return _act(stage, {"adjust": {"product": sku, "quantity": -1, "reason": reason}})


def finds(stage: Stage, dice: random.Random) -> str | None:
    """Units are found."""
    sku, units = _sku(dice), dice.randint(1, 2)
    if dice.random() < AT_GXO:
        return _at_gxo(stage, {"adjust": {"sku": sku, "quantity": units, "reason": GXO_REASONS["FOUND"]}})
    return _act(stage, {"adjust": {"product": sku, "quantity": units, "reason": "FOUND"}})


def holds(stage: Stage, dice: random.Random) -> str | None:
    """Units are put on hold."""
    sku, reason = _sku(dice), dice.choice(HOLDS)
    if dice.random() < AT_GXO:
        kind, out, _ = GXO_HOLDS[reason]
        return _at_gxo(stage, {"change": {"sku": sku, "quantity": 1, "from": "N", "to": kind, "reason": out}})
    return _act(stage, {"hold": {"product": sku, "quantity": 1, "reason": reason}})


def releases(stage: Stage, dice: random.Random) -> str | None:
    """Held units are good again."""
    sku, reason = _sku(dice), dice.choice(HOLDS)
    if dice.random() < AT_GXO:
        kind, _, back = GXO_HOLDS[reason]
        return _at_gxo(stage, {"change": {"sku": sku, "quantity": 1, "from": kind, "to": "N", "reason": back}})
    return _act(stage, {"release": {"product": sku, "quantity": 1, "held_for": reason}})


def moves_unheard(stage: Stage, dice: random.Random) -> str | None:
    """Something happens to goods in the Clarus building, and no webhook tells of it."""
    before = len(stage.post)
    sku = _sku(dice)
    what = dice.choice(
        (
            {"adjust": {"product": sku, "quantity": -1, "reason": "LOST"}},
            {"adjust": {"product": sku, "quantity": 2, "reason": "FOUND"}},
            {"hold": {"product": sku, "quantity": 1, "reason": "QC"}},
        )
    )
    done = _act(stage, what)
    del stage.post[before:]
    return f"{done}, and no webhook tells of it" if done else None


def mislays(stage: Stage, dice: random.Random) -> str | None:
    """A garment lies where no file names it."""
    return _to_a_garment(stage, dice, stage.acs.lose, "is mislaid")


def puts_aside(stage: Stage, dice: random.Random) -> str | None:
    """A garment is looked at once more."""
    return _to_a_garment(stage, dice, stage.acs.put_aside, "is put aside")


def gives_up(stage: Stage, dice: random.Random) -> str | None:
    """A garment leaves the stock for good."""
    reason = dice.choice(("BER", "LOST"))
    return _to_a_garment(stage, dice, lambda garment: stage.acs.give_up(garment, reason), f"is given up: {reason}")


def _to_a_garment(stage: Stage, dice: random.Random, happens: Callable[[Garment], None], words: str) -> str | None:
    """Have something happen to one of the garments that lie ready."""
    garments = stage.acs.ready()
    if not garments:
        return None
    garment = dice.choice(garments)
    happens(garment)
    return f"garment {garment.tag[:6]} {garment.product_sku} {words}"


def _act(stage: Stage, told: dict[str, dict[str, object]]) -> str | None:
    try:
        stage.on_the_floor(told)
    except Refusal:
        return None
    return "; ".join(f"{name} {what}" for name, what in told.items())


def _at_gxo(stage: Stage, told: dict[str, Any]) -> str | None:
    try:
        door.act(stage.gxo.site, told)
    except Refused:
        return None
    stage.gxo.stamp()
    return "; ".join(f"{name} at GXO {what}" for name, what in told.items())


def _sku(dice: random.Random) -> str:
    return dice.choice(list(SKUS))


def _waiting(stage: Stage, dice: random.Random) -> str | None:
    orders = stage.tenant.books.goods_outs.rows.values()
    found = [o["reference"] for o in orders if o["goods_out_status"]["code"] in ("PENDING", "ALLOCATED")]
    found += [one.reference for one in stage.gxo.site.orders if one.state in (State.NEW, State.RELEASED)]
    found += [one.number for one in stage.acs.site.orders if one.status in CHANGEABLE]
    return dice.choice(found) if found else None
