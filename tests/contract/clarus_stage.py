"""Clarus on the stage: asked over HTTP, and telling by webhooks that something happened."""

from __future__ import annotations

import time
from typing import Any

from fleet_tests.world import World
from workers.returns_in import goods_in

WORLD = "build"
DONE = {"COMPLETED", "CANCELLED"}


class Stage:
    """See ``conftest.Stage``."""

    connection = "leeds"

    def __init__(self, world: World) -> None:
        self.world = world

    def stock(self, **units: int) -> None:
        self.world.opening(**units)

    def order(self, *lines: tuple[str, int]) -> str:
        code = str(self.world.order(*lines))
        self.world.poll()
        return code

    def there(self, order: str) -> list[dict[str, int]]:
        mine = [one for one in self.world.live() if one["reference"].startswith(f"{order}-")]
        return [{sku: int(n["ordered"]) for sku, n in one["lines"].items()} for one in mine]

    def twice(self) -> int:
        references = [one["reference"] for one in self.world.live()]
        return len(references) - len(set(references))

    def begin(self) -> None:
        """At Clarus only what has left cannot be cancelled; no webhook tells of it."""
        self.world.clarus.switch(webhook_loss_rate=1.0)
        self.work()
        self.world.clarus.switch(webhook_loss_rate=0.0)

    def work(self, short: dict[str, int] | None = None, over: dict[str, int] | None = None) -> None:
        self.world.ship(
            short={f"sku:{sku}": units for sku, units in (short or {}).items()},
            over={f"{order}-1": units for order, units in (over or {}).items()},
        )

    def work_in_parts(self, order: str) -> None:
        self.world.clarus.switch(floor=True, pick_seconds=0.0, dispatch_seconds=0.3, two_goes=[f"{order}-1"])
        self.world.until(lambda: any(n["dispatched"] for n in self.world.there(f"{order}-1")[0]["lines"].values()))
        self.world.clarus.switch(floor=False)

    def hear(self) -> None:
        self._told()
        self.world.sweep()
        goods_in.sweep(self.world.runtime, "Main Site")
        self.world.go()
        self.world.hear()
        self.world.read_back()
        self.world.go()

    def say_again(self) -> None:
        self.world.store.run(
            "insert into record_unread (record_id, received_at, connection, source) select id, received_at, connection,"
            " source from record where connection = 'leeds' order by id desc on conflict do nothing"
        )
        self.hear()

    def settle(self) -> None:
        self._told()

    def lose_answer(self) -> None:
        self.world.clarus.switch(effect_then_500_next={"create_goods_out": 1, "cancel_goods_out": 1})

    def drop(self) -> None:
        self.world.clarus.switch(error_next=1)

    def refuse(self, sku: str = "", order: str = "") -> None:
        named = {sku: "product_not_wanted"} if sku else {}
        named |= {f"{order}-1": "order_not_wanted"} if order else {}
        self.world.clarus.switch(reject=named)

    def away(self, seconds: float) -> None:
        self.world.clarus.switch(away_until=time.time() + seconds if seconds else 0.0)

    def stranger_ships(self) -> None:
        order = self.order(("MUG", 1))
        row = self.world.store.row("select wire from message_body order by message_id desc limit 1")
        wire = bytes(row["wire"]).replace(f'"{order}-1"'.encode(), b'"STRANGER-1"')
        self.world.runtime.warehouse("leeds").orders.send_order(wire)
        self.world.ship()

    def adjust(self, sku: str, units: int) -> None:
        reason = "FOUND" if units > 0 else "LOST"
        self.world.clarus.post("floor", adjust={"product": sku, "quantity": units, "reason": reason})

    def hold(self, sku: str, units: int) -> None:
        self.world.clarus.post("setup", reason_codes=["QUARANTINE"])
        self.world.clarus.post("floor", hold={"product": sku, "quantity": units, "reason": "QUARANTINE"})

    def strange(self, sku: str, units: int) -> None:
        self.world.clarus.post("setup", reason_codes=["SMELLS"])
        self.world.clarus.post("floor", hold={"product": sku, "quantity": units, "reason": "SMELLS"})

    def supply(self, reference: str, sku: str, units: int) -> None:
        self._receive(reference, {"product": sku, "quantity": units})

    def back(self, sku: str, units: int, *, order: str = "", rma: str = "RMA-1", good: bool = True) -> None:
        line = {"product": sku, "quantity": units, "good": units if good else 0}
        line |= {} if good else {"held": {"DMGHOLD": units}}
        self._receive(rma, line, external_system_reference2=order, kind="return")

    def _receive(self, reference: str, line: dict[str, Any], **more: Any) -> None:
        self.world.clarus.post("floor", receive={"reference": reference, "lines": [line], "at_once": True, **more})

    def _told(self) -> None:
        """Every webhook that was sent has come, and was worked off."""
        books = self.world.clarus.books
        self.world.until(
            lambda: (c := books()["webhooks"])["delivered"] + c["given_up"] >= c["fired"] - c["lost"] + c["repeated"]
        )
        self.world.go()
