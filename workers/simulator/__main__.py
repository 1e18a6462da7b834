"""``python -m workers.simulator --seeds 1-50 --steps 200``: walk, and print the shortest walk that breaks a promise."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter

from workers.simulator.running import hunt_all, walk_seeds
from workers.simulator.walk import Outcome


def main() -> int:
    """Walk the seeds; 0 when every promise held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", default="1-20", help="one, or the first and the last: 7 or 1-50")
    parser.add_argument("--steps", type=int, default=400, help="steps of each walk; with a seed they name a walk")
    parser.add_argument("--processes", type=int, default=2, help="that walk beside each other, each with its Postgres")
    parser.add_argument("--mutants", action="store_true", help="make lines wrong, and say which seeds notice")
    given = parser.parse_args()
    first, _, last = given.seeds.partition("-")
    seeds = range(int(first), int(last or first) + 1)
    if given.mutants:
        return mutants(seeds, given.steps, given.processes)
    began, walked, did = time.monotonic(), 0, Counter[str]()
    failed: list[Outcome] = []
    for outcome in walk_seeds(seeds, given.steps, given.processes):
        walked += outcome.walked
        did += outcome.did
        if outcome.broken:
            failed.append(outcome)
            say(outcome, given.steps)
    seconds = time.monotonic() - began
    print(  # noqa: T201  a command's output
        f"{walked} steps of {len(seeds)} seeds in {seconds:.0f} s, {walked / seconds:.0f} a second;"
        f" {len(failed)} seeds break a promise"
    )
    print(", ".join(f"{name} {times}" for name, times in did.most_common()))  # noqa: T201  as above
    return 1 if failed else 0


def mutants(seeds: range, steps: int, processes: int) -> int:
    """Hunt every mutant through the seeds; 0 when each was noticed."""
    missed = 0
    for found in hunt_all(seeds, steps, processes):
        noticed = f"noticed by seed {found.by.seed}: {found.by.broken[0].promise}" if found.by else "NOT NOTICED"
        missed += found.by is None
        print(f"{found.mutant.name}: survived {found.survived} seeds, {noticed}", flush=True)  # noqa: T201  as above
    return 1 if missed else 0


def say(outcome: Outcome, length: int) -> None:
    """A failing walk: what was done, what broke, and how it is walked again."""
    lines = [f"seed {outcome.seed} breaks a promise:"]
    lines += [f"  {number}. {what}" for number, what in enumerate(outcome.story, 1)]
    lines += [f"  BROKEN {one.promise}: {one.what}" for one in outcome.broken[:8]]
    lines.append(f"  again: make simulate SEEDS={outcome.seed} STEPS={length}")
    print("\n".join(lines), flush=True)  # noqa: T201  as above


if __name__ == "__main__":
    sys.exit(main())
