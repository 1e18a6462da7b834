# ruff: noqa: INP001  run by path in a container: deploy/ is no package
"""Does the heart of every worker in this container beat? Exit status 0 if it does; 1, and why, if not.

Each worker touches a file of its own in the folder ``FLEET_HEARTBEATS`` at each turn of its heart, whether or not the
ledger answers: a ledger that is away is no reason to restart a worker. Run it as ``python -I -S``, which starts
quickly.
"""

import os
import sys
import time

SILENT = 60.0  # seconds; a heart turns every eight, and waits half a minute for a ledger that does not answer


def main() -> str | None:
    """Return None when all beat, else what to say."""
    folder = os.environ.get("FLEET_HEARTBEATS", "")
    if not folder:
        return "FLEET_HEARTBEATS is not set: name a folder in which workers may write"
    try:
        beats = {one.name: time.time() - one.stat().st_mtime for one in os.scandir(folder)}
    except FileNotFoundError:
        beats = {}
    if not beats:
        return f"no worker has begun to beat in {folder}: read this container's log"
    silent = {name: age for name, age in beats.items() if age > SILENT}
    return "; ".join(f"{name} has been silent for {age:.0f} s" for name, age in sorted(silent.items())) or None


if __name__ == "__main__":
    sys.exit(main())
