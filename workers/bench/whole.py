"""What the whole demo costs: CPU seconds of everything that runs in it, the stand-ins included, for each order."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from workers.bench import cost

DEMO = (sys.executable, "-c", "from workers.cli import main; main()", "demo", "--json")
OTHERS = {"DATABASE_URL", "BROKER_URL", "REDIS_URL", "FLEET_CONFIG", "FLEET_ENVIRONMENT"}  # of another fleet
PATIENCE = 1800.0  # seconds
LOOK = 2.0  # seconds between two looks: what a process took is its parent's when it has ended


def figures(folder: Path) -> dict[str, Any]:
    """Run the demo in ``folder``. Raises RuntimeError when its books do not balance."""
    seconds, spent, said = run(DEMO, {"FLEET_VAR": str(folder)})
    report = json.loads(said)
    orders = int(report["orders_ready"])
    return {
        "orders": orders,
        "seconds": round(seconds, 1),
        "cpu_seconds": round(spent, 1),
        "cpu_seconds_per_order": round(spent / max(orders, 1), 3),
    }


def run(command: Sequence[str], surroundings: dict[str, str]) -> tuple[float, float, str]:
    """Run a command to its end: the seconds, the CPU seconds of it and all that descends from it, and what it wrote.

    Raises RuntimeError when it fails or takes too long.
    """
    began, most = time.monotonic(), 0.0
    own = {name: value for name, value in os.environ.items() if name not in OTHERS}
    with subprocess.Popen(
        command, env=own | surroundings, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        while True:
            most = max(most, cost.cpu([process.pid]))  # while it stands: of one that has ended nothing is told
            try:
                said, _ = process.communicate(timeout=LOOK)
                break
            except subprocess.TimeoutExpired:
                if time.monotonic() > began + PATIENCE:
                    process.terminate()
                    raise RuntimeError(f"{command[-2:]} took longer than {PATIENCE:g} s") from None
    if process.returncode:
        raise RuntimeError(f"{' '.join(command[-2:])} ended with {process.returncode}: {said[-2000:]}")
    return time.monotonic() - began, most, said
