"""Many seeds over several processes: each has its own database and stage, and takes the next seed when free."""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
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
    """What all processes share."""

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
    return Stage(given.folder, given.postgres, given.broker, f"walk_{os.getpid()}")


def walk_seeds(
    seeds: Iterable[int], length: int, jobs: int, given: Servers, *, everything: bool = False
) -> Iterator[Outcome]:
    """Each seed's outcome as it comes, its story shrunk where a promise was broken."""
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn"), _begin, (given,)) as pool:
        yield from pool.map(_one, [(seed, length, everything) for seed in seeds])


def hunt_all(seeds: Sequence[int], length: int, jobs: int, given: Servers) -> Iterator[Found]:
    """Each mutant, with the seeds that it survived."""
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn"), _begin, (given,)) as pool:
        yield from pool.map(_hunt, [(number, seeds, length) for number in range(len(MUTANTS))])


def _hunt(wanted: tuple[int, Sequence[int], int]) -> Found:
    number, seeds, length = wanted
    return hunt(_stage[0], MUTANTS[number], seeds, length)


def _begin(given: Servers) -> None:
    _stage.append(open_stage(given))


def _one(wanted: tuple[int, int, bool]) -> Outcome:
    seed, length, everything = wanted
    found = walk(_stage[0], seed, draw(seed, length, everything=everything))
    return shrink(_stage[0], found) if found.broken else found
