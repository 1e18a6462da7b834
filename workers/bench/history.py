"""A ledger after a long time of trade: made in minutes, then the desk is read and orders are delivered on it."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from workers.access import sessions
from workers.access.roles import Role
from workers.bench.feeder import Feeder
from workers.bench.rounds import FLEET_PREFIX, Fleet, Round, fleet_crews, measure, working
from workers.bench.run import TEMPLATE, set_up
from workers.bench.stage import PATIENCE, Stage, command
from workers.embedded.folder import free_ports
from workers.embedded.parent_death import until
from workers.ledger.store import Store
from workers.web.doorkeeper import Cookies

ORDERS_A_BATCH = 50_000
MESSAGES = 6  # settled messages of an order: itself, its dispatch, levels
ROUNDS, WINDOW = 2, 4.0

# What was settled in a year lies in a partition a month.
MONTHS = """
do $$ declare
    v_table text;
    v_from timestamptz;
begin
    perform set_config('timezone', 'UTC', true);
    foreach v_table in array array['timeline', 'message_settled'] loop
        for v_from in select date_trunc('month', now()) - make_interval(months => m) from generate_series(1, 12) m loop
            execute format('create table %%I partition of %%I for values from (%%L) to (%%L)',
                           v_table || to_char(v_from, '_YYYY_MM'), v_table, v_from, v_from + interval '1 month');
        end loop;
    end loop;
end $$
"""
# Orders of the past, each dispatched in one parcel. Values: the first and the last number, and how many there will be,
# which says how old each is.
PAST = """
with past as (
    select n, 'H' || to_char(n, 'FM000000000') as code,
           now() - interval '1 hour' - (%(orders)s - n) * (interval '360 days' / %(orders)s) as at
      from generate_series(%(first)s::bigint, %(last)s::bigint) n),
filed as (
    insert into fulfilment (reference, erp, order_code, number, invoice_code, associated_ref, site, warehouse, facility,
                            route_reason, state, fingerprint, requested, shipped, shipments, confirmed, stage, their_id,
                            sent_at, changed_at)
    select code || '-1', 'khaos', code, 1, 'I' || code, 'WEB' || n, 'Main Site', 'leeds', 'LDS1', 'all else',
           'dispatched', 'bench', '{"BENCH/001 BLUE": 2}', '{"BENCH/001 BLUE": 2}', 1, true, 9, n::text, at, at
      from past),
left_there as (
    insert into shipment (reference, fulfilment, number, invoice_code, lines, parcels, confirmed_at, told_at)
    select code || '-1-S1', code || '-1', 1, 'I' || code, '{"BENCH/001 BLUE": 2}',
           jsonb_build_array(jsonb_build_object('tracking', 'TRK' || n, 'carrier', 'DPD')), at, at from past),
settled as (
    insert into message_settled (id, flow, connection, kind, reference, version, subject, story, state, attempt,
                                 generation, created_at, settled_at)
    select -(n * 10 + m), case when m = 1 then 'orders-out' when m < 4 then 'dispatch-in' else 'stock-in' end,
           case when m = 1 then 'leeds' else 'khaos' end, case when m = 1 then 'order' else 'dispatch' end,
           code || '-' || m, 1, 'order:' || code || '-' || m, code, 'delivered', 1, 1, at, at
      from past, generate_series(1, %(messages)s) m),
keyed as (
    insert into message_key (flow, connection, kind, reference, version, fingerprint, message_id)
    select case when m = 1 then 'orders-out' when m < 4 then 'dispatch-in' else 'stock-in' end,
           case when m = 1 then 'leeds' else 'khaos' end, case when m = 1 then 'order' else 'dispatch' end,
           code || '-' || m, 1, 'bench', -(n * 10 + m) from past, generate_series(1, %(messages)s) m)
insert into timeline (at, story, subject, flow, connection, step, note, message_id)
select at, code, 'order:' || code || '-' || m, 'orders-out', 'leeds', 'delivered', 'of the bench', -(n * 10 + m)
  from past, generate_series(1, 2 * %(messages)s) m
"""
OPEN = """
insert into exception (kind, subject, story, flow, connection, owner, severity, reason, next_step, first_at, last_at,
                       alerted)
select (array['short_pick', 'dispatch_overdue', 'unknown_carrier', 'stock_differs', 'over_shipped'])[1 + n %% 5],
       'order:H' || to_char(n, 'FM000000000') || '-1', 'H' || to_char(n, 'FM000000000'), 'orders-out', 'leeds',
       (array['operations', 'support', 'finance'])[1 + n %% 3], (array['warning', 'error', 'critical'])[1 + n %% 3],
       'of the bench: nothing is wrong', 'nothing', now() - n * interval '10 seconds', now(), true
  from generate_series(1, %(exceptions)s) n
"""


@dataclass(frozen=True, slots=True)
class Past:
    """How much history: ``settled`` messages (six an order) and ``exceptions`` that stand open."""

    settled: int = 5_000_000
    exceptions: int = 100_000
    readings: int = 40  # of each page


def fill(store: Store, past: Past) -> float:
    """Write a year of history. Returns the seconds it took. Orders are H000000001 and on, trackings TRK1 and on."""
    began = time.monotonic()
    orders = max(1, past.settled // MESSAGES)
    store.run(MONTHS)
    for first in range(1, orders + 1, ORDERS_A_BATCH):
        last = min(orders, first + ORDERS_A_BATCH - 1)
        store.run_named(PAST, {"first": first, "last": last, "orders": orders, "messages": MESSAGES})
    store.run_named(OPEN, {"exceptions": past.exceptions})
    for table in ("fulfilment", "shipment", "message_settled", "message_key", "timeline", "exception"):
        store.run(f"vacuum analyze {table}")  # as autovacuum does on the way
    store.run("select count_settled()")
    return time.monotonic() - began


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
    orders = max(1, past.settled // MESSAGES)
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
