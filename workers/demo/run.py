"""The demo: real trade through the whole fleet on one machine, until the books of both sides agree."""

from __future__ import annotations

import contextlib
import json
import signal
import sys
import threading
import time
from pathlib import Path

from rich.console import Console

from workers.config import environment
from workers.demo.console import say_report
from workers.demo.orders_file import generate
from workers.demo.orders_file.reading import load_orders
from workers.demo.scenario import Day, Wish
from workers.demo.setting.loopback import Setting
from workers.demo.setting.plan import make_plan
from workers.demo.setting.stage import ROOT, Stage
from workers.ledger.store import Store

DEFAULT_FILE = generate.SHIPPED
REFUSED_PRODUCT = "KG0112"  # in the shipped file: the warehouse does not want it, so that a refusal can be seen
LONGEST_CODE = 48  # characters that either warehouse takes


def demo(orders: Path | None = None, report: Path | None = None, wish: Wish | None = None) -> int:
    """Run the demo. 0 only if the books balance."""
    wish = wish or Wish()
    console = Console(stderr=wish.as_json)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # told to end: leave no process behind
    file = load_orders(orders or DEFAULT_FILE, seed=wish.seed)
    unfit = {REFUSED_PRODUCT, *(one.code for one in file.products if len(one.code) > LONGEST_CODE)}
    plan = make_plan(file, wish.seed, unfit)
    began = time.monotonic()
    var = Path(environment().fleet_var or ROOT / "var").resolve()
    setting = Setting(
        seed=wish.seed,
        sku_limit=12.0 if orders is None else 30.0,  # a strange file may have many SKUs: give them time
        level=wish.level,
        issue_on=wish.issue_on,
        broker=wish.broker,
        lively=plan.lively,
    )
    with Stage(var / "demo", setting) as stage:
        stage.note_addresses()
        console.print(
            f"Flower  {stage.at.flower}  (login {stage.at.flower_login})\n"
            f"Web     {stage.at.web}  (login {stage.login.name}, password {stage.login.password})"
        )
        if orders is None:
            stage.partners.at_clarus("switches", {"reject": {REFUSED_PRODUCT: "validation_failed"}})
            stage.partners.at_gxo("switches", {"reject_items": {REFUSED_PRODUCT: "NOT STORED HERE"}})
        with contextlib.closing(Store(stage.environment["DATABASE_URL"], size=6, application="fleet demo")) as store:
            day = Day(stage, store, file, plan, wish, console, began)
            found = day.run()
            happened = day.happened()
            told = found.model_dump(mode="json") | {name: dict(counts) for name, counts in happened.items()}
            said = json.dumps(told, indent=2)
            for place in {report or var / "demo-report.json", var / "demo-report.json"}:
                place.write_text(said + "\n", encoding="utf-8")
            if wish.as_json:
                sys.stdout.write(said + "\n")
            else:
                say_report(console, found, happened)
                console.print(f"The report is in {var / 'demo-report.json'}")
            if wish.keep:
                console.print(
                    "Everything keeps running; Ctrl-C ends it. In another terminal: fleet status, fleet exceptions list"
                )
                with contextlib.suppress(KeyboardInterrupt):
                    threading.Event().wait()
            day.stop()
    return 0 if found.balanced else 1
