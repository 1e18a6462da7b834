"""What customers send back, and Khaos Control's side of it: it pulls what is offered, and people process it there."""

from __future__ import annotations

import base64
import random
from contextlib import suppress

from adapters.clarus.sandbox.refusal import Refusal
from adapters.gxo.sandbox import door
from adapters.gxo.sandbox.stock import Refused as RefusedThere
from adapters.khaos.sandbox import returning
from adapters.khaos.sandbox.calling import OK, Answer
from adapters.khaos.sandbox.channel.config import RETURNS, Endpoint
from adapters.khaos.sandbox.channel.pulls import CONTINUATION
from adapters.khaos.sandbox.records import Refused
from workers.demo.actors.khaos_operators import TO_PROCESS
from workers.simulator.promises import left_for
from workers.simulator.settings import CHANNEL_PASSWORD, CHANNEL_USER, SITE, WEB
from workers.simulator.stage import SKUS, Stage

HELD = ("", "", "QC", "DMGHOLD")  # what returned units are held for at Clarus; the others are good
GRADES = ("A", "A", "B", "D")  # as GXO says it
TOO_MANY, BLIND, LOST = 0.15, 0.3, 0.15  # parcels with more than left, without a number of their own; lost answers
LOGIN = base64.b64encode(f"{CHANNEL_USER}:{CHANNEL_PASSWORD}".encode()).decode()
ENDPOINT = Endpoint(f"http://{WEB}/khaos/returns.json", "JSON")


def sends_back(stage: Stage, dice: random.Random) -> str | None:
    """A customer sends back what left for them, now and then more of it, or what came back before."""
    left = sorted((key, units) for key, units in left_for(stage).items() if key[1] in SKUS)
    if not left:
        return None
    (order, sku), units = dice.choice(left)
    back = dice.randint(1, units) + (dice.random() < TOO_MANY)
    number = stage.books.number("RET")
    try:
        if stage.books.orders[order].site == SITE:
            _to_leeds(stage, dice, number, order, (sku, back))
        else:
            line = {"sku": sku, "quantity": back, "grade": dice.choice(GRADES)}
            door.act(
                stage.gxo.site, {"receive": {"reference": number, "kind": "return", "order": order, "lines": [line]}}
            )
            stage.gxo.stamp()
    except (Refusal, RefusedThere):
        return None
    return f"{back} {sku} of {order} come back as {number}"


def garments_come_back(stage: Stage, dice: random.Random) -> str | None:
    """A customer sends back a garment that they bought; hired ones come by themselves."""
    sold = stage.acs.sold()
    if not sold:
        return None
    garment = dice.choice(sold)
    stage.acs.comes_back(garment)
    return f"garment {garment.tag[:6]} {garment.product_sku} of {garment.order} comes back"


def _to_leeds(stage: Stage, dice: random.Random, number: str, order: str, goods: tuple[str, int]) -> None:
    sku, units = goods
    held = dice.choice(HELD)
    lines = [{"product": sku, "good": 0 if held else units, "held": {held: units} if held else {}}]
    if dice.random() < BLIND:
        stage.on_the_floor({"receive": {"reference": order, "lines": lines}})
    else:
        label = {"kind": "return", "external_system_reference2": order}
        stage.on_the_floor({"receive": {"reference": number, "lines": lines, **label}})


def pulls(stage: Stage, dice: random.Random) -> str | None:
    """Khaos Control pulls returns; now and then the answer is lost, and it asks the same again."""
    known = stage.puller.continuation.get(RETURNS, "2026-01-01 00:00:00Z")
    status, said, body = stage.wire.call(
        "GET", ENDPOINT.url, headers={CONTINUATION: known, "authorization": f"Basic {LOGIN}"}
    )
    if status != OK:
        return f"Khaos Control pulls returns, and is answered {status}"
    if dice.random() < LOST:
        return "Khaos Control pulls returns, and the answer is lost"
    before = len(stage.books.returns)
    if stage.puller._take(RETURNS, ENDPOINT, Answer(status, said, body)):  # noqa: SLF001  as its own pull does
        stage.puller.continuation[RETURNS] = said.get(CONTINUATION.lower(), known)
    return f"Khaos Control pulls {len(stage.books.returns) - before} returns"


def processes(stage: Stage, _dice: random.Random) -> str | None:
    """The merchant's people process the returns that wait for them."""
    done = 0
    for row in stage.store.rows(TO_PROCESS):
        if found := stage.books.returns.get(row["reference"]):
            with suppress(Refused):
                returning.process(stage.books, found)
                done += 1
    return f"{done} returns are processed" if done else None
