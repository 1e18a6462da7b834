"""The whole bench: what is measured, in which order, and the figures that are told."""

from __future__ import annotations

import os
import socket
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from workers.bench import cost, files, garments, intake, stock, trade, whole
from workers.bench.feeder import Feeder
from workers.bench.rounds import (
    FLEET_PREFIX,
    Bare,
    Fleet,
    Round,
    Side,
    fleet_crews,
    measure,
    middle,
    shut,
    working,
)
from workers.bench.stage import Crew, Stage, command
from workers.bench.trade import NAME
from workers.embedded.parent_death import until
from workers.spine import live
from workers.spine.runtime import Runtime
from workers.wiring import schedules
from workers.wiring.systems import configuration

TEMPLATE, SLOW_TEMPLATE = "TEMPLATE", "SLOWPLATE"
SLOTS, DELAY, SLOT_THREADS = 50, 0.2, 50
PEAK = 200.0  # orders a second, for ten minutes: the scale to hold


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured. ``pace`` is the orders a second that come in while the fleet delivers."""

    rounds: int = 5
    variant_rounds: int = 2
    window: float = 5.0
    slot_window: float = 8.0
    records: int = 10_000
    pace: float = 40.0
    first_guess: int = 2500  # orders a second that no side is expected to exceed
    budget: float = 200.0  # seconds of rounds; on a busy machine fewer are run, but two of each main side at least
    variants: bool = True
    stock: tuple[int, ...] = (10_000, 100_000, 1_000_000)  # SKUs of the buildings that are counted
    files: int = 1000  # orders written into files, and shipments read from them
    snapshots: tuple[int, ...] = (100_000,)  # SKUs of the counts that come as files
    garments: tuple[int, ...] = (1_000_000,)  # tags of the daily file of garments
    whole: bool = True  # the whole demo as well


FULL = Plan()
QUICK = Plan(
    rounds=2,
    variant_rounds=1,
    window=2.0,
    slot_window=3.0,
    records=2000,
    budget=25.0,
    variants=False,
    stock=(10_000,),
    files=200,
    snapshots=(10_000,),
    garments=(20_000,),
    whole=False,
)


def bench(folder: Path, plan: Plan) -> dict[str, Any]:
    """Run everything and return the figures. Raises TimeoutError when something does not come up or to rest."""
    began = time.monotonic()
    load = os.getloadavg()[0]
    with Stage(folder) as stage:
        set_up(stage)
        crews = fleet_crews(stage, silent=plan.variants)
        figures = {
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "cores": os.cpu_count(),
            "load_before": round(load, 2),
            "warehouse_answers_per_second": round(ceiling(stage)),
            **_throughput(stage, plan, crews),
        }
        for crew in crews.values():
            crew.end()
        figures["slots"] = _slots(stage, plan)
        figures["intake"] = _intake(stage, plan)
        figures["stock"] = stock.counts(plan.stock)
        figures["files"] = files.figures(stage, plan.files, plan.snapshots)
        figures["garments"] = garments.figures(stage, plan.garments)
        figures["books"] = _books(stage)
        figures["fsync"] = (stage.store.row("show fsync") or {}).get("fsync")
        figures["synchronous_commit"] = (stage.store.row("show synchronous_commit") or {}).get("synchronous_commit")
    if plan.whole:
        figures["demo"] = whole.figures(folder.parent / f"{folder.name}-demo")
    figures["load_after"] = round(os.getloadavg()[0], 2)
    figures["seconds"] = round(time.monotonic() - began, 1)
    return figures


def set_up(stage: Stage) -> None:
    """Rows of connections and slots; no schedule that would call Khaos; one order read at each warehouse."""
    runtime = Runtime(configuration())
    listed = schedules.schedules(runtime, lambda _bell: None)
    schedules.install(runtime, listed)
    live.set_live(stage.store, runtime.configuration.connections, "fleet bench")
    runtime.close()
    stage.store.run("update schedule set due_at = now() + interval '1 day' where name like '%% %%'")
    for warehouse, template in ((trade.FAST, TEMPLATE), (trade.SLOW, SLOW_TEMPLATE)):
        shut(stage, warehouse, True)
        body = trade.order_record([template], trade.SITES[warehouse][1])
        stage.store.receive(trade.ERP, "orders", template, body)
    intake.read_all(stage.store)
    row = stage.store.row(
        "select wire from message_body b join message m on m.id = b.message_id where m.reference = %s", f"{TEMPLATE}-1"
    )
    if row is None or row["wire"] is None:
        raise RuntimeError("the bench's own order was not read into a message: see workers/bench/trade.py")
    (stage.folder / "body.json").write_bytes(bytes(row["wire"]).replace(TEMPLATE.encode(), NAME))
    # the two that were read stay behind as patterns: nobody delivers them
    stage.store.run("update message set due_at = 'infinity'")


def _throughput(stage: Stage, plan: Plan, crews: dict[str, Crew]) -> dict[str, Any]:
    feeder = Feeder(stage.store, FLEET_PREFIX, TEMPLATE)

    def fleet(name: str, crew: str, pace: float) -> Fleet:
        return Fleet(stage, name, working(name, crews, crew), feeder, pace)

    bare = Bare(stage, "2x8", "-P threads -c 8", 2)
    ours = fleet("fleet", "orders-out", plan.pace)
    sides: list[tuple[Side, int]] = [(bare, plan.rounds), (ours, plan.rounds)]
    if plan.variants:
        extra: list[Side] = [
            Bare(stage, "1x16", "-P threads -c 16", 1),
            Bare(stage, "prefork2", "-P prefork -c 2", 1),
            Bare(stage, "quiet2x8", "-P threads -c 8", 2, events=False),
            fleet("fleet, nobody told", "silent", plan.pace),
            fleet("fleet, no intake", "orders-out", 0.0),
            fleet("fleet, peak intake", "orders-out", PEAK),
        ]
        sides += [(side, plan.variant_rounds) for side in extra]
    _ready(stage, sides)
    seen: dict[str, list[Round]] = {side.name: [] for side, _ in sides}
    ends = time.monotonic() + plan.budget
    for number in range(plan.rounds):
        for place, (side, rounds) in enumerate(sides):
            late = time.monotonic() > ends and (place > 1 or number > 1)
            if number < rounds and not late:
                side.prepare(enough(seen[side.name], plan.window, plan.first_guess))
                seen[side.name].append(measure(stage, side, plan.window))
    told = {name: middle(rounds) for name, rounds in seen.items() if rounds}
    ratios = [f.per_second / b.per_second for f, b in zip(seen[ours.name], seen[bare.name], strict=False)]
    return {
        "ratio": round(told[ours.name]["per_second"] / told[bare.name]["per_second"], 2),
        "ratio_by_round": [round(ratio, 2) for ratio in ratios],
        "ratio_median": round(median(ratios), 2),
        "throughput": told,
        "memory_mb": {
            process: [round(cost.memory(pid)) for pid in crew.pids]
            for process, crew in {**crews, "bare": bare.working}.items()
        },
        "flower_costs": _visibility(told),
    }


def _visibility(told: dict[str, Any]) -> float | None:
    """The part of the rate that telling Flower takes; None when it was not measured."""
    silent = told.get("fleet, nobody told")
    return round(1 - told["fleet"]["per_second"] / silent["per_second"], 3) if silent else None


def _ready(stage: Stage, sides: list[tuple[Side, int]]) -> None:
    """Every bare worker has said that it is ready, and stands still."""
    for side, _ in sides:
        if isinstance(side, Bare):
            side.await_workers(stage)


def enough(rounds: list[Round], window: float, first_guess: int) -> int:
    """Orders for a window and its warming up, with a margin."""
    rate = max((r.per_second for r in rounds), default=first_guess)
    return int(1.3 * rate * (window + 1.5)) + 1000


def _slots(stage: Stage, plan: Plan) -> dict[str, Any]:
    """A warehouse that takes its time, one process of fifty threads, fifty calls at once."""
    crew = stage.crew("slots", [command("orders-out", SLOT_THREADS), command("control", 2), command("beat", 0)])
    stage.up(2)
    wanted = int(SLOTS / DELAY * (plan.slot_window + 10))
    trade.backlog(stage.store, SLOW_TEMPLATE, "W", 1, wanted)
    shut(stage, trade.SLOW, False)
    if not until(lambda: stage.count("W")["orders"] > SLOTS * 8, 30.0):
        raise TimeoutError(f"the slow warehouse gets nothing; see {stage.folder / 'log'}")
    first, began = stage.count("W")["orders"], time.monotonic()
    time.sleep(plan.slot_window)  # the window itself
    rate = (stage.count("W")["orders"] - first) / (time.monotonic() - began)
    shut(stage, trade.SLOW, True)
    until(lambda: not _working(stage), 30.0)
    megabytes = round(cost.memory(crew.pids[0]))
    crew.end()
    return {
        "slots": SLOTS,
        "latency": DELAY,
        "per_second": round(rate, 1),
        "of_slots_by_latency": round(rate / (SLOTS / DELAY), 3),
        "memory_mb": megabytes,
    }


def _working(stage: Stage) -> int:
    row = stage.store.row("select count(*) as n from message where state = 'working'")
    return int(row["n"]) if row else 0


def _intake(stage: Stage, plan: Plan) -> dict[str, Any]:
    """No worker runs now: what this one process reads is all that is read."""
    return {
        "webhooks": intake.receive(stage, plan.records),
        "orders": intake.orders(stage, (f"R{n:07d}" for n in range(1, 10**7)), max(150, plan.records // 20)),
    }


def _books(stage: Stage) -> dict[str, Any]:
    """What the warehouse saw against what the ledger settled: every order once."""
    books = {}
    for prefix in (FLEET_PREFIX, "W"):
        seen = stage.count(prefix)
        row = stage.store.row(
            "select count(*) as n from message_settled where flow = 'orders-out' and state = 'delivered'"
            " and left(reference, 1) = %s",
            prefix,
        )
        settled = int(row["n"]) if row else 0
        if seen["orders"] or settled:
            books[prefix] = {
                "at_the_warehouse": seen["orders"],
                "doubled": seen["doubled"],
                "delivered_in_the_ledger": settled,
            }
    balanced = all(b["at_the_warehouse"] == b["delivered_in_the_ledger"] and not b["doubled"] for b in books.values())
    return {"balanced": balanced, "by_side": books}


def ceiling(stage: Stage, seconds: float = 1.0) -> float:
    """Answers a second of the static warehouse to two callers that pipeline: it must not be what is measured."""
    body = b"x" * 2048
    head = b"POST /api/goods_out HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body)
    ends = time.monotonic() + seconds
    counts: list[int] = []

    def call() -> None:
        done = 0
        with socket.create_connection(("127.0.0.1", stage.port)) as line:
            while time.monotonic() < ends:
                line.sendall((head + body) * 20)
                missing = 20
                while missing:
                    missing -= line.recv(65536).count(b"HTTP/1.1 200")
                done += 20
        counts.append(done)

    threads = [threading.Thread(target=call) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / seconds
