"""``fleet sandbox up``: the stand-ins alone, filled with products, stock and orders, to rehearse with by hand."""

from __future__ import annotations

import shutil
import signal
import threading
from datetime import UTC, datetime
from pathlib import Path
from shlex import quote

from rich.console import Console

from adapters.errors import ReachError
from adapters.khaos.client import Khaos
from adapters.khaos.settings import Settings
from workers.cli.output import NotDone
from workers.demo import opening_stock, opening_wardrobe
from workers.demo.actors.garment_shoppers import document
from workers.demo.orders_file.load import Trouble, import_orders, refused
from workers.demo.orders_file.reading import OrdersFile, load_orders
from workers.demo.setting import wardrobe
from workers.demo.setting.buildings import GXO, house_of
from workers.demo.setting.loopback import Loopback, Setting
from workers.demo.setting.plan import Plan, make_plan
from workers.embedded import run_file
from workers.embedded.folder import write_private
from workers.embedded.keeper import PROJECT
from workers.embedded.supervision import Fleet

SHOWN = 10  # refusals


def run(orders: Path | None, seed: int) -> None:
    """Run the stand-ins until Ctrl-C or SIGTERM. Raises NotDone where they run here already."""
    over = threading.Event()
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, lambda *_: over.set())
    console = Console(soft_wrap=True)
    folder = run_file.var().resolve() / "sandbox"
    if run_file.read_running(run_file.SANDBOX):
        raise NotDone("the stand-ins run here already: end them first, or set FLEET_VAR to another folder")
    file = load_orders(orders, seed=seed) if orders else None
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    at = Loopback(folder, Setting(seed=seed))
    _write_environment(at)
    (folder / "Procfile").write_text("\n".join(at.lines) + "\n", encoding="utf-8")
    with Fleet(folder / "Procfile", {**at.environment, "PYTHONPATH": str(PROJECT)}, folder / "run", stop_patience=10):
        at.set_up()
        run_file.note_running(at.addresses(), run_file.SANDBOX)
        try:
            if file is not None:
                _fill(at, file, seed, console)
            _say(console, at)
            over.wait()
        finally:
            run_file.forget_running(run_file.SANDBOX)


def _write_environment(at: Loopback) -> None:
    """The variables by which a fleet finds the stand-ins: a file that its owner alone may read."""
    wanted = {**at.environment, "FLEET_ENVIRONMENT": "rehearsal"}
    write_private(at.folder / "env", "".join(f"{name}={quote(value)}\n" for name, value in wanted.items()))


def _fill(at: Loopback, file: OrdersFile, seed: int, console: Console) -> None:
    """Products and stock on both sides, the file's orders and those of garments, all at a ready stage."""
    plan = make_plan(file, seed)
    opening_stock.stock_up(at.partners, file, plan)
    _stock_up_gxo(at, file, plan)
    at.partners.at_acs("switches", opening_wardrobe.AS_IT_IS)
    at.partners.at_acs("setup", {"stock": {style.code: style.garments for style in wardrobe.STYLES}})
    troubles = refused(file)
    troubles += [one for one in import_orders(file, at.khaos_url, lambda o: house_of(o.customer_ref, seed).site) if one]
    khaos, garments = Khaos(Settings(url=at.khaos_url, deadline=10.0)), wardrobe.orders(seed, datetime.now(UTC).date())
    for order in garments:
        try:
            khaos.import_orders(document(order, seed))
        except ReachError as error:
            troubles.append(Trouble("import_refused", f"file:{order.reference}", order.reference, error.what))
    console.print(f"{len(file.orders)} orders and {len(garments)} of garments are in Khaos Control")
    console.print(f"{len(troubles)} lines or orders were refused")
    for trouble in troubles[:SHOWN]:
        console.print(f"  {trouble.subject}: {trouble.reason}")


def _stock_up_gxo(at: Loopback, file: OrdersFile, plan: Plan) -> None:
    """GXO has the items already: day one is not the first day of the merchant's trade."""
    goods = sorted(one.code for one in file.products if one.stock_controlled)
    at.partners.at_gxo("setup", {"items": goods})
    at.partners.at_gxo("setup", {"stock": {house.facility: plan.opening[house.site] for house in GXO}})


def _say(console: Console, at: Loopback) -> None:
    names = ("Khaos Control", at.khaos), ("Clarus", at.clarus), ("GXO", at.gxo), ("ACS", at.acs)
    for name, url in names:
        console.print(f"{name:14} {url}/_sandbox/books", highlight=False)
    console.print(f"files of GXO   {at.folder / 'gxo'}\nfiles of ACS   {at.folder / 'acs'}", highlight=False)
    console.print(
        f"In another terminal:\n\n  set -a; . {quote(str(at.folder / 'env'))}; set +a\n  fleet check\n  fleet up\n\n"
        "Ctrl-C ends the stand-ins, and their books with them.",
        highlight=False,
    )
