"""The fleet, bare Celery and the peers in one run: rounds in turn, then one process of each is killed."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from workers.bench.feeder import Feeder
from workers.bench.peers.kill import Killable, kill_in_mid_run
from workers.bench.peers.sides import PEERS, PeerSide, installed
from workers.bench.rounds import FLEET_PREFIX, Bare, Fleet, Round, fleet_crews, measure, middle, working
from workers.bench.run import TEMPLATE, enough, set_up
from workers.bench.stage import Stage

PROMISES = {
    "bare 2x8": "nothing once a worker has begun",
    "fleet": "marked before it is sent, looked up after a doubt: once",
    "fleet, no intake": "the same, while nothing new comes in",
    **{peer.name: peer.promises for peer in PEERS},
}


@dataclass(frozen=True, slots=True)
class Beside:
    """How much is measured. ``pace`` is the orders a second that come in while the fleet delivers."""

    rounds: int = 4
    window: float = 4.0
    pace: float = 40.0
    first_guess: int = 3500  # orders a second that no side is expected to exceed


def figures(folder: Path, plan: Beside) -> dict[str, Any]:
    """Measure every side that is there. Raises TimeoutError when one does not come up or to rest."""
    load = os.getloadavg()[0]
    began = time.monotonic()
    with Stage(folder) as stage:
        set_up(stage)
        ours_working = working("fleet", fleet_crews(stage))
        feeder = Feeder(stage.store, FLEET_PREFIX, TEMPLATE)
        bare = Bare(stage, "2x8", "-P threads -c 8", 2)
        ours = Fleet(stage, "fleet", ours_working, feeder, plan.pace)
        quiet = Fleet(stage, "fleet, no intake", ours_working, feeder, 0.0)
        peers = [PeerSide(stage, peer) for peer in installed()]
        bare.await_workers(stage)
        for peer in peers:
            peer.await_workers()
        sides: list[Killable] = [bare, ours, quiet, *peers]
        seen: dict[str, list[Round]] = {side.name: [] for side in sides}
        for _ in range(plan.rounds):
            for side in sides:
                side.prepare(enough(seen[side.name], plan.window, plan.first_guess))
                seen[side.name].append(measure(stage, side, plan.window))
        victims: list[Killable] = [bare, quiet, *peers]
        killed = {side.name: kill_in_mid_run(stage, side) for side in victims}
        for peer in peers:
            peer.close()
    against = [one.per_second for one in seen[bare.name]]
    told = {
        name: {
            "ratio_median": round(median(one.per_second / b for one, b in zip(rounds, against, strict=True)), 2),
            "ratio_by_round": [round(one.per_second / b, 2) for one, b in zip(rounds, against, strict=True)],
            **middle(rounds),
            "promises": PROMISES[name],
        }
        for name, rounds in seen.items()
    }
    return {
        "sides": told,
        "kill_9": killed,
        "not_installed": [peer.name for peer in PEERS if peer.name not in told],
        "load_before": round(load, 2),
        "seconds": round(time.monotonic() - began, 1),
    }


def table(figures: dict[str, Any]) -> Iterable[str]:
    """The figures for people: a line a side."""
    form = "{:<18} {:>6} {:>9} {:>9} {:>9} {:>8} {:>6} {:>8}  {}"
    yield form.format(
        "side", "ratio", "orders/s", "worker us", "postgres", "doubled", "lost", "waiting", "what it promises"
    )
    for name, side in figures["sides"].items():
        spent, killed = side["cpu_micros_per_order"], figures["kill_9"].get(name)
        ends = [killed["doubled"], killed["lost"], killed["waiting"]] if killed else ["-"] * 3
        yield form.format(
            name, side["ratio_median"], side["per_second"], spent["workers"], spent["postgres"], *ends, side["promises"]
        )
    if figures["not_installed"]:
        yield f"not measured: {', '.join(figures['not_installed'])}; `make peers` installs what this Python can run"
