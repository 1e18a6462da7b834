"""The demo: real trade through the whole fleet on one machine, until the books of both sides agree."""

from __future__ import annotations

import contextlib
import json
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.table import Table

from workers.config import environment
from workers.demo import faults
from workers.demo.books import Lines, Report, compare
from workers.demo.load import file_troubles, import_orders, refused, set_up_products
from workers.demo.orders_file import OrdersFile, is_service, load_orders
from workers.demo.stage import ROOT, Stage
from workers.ledger.store import Store
from workers.queues import FLOWS

DEFAULT_FILE = Path(__file__).with_name("orders.csv")
REFUSED_PRODUCT = "KG0112"  # in the shipped file: the warehouse does not want it, so that a refusal can be seen
PATIENCE = 420.0  # seconds, and half a second more for each order of the file
SEEN_BY_THEN = 10.0  # seconds after which the fleet has looked at everything, even if nothing is for a warehouse
UNDER_LOAD = 25.0  # seconds over which orders arrive while things are broken
TROUBLES = {"parcels_rate": 0.2, "short_rate": 0.02, "two_goes_rate": 0.05}  # a warehouse as it is
STATES = ("received", "queued", "working", "sent", "waiting", "held", "delivered", "dead")

IN_FLIGHT = """
select (select count(*) from record_unread)
     + (select count(*) from message m where m.state in ('queued', 'working', 'sent', 'waiting')
           or (m.state = 'held' and not exists (select 1 from exception e where e.state = 'open' and e.story = m.story))
           or (m.state = 'dead'
               and not exists (select 1 from exception e where e.state = 'open' and e.message_id = m.id)))
     + (select count(*) from fulfilment f where f.state not in ('cancelled', 'withdrawn', 'flagged')
           and not (f.state in ('dispatched', 'closed_short') and f.confirmed)
           and not exists (select 1 from exception e where e.state = 'open' and e.story = f.order_code)) as n
"""


def demo(
    orders: Path | None = None,
    report: Path | None = None,
    *,
    seed: int = 1,
    faulty: bool = False,
    keep: bool = False,
    as_json: bool = False,
) -> int:
    """Run the demo. 0 only if the books balance."""
    console = Console(stderr=as_json)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # told to end: leave no process behind
    file = load_orders(orders or DEFAULT_FILE, seed=seed)
    began = time.monotonic()
    var = Path(environment().fleet_var or ROOT / "var").resolve()
    sku_limit = 12.0 if orders is None else 30.0  # a strange file may have many SKUs: give them time
    with Stage(var / "demo", seed=seed, sku_limit=sku_limit) as stage:
        store = Store(stage.environment["DATABASE_URL"], size=2, application="fleet demo")
        stage.note_addresses()
        console.print(f"Flower  {stage.flower}  (login {stage.flower_login})\nWeb     {stage.web}")
        stage.post(f"{stage.clarus}/_sandbox/switches", TROUBLES)
        trouble = faults.Faults(stage, store, seed) if faulty else None
        found = _until_balanced(stage, store, file, console, began, trouble, file_is_ours=orders is None)
        said = json.dumps(found.model_dump(mode="json") | ({"faults": trouble.count()} if trouble else {}), indent=2)
        if report is not None:
            report.write_text(said + "\n", encoding="utf-8")
        (var / "demo-report.json").write_text(said + "\n", encoding="utf-8")
        if as_json:
            sys.stdout.write(said + "\n")
        else:
            _summary(console, found, trouble)
            console.print(f"The report is in {var / 'demo-report.json'}")
        if keep:
            console.print(
                "Everything keeps running; Ctrl-C ends it. In another terminal: fleet status, fleet exceptions list"
            )
            with contextlib.suppress(KeyboardInterrupt):
                threading.Event().wait()
        store.close()
    return 0 if found.balanced else 1


