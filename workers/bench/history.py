"""A ledger after a long time of trade: made in minutes, then the desk is read and orders are delivered on it."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import requests

from workers.access import sessions
from workers.access.roles import Role
from workers.bench import cost
from workers.bench.feeder import Feeder
from workers.bench.past import Past, fill
from workers.bench.readers import told
from workers.bench.rounds import FLEET_PREFIX, Fleet, Round, fleet_crews, measure, working
from workers.bench.run import TEMPLATE, set_up
from workers.bench.stage import PATIENCE, Crew, Stage, command
from workers.embedded.folder import free_ports
from workers.embedded.parent_death import until
from workers.ledger.store import Store
from workers.web.doorkeeper import Cookies

ROUNDS, WINDOW = 3, 5.0
PEOPLE = 10  # who think between pages, beside one who does not
WARM = 20.0  # seconds of reading until the one without a pause has used up what comes at once
READERS = 20  # sessions that pages are timed with: each comes at a person's pace


def figures(folder: Path, past: Past) -> dict[str, Any]:
    """Deliver orders on an empty ledger, write the history, read every page, deliver again, alone and while it is read.

    Books are not compared.
    """
    began = time.monotonic()
    with Stage(folder) as stage:
        set_up(stage)
        crews = fleet_crews(stage)
        side = Fleet(stage, "fleet", working("fleet", crews), Feeder(stage.store, FLEET_PREFIX, TEMPLATE), 0.0)
        empty = [_round(stage, side) for _ in range(ROUNDS)]
        seconds = fill(stage.store, past)
        size = (stage.store.row("select pg_database_size(current_database()) / 1048576 as mb") or {})["mb"]
        web, address = _desk(stage)
        load = os.getloadavg()[0]
        pages = page_times(stage.store, address, past)
        full, read, reading = _while_read(stage, side, web, address)
        for crew in crews.values():
            crew.end()
    return {
        "settled": past.settled,
        "exceptions": past.exceptions,
        "made_in_seconds": round(seconds, 1),
        "ledger_mb": int(size),
        "delivery": {"empty": _told(empty), "full": _told(full), "full, while the desk is read": _told(read)},
        "full_to_empty": _ratio(full, empty),
        "read_to_alone": _ratio(read, full),
        "reading": reading,
        "pages_ms": pages,
        "load_while_pages_were_timed": round(load, 2),
        "load_after": round(os.getloadavg()[0], 2),
        "seconds": round(time.monotonic() - began, 1),
    }


def _round(stage: Stage, side: Fleet) -> Round:
    side.prepare(12_000)
    return measure(stage, side, WINDOW)


def _while_read(stage: Stage, side: Fleet, web: Crew, address: str) -> tuple[list[Round], list[Round], dict[str, Any]]:
    """Rounds alone and while people read, in turns; and what the reading was, with the part of the machine it took."""
    go = stage.folder / "reading"
    cookies = Cookies(secure=False)
    values = ",".join(_session(stage.store) for _ in range(PEOPLE + 1))
    line = f"python -m workers.bench.readers {address} {cookies.session} {values} {stage.folder}"
    readers = stage.crew("readers", [line])
    alone, read, spent = list[Round](), list[Round](), list[float]()
    for _ in range(ROUNDS):
        go.unlink(missing_ok=True)
        alone.append(_round(stage, side))
        go.touch()
        side.prepare(12_000)
        time.sleep(WARM)  # the warming up itself
        before, since = cost.cpu(web.pids), time.monotonic()
        read.append(measure(stage, side, WINDOW))
        spent.append((cost.cpu(web.pids) - before) / (time.monotonic() - since))
    readers.end()
    web.end()
    said: dict[str, Any] = json.loads((stage.folder / "readers.json").read_text(encoding="utf-8"))
    return alone, read, {**said, "web_cores": [round(one, 3) for one in spent]}


def _told(rounds: list[Round]) -> dict[str, Any]:
    return {
        "per_second": [round(one.per_second) for one in rounds],
        "postgres_micros": [round(one.micros["postgres"]) for one in rounds],
        "worker_micros": [round(one.micros["workers"]) for one in rounds],
    }


def _ratio(these: list[Round], those: list[Round]) -> list[float]:
    return [round(one.per_second / other.per_second, 3) for one, other in zip(these, those, strict=True)]


def _desk(stage: Stage) -> tuple[Crew, str]:
    (port,) = free_ports(1)
    web = stage.crew("web", [command("web", 0)], WEB_HOST="127.0.0.1", WEB_PORT=str(port))
    address = f"http://127.0.0.1:{port}"
    if not until(lambda: _answers(address), PATIENCE):
        raise TimeoutError(f"the web process does not come up; see {stage.folder / 'log'}")
    return web, address


def _session(store: Store) -> str:
    return sessions.begin(store, "bench", "bench", tuple(Role), "")


def page_times(store: Store, address: str, past: Past) -> dict[str, dict[str, float]]:
    """Milliseconds of each page over HTTP, with the redirects that a search follows: see ``readers.told``."""
    some = [1 + n * past.orders // past.readings for n in range(past.readings)]
    group = store.row("select group_key from exception where state = 'open' group by 1 order by count(*) desc limit 1")
    listed = {
        "front page": "/",
        "exceptions": "/exceptions",
        "exceptions of a kind": "/exceptions?kind=short_pick",
        "exceptions of an owner": "/exceptions?owner=finance",
        "exceptions of a person": "/exceptions?assignee=Ada",
        "exceptions one by one": "/exceptions/all",
        "exceptions, closed as well": "/exceptions/all?state=all",
        "a group of exceptions": f"/exceptions/groups/{group['group_key'] if group else 'none'}",
        "orders in hand": "/orders",
        "orders in hand of a courier": "/orders?warehouse=leeds&courier=Collect",
        **{f"orders: {name}": f"/orders?list={name}" for name in ("soon", "today", "late", "stuck", "unbooked")},
        "orders that are not ready": "/orders?list=not-ready",
        "stock": "/stock",
        "a SKU": "/stock/BENCH%2F017%20BLUE",
        "the SKU that sells most": "/stock/BENCH%2F001%20BLUE",
        "returns": "/returns",
        "returns that are over": "/returns?state=refunded",
        "journal": "/journal",
        "journal entries to do": "/journal?state=unmapped",
        "files": "/files",
        "worklists": "/worklists",
        "a worklist": "/worklists/refunds",
        "flows": "/flows",
        "figures for monitoring": "/metrics",
    }
    asked = {name: [path] * past.readings for name, path in listed.items()} | {
        "one exception": [f"/exceptions/{1 + n % max(1, past.exceptions)}" for n in some],
        "an order": [f"/search?q=H{n:09d}" for n in some],
        "an order in hand": [f"/search?q=G{1 + n % max(1, past.in_hand):09d}" for n in some],
        "an order by its tracking": [f"/search?q=TRK{n}" for n in some],
        "an order by its web order": [f"/search?q=WEB{n}" for n in some],
        "an order by the warehouse's id": [f"/search?q={n}" for n in some],
        "orders by a surname": [f"/search?q=Bench{n % 5000}" for n in some],
        "a code that nobody knows": [f"/search?q=NOBODY{n}" for n in some],
    }
    lines = []
    for _ in range(READERS):
        line = requests.Session()
        line.cookies.set(Cookies(secure=False).session, _session(store))
        lines.append(line)
    return {name: _timed(lines, address, paths) for name, paths in asked.items()}


def _answers(address: str) -> bool:
    try:
        return bool(requests.get(f"{address}/health", timeout=2).headers)
    except requests.RequestException:
        return False


def _timed(lines: list[requests.Session], address: str, paths: list[str]) -> dict[str, float]:
    taken = []
    for number, path in enumerate(paths):
        began = time.monotonic()
        answer = lines[number % len(lines)].get(address + path, timeout=60)
        if answer.status_code not in {200, 404} or "/login" in answer.url:
            raise RuntimeError(f"{path} answered {answer.status_code}")
        taken.append(1000 * (time.monotonic() - began))
    return told(taken)
