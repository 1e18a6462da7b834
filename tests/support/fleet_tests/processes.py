"""A small real fleet: workers, control and beat as processes, their own Redis and ledger, both sandboxes."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis
import requests
from psycopg.rows import dict_row

from adapters.khaos import Khaos, Settings
from fleet_tests import warm
from fleet_tests.databases import copied
from fleet_tests.places import ROOT
from workers import recovery
from workers.embedded.folder import free_ports
from workers.embedded.procfile import read_procfile
from workers.embedded.redis import EmbeddedRedis
from workers.ledger.store import Store
from workers.spine import live, people

PATIENCE = 180.0
PERSON = ("Wilhelmina", "Quillfeather", "Larkspur", "quillfeather@example.com", "LS1 4AB")
TOML = """
[fleet.intervals]
orders = 0.3
catalogue = 0.3
read_back = 0.5
sweep = 1.0
[fleet.limits]
process_silent = {silent}
[stock]
levels = "off"  # the building is empty: once it was counted, nothing more would be sold
[connections.khaos]
system = "khaos"
url = "{khaos}/Khaos.exe"
rate = "1000/s"
deadline = 5.0
partner_timeout = 0.5
extensions.confirm_shipment = {{}}
[connections.leeds]
system = "clarus"
base_url = "{clarus}"
subdomain = "acme"
account = "ACME"
client_id = "sandbox-client"
client_secret = "env:CLARUS_CLIENT_SECRET"
webhook_token = "env:CLARUS_WEBHOOK_TOKEN"
webhook_automations = {{ "goods_out.completed" = "41" }}
sites = {{ LDS1 = "Main Site" }}
rate = "1000/s"
concurrency = 8
deadline = 3.0
partner_timeout = 0.5
[[routing]]
name = "everything"
to = "leeds"
facility = "LDS1"
"""
ORDER = (
    "<SALES_ORDERS><SALES_ORDER><CUSTOMER_DETAIL><IS_NEW_CUSTOMER>0</IS_NEW_CUSTOMER><OTHER_REF>C-77</OTHER_REF>"
    "<ADDRESSES><INVADDR><IADDRESS1>7 Larkspur Row</IADDRESS1><ITOWN>Leeds</ITOWN><IPOSTCODE>LS1 4AB</IPOSTCODE>"
    "<ICOUNTRY_CODE>GB</ICOUNTRY_CODE><IFORENAME>Wilhelmina</IFORENAME><ISURNAME>Quillfeather</ISURNAME>"
    "<IEMAIL>w.quillfeather@example.com</IEMAIL></INVADDR></ADDRESSES></CUSTOMER_DETAIL><ORDER_HEADER>"
    "<ASSOCIATED_REF>{ref}</ASSOCIATED_REF><SITE>Main Site</SITE></ORDER_HEADER><ORDER_ITEMS><ORDER_ITEM>"
    "<STOCK_CODE>MUG</STOCK_CODE><MAPPING_TYPE>1</MAPPING_TYPE><ORDER_QTY>1</ORDER_QTY><PRICE_NET>1.00</PRICE_NET>"
    "</ORDER_ITEM></ORDER_ITEMS></SALES_ORDER></SALES_ORDERS>"
)
QUEUES = {
    "flows": "orders-out,sku-sync,dispatch-in,stock-in,returns-in",
    "dead-letters": "orders-out.dead,sku-sync.dead,dispatch-in.dead",
    "control": "control",
}
_refs = itertools.count(1)


class Fleet:
    """The processes, and the doors through which a test looks at what they do."""

    def __init__(self, folder: Path, dsn: str, broker: str, silent: float = 4.0) -> None:
        """``silent`` is after how many seconds without a heartbeat a process counts as dead."""
        self.folder, self.dsn, self.broker = folder, dsn, broker
        self.redis = redis.Redis.from_url(broker)
        self.processes: dict[str, subprocess.Popen[bytes] | warm.Warm] = {}
        khaos, clarus, web = free_ports(3)
        self.khaos, self.clarus, self.web = (f"http://127.0.0.1:{port}" for port in (khaos, clarus, web))
        (folder / "fleet.toml").write_text(TOML.format(khaos=self.khaos, clarus=self.clarus, silent=silent))
        self.environment = {
            **os.environ, "DATABASE_URL": dsn, "BROKER_URL": broker, "FLEET_CONFIG": str(folder / "fleet.toml"),
            "CLARUS_CLIENT_SECRET": "sandbox-secret", "CLARUS_WEBHOOK_TOKEN": "an-unguessable-token-of-ours",
            "PYTHONPATH": str(ROOT), "SENTRY_DSN": "",
        }  # fmt: skip
        self.run_module("khaos", "adapters.khaos.sandbox", "--port", str(khaos), "--confirm-shipment")
        self.run_module("clarus", "adapters.clarus.sandbox", "--port", str(clarus))
        self.shop = Khaos(Settings(url=f"{self.khaos}/Khaos.exe"))

    def run_module(self, name: str, module: str, *arguments: str) -> None:
        environment = {**self.environment, "FLEET_PROCESS": name}
        with (self.folder / f"{name}.log").open("ab") as log:
            if module in warm.MODULES:
                file = log.fileno()
                self.processes[name] = warm.Warm(
                    warm.MODULES[module],
                    arguments,
                    env=environment,
                    cwd=self.folder,
                    stdin=file,
                    stdout=file,
                    stderr=file,
                )
            else:
                self.processes[name] = subprocess.Popen(
                    [sys.executable, "-m", module, *arguments],
                    stdout=log, stderr=log, cwd=self.folder, env=environment,
                )  # fmt: skip

    def start(self, name: str) -> None:
        """A worker as the Procfile starts it, with fewer threads."""
        self.run_module(
            name, "celery", "-A", "workers.app", "worker", "-Q", QUEUES[name], "-P", "threads", "-c", "4",
            "-n", f"{name}@%h", "--without-gossip", "--without-mingle",
        )  # fmt: skip

    def begin(self) -> None:
        """Both sides are up and live, and there is something to sell."""
        for url in (self.khaos, self.clarus):
            self.until(partial(self._answers, url))
        self.clarus_switch(floor=False)
        self.product("MUG")
        with closing(Store(self.dsn, size=1)) as store:
            live.set_live(store, ("khaos", "leeds"), "a test")

    def start_all(self) -> None:
        self.begin()
        for name in QUEUES:
            self.start(name)
        self.run_module("beat", "celery", "-A", "workers.app", "beat")

    def start_small(self) -> None:
        """All workers and the web process, as Procfile.small starts them."""
        self.begin()
        (line,) = read_procfile(ROOT / "Procfile.small")
        command = line.command.replace("$WEB_HOST:$WEB_PORT", self.web.partition("//")[2])
        self.run_module("fleet", *command.split()[2:])

    @staticmethod
    def _answers(url: str) -> bool:
        try:
            return requests.get(f"{url}/_sandbox/health", timeout=5).ok
        except requests.RequestException:
            return False

    def kill(self, name: str) -> None:
        self.processes[name].kill()
        self.processes[name].wait(10)

    def kill_pid(self, pid: int) -> None:
        os.kill(pid, signal.SIGKILL)

    def stop(self, name: str) -> int:
        """Warm: the exit code."""
        self.processes[name].send_signal(signal.SIGTERM)
        return self.processes[name].wait(PATIENCE)

    def alive(self, name: str) -> bool:
        return self.processes[name].poll() is None

    def close(self) -> None:
        for process in self.processes.values():
            if process.poll() is None:
                process.terminate()
        for process in self.processes.values():
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(10)

    # the two sides

    def post(self, url: str, door: str, **body: Any) -> None:
        requests.post(f"{url}/_sandbox/{door}", json=body, timeout=10).raise_for_status()

    def clarus_switch(self, **changes: Any) -> None:
        self.post(self.clarus, "switches", **changes)

    def product(self, code: str) -> None:
        row = {"code": code, "description": code, "in_stock": 100_000, "price": "1.00"}
        self.post(self.khaos, "products", sites=["Main Site"], products=[row])

    def orders(self, number: int = 1) -> list[str]:
        codes = []
        for _ in range(number):
            answer = self.shop.import_orders(ORDER.format(ref=f"WEB{next(_refs)}"))
            codes.append(str(answer.imported[0].order_code))
        return codes

    def there(self, order: str) -> int:
        """How often an order stands at the warehouse."""
        return len(self._goods_outs(order))

    def goods_out(self, order: str) -> dict[str, Any]:
        """An order as the warehouse has it."""
        return self._goods_outs(order)[0]

    def _goods_outs(self, order: str) -> list[dict[str, Any]]:
        books = requests.get(f"{self.clarus}/_sandbox/books", timeout=10).json()["goods_outs"]
        return [one for one in books if one["reference"].startswith(f"{order}-")]

    # the ledger

    def rows(self, sql: str, *values: Any) -> list[Any]:
        with psycopg.connect(self.dsn, row_factory=dict_row, autocommit=True) as connection:
            return connection.execute(sql, values).fetchall()

    def sent(self, orders: list[str]) -> bool:
        rows = self.rows("select 1 from fulfilment where order_code = any (%s) and state <> 'new'", orders)
        return len(rows) == len(orders)

    def exceptions(self) -> list[str]:
        return [row["kind"] for row in self.rows("select kind from exception where state = 'open' order by id")]

    def dismiss_all(self) -> None:
        """A person has seen to everything."""
        store = Store(self.dsn, size=1)
        try:
            for row in store.rows("select id from exception where state = 'open'"):
                recovery.dismiss(store, row["id"], people.Person("Mo"), "seen to")
        finally:
            store.close()

    def until(self, good: Callable[[], Any], seconds: float = PATIENCE) -> Any:
        ends = time.monotonic() + seconds
        while not (found := good()):
            if time.monotonic() > ends:
                logs = "\n".join(f"== {p.name}\n{p.read_text()[-2500:]}" for p in self.folder.glob("*.log"))
                pytest.fail(f"it did not happen in {seconds:g} s:\n{logs}")
            time.sleep(0.05)
        return found


@contextmanager
def running_fleet(postgres: str, folder: Path, ledger: str, **environment: str) -> Iterator[Fleet]:
    """A whole fleet with a new ledger of this name, ready for orders; it ends with the block.

    ``environment`` wins over the fleet's own, whose Redis stands in ``REDIS_URL`` beside another broker.
    """
    dsn = copied(postgres, ledger)
    with EmbeddedRedis(folder / "redis") as server:
        running = Fleet(folder, dsn, server.start())
        if environment:
            running.environment |= {"REDIS_URL": running.broker, **environment}
        try:
            running.start_all()
            running.until(lambda: running.rows("select 1 from sku where state = 'confirmed'"))
            yield running
        finally:
            running.close()
            server.discard()