def _until_balanced(
    stage: Stage,
    store: Store,
    file: OrdersFile,
    console: Console,
    began: float,
    trouble: faults.Faults | None,
    *,
    file_is_ours: bool,
) -> Report:
    set_up_products(file, stage.khaos_url)
    if file_is_ours:
        stage.post(f"{stage.clarus}/_sandbox/switches", {"reject": {REFUSED_PRODUCT: "validation_failed"}})
    loading = Loading(file, stage, store, 0.0 if trouble is None else UNDER_LOAD / max(1, len(file.orders)))
    loading.start()
    if trouble is not None:
        trouble.start()
    patience = PATIENCE + 0.5 * len(file.orders)
    quiet_since: float | None = None
    with _shown(console) as show:
        while True:
            time.sleep(0.5)
            found = _look(stage, store, file, began)
            show(_table(store, found))
            if loading.failure is not None:
                raise loading.failure
            if not loading.is_alive() and (trouble is None or trouble.over):
                quiet_since = quiet_since or time.monotonic()
            if quiet_since is not None and found.balanced:
                listed = found.exceptions.get("no_warehouse_lines", 0) >= found.no_warehouse_lines
                if (listed and found.orders_ready) or time.monotonic() - quiet_since > SEEN_BY_THEN:
                    return found
            if time.monotonic() - began > patience:
                return found.model_copy(update={"balanced": False})


class Loading(threading.Thread):
    """Loads the file into Khaos Control while the demo looks on; what Khaos refuses is filed at once."""

    def __init__(self, file: OrdersFile, stage: Stage, store: Store, pace: float) -> None:
        """``pace`` seconds pass between two orders."""
        super().__init__(name="loader", daemon=True)
        self._file, self._stage, self._store, self._pace = file, stage, store, pace
        self.failure: Exception | None = None

    def run(self) -> None:
        """Import every order once."""
        try:
            file_troubles(self._store, "khaos", refused(self._file))
            for said in import_orders(self._file, self._stage.khaos_url):
                time.sleep(self._pace)
                if said is not None:
                    file_troubles(self._store, "khaos", [said])
        except Exception as error:  # noqa: BLE001  it is raised where the demo waits
            self.failure = error


def _look(stage: Stage, store: Store, file: OrdersFile, began: float) -> Report:
    row = store.row(IN_FLIGHT)
    exceptions = [
        {
            "kind": e["kind"],
            "subject": e["subject"],
            "owner": e["owner"],
            "severity": e["severity"],
            "state": e["state"],
            "order": e["story"],
            "invoice": e["subject"].removeprefix("invoice:") if e["subject"].startswith("invoice:") else "",
        }
        for e in store.rows("select * from exception where state = 'open'")
    ]
    return compare(
        stage.books(stage.khaos),
        {"leeds": stage.books(stage.clarus)},
        exceptions,
        in_flight=row["n"] if row else 0,
        seconds=round(time.monotonic() - began, 1),
        lines=count_lines(file),
    )


def count_lines(file: OrdersFile) -> Lines:
    """Where every line of the file went."""
    lines = [line for order in file.orders for line in order.lines]
    service = sum(is_service(line.sku) for line in lines)
    return Lines(
        in_file=file.lines, refused=file.lines - len(lines), service=service, for_warehouse=len(lines) - service
    )


@contextlib.contextmanager
def _shown(console: Console) -> Iterator[Any]:
    if console.is_terminal:
        with Live(console=console, refresh_per_second=4) as live:
            yield live.update
    else:
        yield lambda _table: None


def _table(store: Store, found: Report) -> Table:
    table = Table(
        title=f"{found.seconds:.0f} s · ready {found.orders_ready} · confirmed {found.shipments_confirmed} · to"
        f" go {found.lost}"
    )
    for name in ("flow", *STATES):
        table.add_column(name, justify="left" if name == "flow" else "right")
    counts: dict[str, dict[str, int]] = {flow: {} for flow in FLOWS}
    for row in store.rows(
        "select flow, state, count(*) as n from message group by 1, 2"
        " union all select flow, 'delivered', count(*) from message_settled where state = 'delivered' group by 1"
        " union all select flow, 'received', count(*) from message_key group by 1"
    ):
        counts.setdefault(row["flow"], {})[row["state"]] = row["n"]
    for flow, by_state in counts.items():
        table.add_row(flow, *(str(by_state.get(state, "")) for state in STATES))
    return table


def _summary(console: Console, found: Report, trouble: faults.Faults | None) -> None:
    verdict = "[bold green]The books balance.[/]" if found.balanced else "[bold red]The books do not balance.[/]"
    console.print(verdict)
    for name, value in found.model_dump(mode="json").items():
        if value not in ([], {}, None):
            console.print(f"  {name:20} {value}", highlight=False)
    if trouble is not None:
        console.print(f"  {'faults':20} {trouble.done}", highlight=False)
