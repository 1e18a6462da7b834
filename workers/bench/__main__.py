"""``python -m workers.bench [--quick]``: measures on this machine and prints JSON."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from workers.bench import history, hosts, whole
from workers.bench.past import Past
from workers.bench.peers import figures
from workers.bench.run import FULL, QUICK, bench
from workers.bench.stage import ROOT


def main() -> int:
    """Print the figures; 0 when the books balance."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="two short rounds and no variants, within a minute")
    parser.add_argument("--folder", type=Path, default=ROOT / "var" / "bench", help="where its servers keep their data")
    parser.add_argument(
        "--history", type=int, metavar="N", help="only this: pages and deliveries on a ledger with N settled messages"
    )
    parser.add_argument(
        "--peers",
        action="store_true",
        help="only this: beside procrastinate, oban and pgqueuer, where `make peers` was",
    )
    parser.add_argument("--demo", action="store_true", help="only this: CPU seconds of the whole demo for each order")
    parser.add_argument("--hosts", action="store_true", help="only this: one host against four; as root")
    given = parser.parse_args()
    if given.hosts:
        try:
            told = hosts.figures(given.folder.resolve())
        except hosts.NoNamespaces as error:
            parser.error(str(error))
        sys.stdout.write(json.dumps(told, indent=2) + "\n")
        return 0
    if given.demo:
        sys.stdout.write(json.dumps(whole.figures(given.folder.resolve()), indent=2) + "\n")
        return 0
    if given.peers:
        beside = figures.figures(given.folder, figures.Beside())
        sys.stdout.write(json.dumps(beside, indent=2) + "\n" + "\n".join(figures.table(beside)) + "\n")
        return 1 if any(beside["kill_9"]["fleet, no intake"][one] for one in ("doubled", "lost")) else 0
    if given.history:
        told = history.figures(given.folder, Past(settled=given.history))
        sys.stdout.write(json.dumps(told, indent=2) + "\n")
        return 0
    measured = bench(given.folder, QUICK if given.quick else FULL)
    sys.stdout.write(json.dumps(measured, indent=2) + "\n")
    return 0 if measured["books"]["balanced"] else 1


if __name__ == "__main__":
    sys.exit(main())
