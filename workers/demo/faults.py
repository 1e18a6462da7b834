"""What goes wrong in `fleet demo --faults`: workers die, Redis is flushed and restarted, partners are away or mute.

Of stock: webhooks are lost, repeated and out of order, sales land between the reading of a level and its writing, and
answers to levels, journals and returns get lost on their way. Of files see ``gxo_faults``, of garments ``acs_faults``.
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

import redis
import structlog

from workers.demo import acs_faults, gxo_faults
from workers.demo.outages import Outages
from workers.demo.setting.buildings import ACS, CLARUS, GXO
from workers.ledger.store import Store

if TYPE_CHECKING:
    from workers.demo.setting.stage import Stage

log = structlog.get_logger(__name__)

KILLS = 12
UNDER_WAY = 20  # messages settled before the first fault
AT_THE_BUSY = 0.7  # of the kills, those that hit a process which is working
VICTIMS = (
    *("orders-out", "dispatch-in", "stock-in", "returns-in", "sku-sync"),
    *("control", "dead-letters", "beat", "web"),
)
LEVELS = "ImportStockStatus"
SALES = 4  # times that shoppers land around the next two levels, before one and after one


LOST_AT_KHAOS = {"ConfirmShipment": 3, LEVELS: 3, "PostStockJournal": 2}
LOST_IN_CHANNEL = {"CReturnDownload": 2, "StockStatusUpload": 3}
LOST_AT_CLARUS = {"create_goods_out": 3, "create_product": 2}


def _used(ordered: dict[str, int], left: dict[str, int]) -> int:
    return sum(ordered.values()) - sum(left.get(name, 0) for name in ordered)


class Faults:
    """Plays the faults in a thread of its own; ``done`` counts what really happened."""

    def __init__(self, stage: Stage, store: Store, seed: int) -> None:
        """The same seed plays the same faults in the same order."""
        self._stage = stage
        self._store = store
        self._dice = random.Random(seed)  # noqa: S311  a play, not a secret
        self._gxo, self._acs = gxo_faults.GxoFaults(stage.partners, store), acs_faults.AcsFaults(stage.partners)
        self.outages = Outages(store, stage.on_call.heard)
        self._thread = threading.Thread(target=self._play, name="faults", daemon=True)
        self.done: Counter[str] = Counter()
        self._all_done = False

    @property
    def over(self) -> bool:
        """Whether all was played, and every partner is back."""
        return self._all_done and self.outages.over

    def start(self) -> None:
        """Begin; ends by itself."""
        self._stage.partners.at_clarus(
            "switches",
            {
                "webhook_loss_rate": 0.15,
                "webhook_repeat_rate": 0.2,
                "webhook_shuffle": True,
                "webhook_delay": [0.0, 1.0],
                "hang_seconds": 9.0,
                "effect_then_hang_next": LOST_AT_CLARUS,
                "unauthorised_next": 1,
                "throttle_next": 2,
                "error_next": 3,
            },
        )
        self._stage.partners.at_khaos(
            "switches",
            {
                "drop_after_commit": LOST_AT_KHAOS,
                "drop_manner": "hold",
                "hold_seconds": 9.0,
                "truncate": 1,
                "channel_repeat_rate": 0.2,
                "channel_lost_answer_next": LOST_IN_CHANNEL,
            },
        )
        self._gxo.start()
        self._acs.start()
        self._thread.start()

    def _play(self) -> None:
        try:
            self._wait_for_load()
            plan = [*["kill"] * KILLS, *["sell"] * SALES, "flush", "restart", "away"]
            plan += ["gxo_away", *gxo_faults.DROPS, "acs_away", *acs_faults.BAD_FILES]
            self._dice.shuffle(plan)
            for step in ["in_mid_drop", "in_mid_taking", *plan]:  # while orders come, for these need somebody at a file
                self._do(step)
                time.sleep(self._dice.uniform(0.6, 1.4))
        finally:
            self._all_done = True

    def _do(self, step: str) -> None:
        if step in gxo_faults.DROPS:
            self._gxo.drop(step)
        elif step in acs_faults.BAD_FILES:
            self._acs.lay_file(step)
        else:
            getattr(self, f"_{step}")()

    def count(self) -> Counter[str]:
        """What really happened, from the sandboxes' own books; to be asked when all is over."""
        webhooks = self._stage.partners.clarus_books("webhooks")["webhooks"]
        self.done["webhooks lost"] = webhooks["lost"]
        self.done["webhooks repeated"] = webhooks["repeated"]
        khaos = self._stage.partners.at_khaos("switches", {})
        clarus = self._stage.partners.at_clarus("switches", {})
        self.done["Khaos answers lost after committing"] = _used(LOST_AT_KHAOS, khaos["drop_after_commit"])
        self.done["levels' answers lost"] = LOST_AT_KHAOS[LEVELS] - khaos["drop_after_commit"].get(LEVELS, 0)
        self.done["channel answers lost"] = _used(LOST_IN_CHANNEL, khaos["channel_lost_answer_next"])
        self.done["sales around a level"] -= khaos["sell_between"] + khaos["sell_after"]
        self.done["Clarus answers lost after taking effect"] = _used(LOST_AT_CLARUS, clarus["effect_then_hang_next"])
        for partner, connection in (("Clarus", CLARUS[0].name), ("GXO", GXO[0].name), ("ACS", ACS.name)):
            self.done[f"{partner} away, seconds"] = self.outages.seconds(connection)
        self.done |= self._gxo.count() | self._acs.count()
        return self.done

    def _wait_for_load(self) -> None:
        ends = time.monotonic() + 60
        while time.monotonic() < ends:
            row = self._store.row("select count(*) as n from message_settled")
            if row and row["n"] >= UNDER_WAY:
                return
            time.sleep(0.1)

    def _kill(self) -> None:
        assert self._stage.fleet is not None
        busy = self._store.rows(
            "select p.name, count(*) as n from message m join process p on p.id = m.process_id where m.state ="
            " 'working' group by 1 order by 2 desc"
        )
        names = [row["name"].split("@")[0] for row in busy if row["name"].split("@")[0] in VICTIMS]
        name = self._dice.choice(names) if names and self._dice.random() < AT_THE_BUSY else self._dice.choice(VICTIMS)
        if self._stage.fleet.kill(name):
            self.done[f"SIGKILL {name}"] += 1
            self.done["SIGKILL"] += 1

    def _sell(self) -> None:
        partners = self._stage.partners
        left = partners.at_khaos("switches", {})
        more = {name: left[name] + 1 for name in ("sell_between", "sell_after")}
        partners.at_khaos("switches", more)
        self.done["sales around a level"] += len(more)

    def _flush(self) -> None:
        redis.Redis.from_url(self._stage.environment["REDIS_URL"]).flushall()
        self.done["Redis flushed"] += 1

    def _restart(self) -> None:
        self._stage.redis.restart()
        self.done["Redis restarted"] += 1

    def _away(self) -> None:
        self.outages.play(tuple(house.name for house in CLARUS), partial(self._stage.partners.at_clarus, "switches"))

    def _gxo_away(self) -> None:
        self.outages.play((GXO[0].name,), partial(self._stage.partners.at_gxo, "switches"), self._gxo.drops_are_left)

    def _acs_away(self) -> None:
        self.outages.play((ACS.name,), partial(self._stage.partners.at_acs, "switches"))

    def _in_mid_drop(self) -> None:
        self._kill_at_a_file("SIGKILL while laying a file", gxo_faults.DROPPING)

    def _in_mid_taking(self) -> None:
        self._kill_at_a_file("SIGKILL while taking a file", gxo_faults.TAKING)

    def _kill_at_a_file(self, what: str, query: str) -> None:
        assert self._stage.fleet is not None
        name = self._gxo.somebody_at_a_file(query)
        if name and self._stage.fleet.kill(name):
            self.done[what] += 1
            self.done["SIGKILL"] += 1
