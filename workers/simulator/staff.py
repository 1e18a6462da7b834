"""What people do in the building: they pick, short, split, hold, lose, find and receive."""

from __future__ import annotations

import random

from adapters.clarus.sandbox.refusal import Refusal
from workers.simulator.clock import CLOCK
from workers.simulator.stage import SKUS, Stage

LOSSES, HOLDS = ("DMG", "LOST"), ("QC", "DMGHOLD")


def works(stage: Stage, dice: random.Random) -> str | None:
    """A minute's work on the floor: orders are allocated, picked and dispatched."""
    CLOCK.wait(dice.choice((20.0, 60.0, 120.0)))
    stage.floor_works()
    return "the floor works"


def is_short(stage: Stage, dice: random.Random) -> str | None:
    """The next pick of a SKU does not find everything."""
    order = _waiting(stage, dice)
    if order is None:
        return None
    stage.tenant.switches.short[order] = float(dice.randint(1, 2))
    return f"{order} will be short"


def splits(stage: Stage, dice: random.Random) -> str | None:
    """An order will leave in two goes."""
    order = _waiting(stage, dice)
    if order is None:
        return None
    stage.tenant.switches.two_goes.append(order)
    return f"{order} will leave in two goes"


def loses(stage: Stage, dice: random.Random) -> str | None:
    """A unit is lost."""
    return _act(stage, {"adjust": {"product": _sku(dice), "quantity": -1, "reason": dice.choice(LOSSES)}})


def finds(stage: Stage, dice: random.Random) -> str | None:
    """Units are found."""
    return _act(stage, {"adjust": {"product": _sku(dice), "quantity": dice.randint(1, 2), "reason": "FOUND"}})


def holds(stage: Stage, dice: random.Random) -> str | None:
    """Units are put on hold."""
    return _act(stage, {"hold": {"product": _sku(dice), "quantity": 1, "reason": dice.choice(HOLDS)}})


def releases(stage: Stage, dice: random.Random) -> str | None:
    """Held units are good again."""
    return _act(stage, {"release": {"product": _sku(dice), "quantity": 1, "held_for": dice.choice(HOLDS)}})


def receives(stage: Stage, dice: random.Random) -> str | None:
    """A supplier's goods arrive, and are booked in Khaos Control."""
    sku, units = _sku(dice), dice.randint(1, 4)
    order = stage.books.number("PO")
    lines = [{"product": sku, "quantity": units}]
    return _act(stage, {"receive": {"reference": order, "supplier": "SUPPLIER", "lines": lines, "at_once": True}})


def _act(stage: Stage, told: dict[str, dict[str, object]]) -> str | None:
    try:
        stage.on_the_floor(told)
    except Refusal:
        return None
    return "; ".join(f"{name} {what}" for name, what in told.items())


def _sku(dice: random.Random) -> str:
    return dice.choice(list(SKUS))


def _waiting(stage: Stage, dice: random.Random) -> str | None:
    orders = stage.tenant.books.goods_outs.rows.values()
    found = [o["reference"] for o in orders if o["goods_out_status"]["code"] in ("PENDING", "ALLOCATED")]
    return dice.choice(found) if found else None
