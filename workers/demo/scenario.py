"""One day of the demo: the morning's counts, everybody at work at once, and books compared in the evening."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from typing import Literal

from rich.console import Console

from workers.demo import faults, opening_stock, opening_wardrobe
from workers.demo.actors.garment_desks import GarmentDesks
from workers.demo.actors.garment_shoppers import GarmentShoppers
from workers.demo.actors.garment_wearers import Wearers
from workers.demo.actors.khaos_operators import Operators
from workers.demo.actors.order_loader import Loading
from workers.demo.actors.shoppers import Shoppers
from workers.demo.actors.support import Support
from workers.demo.actors.threads import Hand
from workers.demo.actors.warehouse_trade import Trade
from workers.demo.console import Show, flows_table, shown
from workers.demo.observer import Lookout
from workers.demo.orders_file.reading import OrdersFile
from workers.demo.reconciliation.compare import Report
from workers.demo.reconciliation.stock import IssuePoint
from workers.demo.setting.buildings import GXO
from workers.demo.setting.plan import Plan
from workers.demo.setting.stage import Stage
from workers.demo.timeout import Patience
from workers.ledger.store import Store

SEEN_BY_THEN = 10.0  # seconds after which the fleet has looked at everything, even if nothing is for a warehouse
UNDER_LOAD = 25.0  # seconds over which orders arrive while things are broken
A_LOOK = 8.0  # seconds from one comparison of all books to the next, while things are moving
SHOWN = 20  # things in flight
A_GLANCE = 1.0  # the same, once nothing is in flight
TROUBLES = {"parcels_rate": 0.2, "short_rate": 0.02, "two_goes_rate": 0.05}  # a warehouse as it is
GXO_TROUBLES = {"cartons_rate": 0.3, "short_rate": 0.01, "two_goes_rate": 0.25, "split_lines": True, "snapshot_at": ""}


@dataclass(frozen=True, slots=True)
class Wish:
    """What kind of demo it shall be."""

    seed: int = 1
    faulty: bool = False
    keep: bool = False
    as_json: bool = False
    level: Literal["available", "in_stock"] = "available"
    issue_on: IssuePoint = "issue"
    broker: str = ""


class Day:
    """Everybody who has a hand in it."""

    def __init__(
        self, stage: Stage, store: Store, file: OrdersFile, plan: Plan, wish: Wish, console: Console, began: float
    ) -> None:
        """``began`` is a moment of the monotonic clock: seconds are counted from it."""
        self._stage, self._store, self._file, self._plan = stage, store, file, plan
        self._console, self._began = console, began
        self._patience = Patience(began, len(file.orders), len(file.products))
        partners = stage.partners
        pace = UNDER_LOAD / max(1, len(file.orders)) if wish.faulty else 0.0
        self._loading = Loading(file, stage.at.khaos_url, store, seed=wish.seed, pace=pace)
        self._trade = Trade(partners, store, plan, lambda: self._loading.share)
        self._shoppers = Shoppers(partners, plan, wish.seed)
        self._operators = Operators(partners, store, stage.at.courier_folder)
        self._garment_shoppers = GarmentShoppers(partners, stage.at.khaos_url, wish.seed)
        self._wearers = Wearers(partners, store, lambda: self._garment_shoppers.placed)
        self._desks = GarmentDesks(partners, store)
        self._support = Support(store)
        self._hands: tuple[Hand, ...] = (
            *(self._trade, self._shoppers, self._operators),
            *(self._garment_shoppers, self._wearers, self._desks, self._support),
        )
        self._trouble = faults.Faults(stage, store, wish.seed) if wish.faulty else None
        self._lookout = Lookout(partners, store, file, level=wish.level, issue_on=wish.issue_on, began=began)

    def run(self) -> Report:
        """The day, from the first product to books that balance or patience that is at an end."""
        self._morning()
        self._loading.start()
        for hand in self._hands:
            hand.start()
        if self._trouble is not None:
            self._trouble.start()
        with shown(self._console) as show:
            return self._until_balanced(show)

    def stop(self) -> None:
        """Everybody goes home."""
        for hand in self._hands:
            hand.stop()

    def happened(self) -> dict[str, Counter[str]]:
        """What people did besides the file's orders, and what went wrong on purpose."""
        told = {"trade": self._trade.done, "shoppers": self._shoppers.done, "operators": self._operators.done}
        told |= {
            "garment shoppers": self._garment_shoppers.done,
            "wearers": self._wearers.done,
            "garment desks": self._desks.done,
            "support": self._support.done,
        }
        return told | ({"faults": self._trouble.count()} if self._trouble is not None else {})

    def _say(self, what: str) -> None:
        self._console.print(f"{self._seconds():3.0f} s  {what}")

    def _morning(self) -> None:
        self._stage.partners.at_clarus("switches", TROUBLES)
        self._stage.partners.at_gxo("switches", {**GXO_TROUBLES, "short": {f"sku:{self._plan.not_found(GXO)}": 1}})
        self._stage.partners.open_folder(str(self._stage.at.courier_folder))
        opening_stock.stock_up(self._stage.partners, self._file, self._plan)
        opening_wardrobe.hang_up(self._stage.partners, self._store)
        self._say(f"everything runs; the warehouses are told of {len(self._file.products)} products")
        if not opening_stock.wait_for_products(self._store, self._file):
            self._say_unready()
        opening_stock.stock_up_gxo(self._stage.partners, self._plan)
        if not opening_wardrobe.settle_in(self._stage.partners, self._store):
            self._say_unready()
        self._say("they know them; the buildings are counted")
        if not opening_stock.count_buildings(self._stage.partners, self._store, self._file):
            self._say_unready()
        self._stage.partners.open_channel()
        self._say(f"Khaos Control shows what they hold; {len(self._file.orders)} orders come in")

    def _say_unready(self) -> None:
        in_flight = self._lookout.in_flight()
        self._say(f"that takes too long, {len(in_flight)} in flight; the day begins all the same")
        for sentence in in_flight[:SHOWN]:
            self._say(sentence)

    def _until_balanced(self, show: Show) -> Report:
        """Look and compare, until all is well, or nothing changes any more, or the time is over."""
        quiet_since: float | None = None
        looked = time.monotonic()
        while True:
            time.sleep(0.5)
            in_flight = len(self._lookout.in_flight())
            show(flows_table(self._store, f"{self._seconds():.0f} s · {in_flight} in flight"))
            for failure in (self._loading.failure, *(hand.failure for hand in self._hands)):
                if failure is not None:
                    raise failure
            if quiet_since is None and not self._at_work():
                quiet_since = time.monotonic()
                opening_stock.ask_for_counts(self._stage.partners)
                self._say("nothing new comes any more; GXO and ACS count everything once more; the books are compared")
            waited = time.monotonic() - looked >= (A_LOOK if in_flight else A_GLANCE)
            if not self._patience.late(time.monotonic()) and (quiet_since is None or not waited):
                continue
            found = self._look()
            looked = time.monotonic()
            if quiet_since is not None and found.balanced and self._seen_all(found, quiet_since):
                return found
            why = self._patience.why_not(found, looked)
            if why:
                return self._broken_off(found, why)

    def _look(self) -> Report:
        """Compare the books; with faults also what people were told of each outage."""
        found = self._lookout.report()
        if self._trouble is None:
            return found
        outages = self._trouble.outages.figures()
        return found.model_copy(
            update={"outages": outages, "balanced": found.balanced and all(one.good for one in outages)}
        )

    def _at_work(self) -> list[str]:
        """Who will still do something by itself."""
        over = {"the loader": self._loading.over, "trade": self._trade.over, "shoppers": self._shoppers.over}
        over |= {"garment shoppers": self._garment_shoppers.over, "wearers": self._wearers.over}
        if self._trouble is not None:
            over["faults"] = self._trouble.over
        return [name for name, is_over in over.items() if not is_over]

    def _broken_off(self, found: Report, why: str) -> Report:
        at_work = self._at_work()
        if at_work:
            why += f"; still at work: {', '.join(at_work)}"
        self._say(f"{why}; {found.in_flight} in flight")
        for sentence in found.outstanding[:SHOWN]:
            self._say(sentence)
        return found.model_copy(update={"balanced": False, "broken_off": why})

    def _seen_all(self, found: Report, quiet_since: float) -> bool:
        listed = found.exceptions.get("no_warehouse_lines", 0) >= found.no_warehouse_lines
        return bool(listed and found.orders_ready) or time.monotonic() - quiet_since > SEEN_BY_THEN

    def _seconds(self) -> float:
        return time.monotonic() - self._began
