"""Many seeds over several processes: each has its own Postgres and stage, and takes the next seed when free."""

from __future__ import annotations

import contextlib
import gc
import logging
import multiprocessing
import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import util
from pathlib import Path

import structlog

from workers.embedded.redis import EmbeddedRedis
from workers.simulator.ledger import serve
from workers.simulator.mutants import MUTANTS, Found, hunt
from workers.simulator.stage import Stage
from workers.simulator.walk import Outcome, draw, shrink, walk

_stage: list[Stage] = []


@dataclass(frozen=True, slots=True)
class Servers:
    """Where a stage's servers are."""

    folder: Path
    postgres: str
    broker: str


@contextlib.contextmanager
def servers() -> Iterator[Servers]:
    """Postgres with a migrated template, and Redis; both are gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="walk-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        with serve(folder / "postgres") as postgres, EmbeddedRedis(folder / "redis") as redis:
            yield Servers(folder, postgres, redis.start())
            redis.discard()


def open_stage(given: Servers) -> Stage:
    """This process's stage."""
    logging.disable(logging.CRITICAL)  # what fails on purpose is no news
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    opened = Stage(given.folder, given.postgres, given.broker, f"walk_{os.getpid()}")
    gc.freeze()  # what is loaded by now stays, and is not looked through again and again
    gc.set_threshold(20_000, 20, 20)
    return opened


def walk_seeds(seeds: Iterable[int], length: int, processes: int) -> Iterator[Outcome]:
    """Each seed's outcome as it comes, its story shrunk where a promise was broken."""
    with _pool(processes) as pool:
        yield from pool.map(_one, [(seed, length) for seed in seeds])


def hunt_all(seeds: Sequence[int], length: int, processes: int) -> Iterator[Found]:
    """Each mutant, with the seeds that it survived."""
    with _pool(processes) as pool:
        yield from pool.map(_hunt, [(number, seeds, length) for number in range(len(MUTANTS))])


def _pool(processes: int) -> ProcessPoolExecutor:
    os.environ["PYTHONHASHSEED"] = "0"  # sets in one order everywhere, so that a seed is walked alike in each process
    return ProcessPoolExecutor(processes, multiprocessing.get_context("spawn"), _begin)


def _hunt(wanted: tuple[int, Sequence[int], int]) -> Found:
    number, seeds, length = wanted
    return hunt(_stage[0], MUTANTS[number], seeds, length)


def _begin() -> None:
    """Give this process servers of its own, which end with it."""
    ends = contextlib.ExitStack()
    _stage.append(open_stage(ends.enter_context(servers())))
    ends.callback(_stage[0].close)
    util.Finalize(None, ends.close, exitpriority=10)


def _one(wanted: tuple[int, int]) -> Outcome:
    seed, length = wanted
    found = walk(_stage[0], seed, draw(seed, length))
    return shrink(_stage[0], found) if found.broken else found
