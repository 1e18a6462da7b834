"""A ledger after a long time of trade: made in minutes, then the desk is read and orders are delivered on it."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import requests

from workers.access import sessions
from workers.access.roles import Role
from workers.bench.feeder import Feeder
from workers.bench.past import Past, fill
from workers.bench.rounds import FLEET_PREFIX, Fleet, Round, fleet_crews, measure, working
from workers.bench.run import TEMPLATE, set_up
from workers.bench.stage import PATIENCE, Stage, command
from workers.embedded.folder import free_ports
from workers.embedded.parent_death import until
from workers.web.doorkeeper import Cookies

ROUNDS, WINDOW = 2, 4.0


def figures(folder: Path, past: Past) -> dict[str, Any]:
    """Deliver orders on an empty ledger, write the history, read every page, deliver again. Books are not compared."""
    began = time.monotonic()
    with Stage(folder) as stage:
        set_up(stage)
        crews = fleet_crews(stage)
        side = Fleet(stage, "fleet", working("fleet", crews), Feeder(stage.store, FLEET_PREFIX, TEMPLATE), 0.0)
        empty = _rounds(stage, side)
        seconds = fill(stage.store, past)
        size = (stage.store.row("select pg_database_size(current_database()) / 1048576 as mb") or {})["mb"]
        full = _rounds(stage, side)
        for crew in crews.values():
            crew.end()
        pages = _pages(stage, past)
    return {
        "settled": past.settled,
        "exceptions": past.exceptions,
        "made_in_seconds": round(seconds, 1),
        "ledger_mb": int(size),
        "delivery": {"empty": _told(empty), "full": _told(full)},
        "pages_ms": pages,
        "load_after": round(os.getloadavg()[0], 2),
        "seconds": round(time.monotonic() - began, 1),
    }


def _rounds(stage: Stage, side: Fleet) -> list[Round]:
    rounds = []
    for _ in range(ROUNDS):
        side.prepare(12_000)
        rounds.append(measure(stage, side, WINDOW))
    return rounds


def _told(rounds: list[Round]) -> dict[str, Any]:
    return {
        "per_second": [round(one.per_second) for one in rounds],
        "postgres_micros": [round(one.micros["postgres"]) for one in rounds],
        "worker_micros": [round(one.micros["workers"]) for one in rounds],
    }


def _pages(stage: Stage, past: Past) -> dict[str, dict[str, float]]:
    """Milliseconds of each page over HTTP: the middle one, and the one that 95 of a hundred stay below."""
    (port,) = free_ports(1)
    web = stage.crew("web", [command("web", 0)], WEB_HOST="127.0.0.1", WEB_PORT=str(port))
    address = f"http://127.0.0.1:{port}"
    if not until(lambda: _answers(address), PATIENCE):
        raise TimeoutError(f"the web process does not come up; see {stage.folder / 'log'}")
    orders = past.orders
    some = [1 + n * orders // past.readings for n in range(past.readings)]
    asked = {
        "front page": ["/"] * past.readings,
        "exceptions": ["/exceptions"] * past.readings,
        "exceptions of a kind": ["/exceptions?kind=short_pick"] * past.readings,
        "one exception": [f"/exceptions/{1 + n % max(1, past.exceptions)}" for n in some],
        "orders in hand": ["/orders"] * past.readings,
        "orders that are stuck": ["/orders?list=stuck"] * past.readings,
        "stock": ["/stock"] * past.readings,
        "worklists": ["/worklists"] * past.readings,
        "an order": [f"/search?q=H{n:09d}" for n in some],
        "an order by its tracking": [f"/search?q=TRK{n}" for n in some],
        "an order by its web order": [f"/search?q=WEB{n}" for n in some],
        "an order by the warehouse's id": [f"/search?q={n}" for n in some],
        "a code that nobody knows": [f"/search?q=NOBODY{n}" for n in some],
        "figures for monitoring": ["/metrics"] * past.readings,
    }
    with requests.Session() as line:
        line.cookies.set(Cookies(secure=False).session, sessions.begin(stage.store, "bench", "bench", tuple(Role), ""))
        told = {name: _timed(line, address, paths) for name, paths in asked.items()}
    web.end()
    return told


def _answers(address: str) -> bool:
    try:
        return bool(requests.get(f"{address}/health", timeout=2).headers)
    except requests.RequestException:
        return False


def _timed(line: requests.Session, address: str, paths: list[str]) -> dict[str, float]:
    taken = []
    for path in paths:
        began = time.monotonic()
        answer = line.get(address + path, timeout=60)
        if answer.status_code not in {200, 404} or "/login" in answer.url:
            raise RuntimeError(f"{path} answered {answer.status_code}")
        taken.append(1000 * (time.monotonic() - began))
    taken.sort()
    return {"p50": round(taken[len(taken) // 2], 1), "p95": round(taken[int(0.95 * (len(taken) - 1))], 1)}
