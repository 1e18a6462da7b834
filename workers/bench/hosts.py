"""One host against four, as network namespaces of this machine, at a warehouse that takes its time.

Namespaces share this machine's cores, so what is shown is what the fleet does by itself: that hosts do not wait for
each other at the ledger, the broker or the connection's slots. Each host is a process of orders-out; servers and the
warehouse stand on this machine, behind the address that hosts reach it by. It needs root, and the program ``ip``.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from workers.bench import trade
from workers.bench.rounds import shut
from workers.bench.run import SLOTS, set_up
from workers.bench.stage import Crew, Stage, command
from workers.embedded.parent_death import until

HERE, NETWORK, BRIDGE, NAME = "10.231.78.1", "10.231.78.", "fleetbench", "fleet-bench-"
THREADS, LATENCY = 12, 2.0  # of each host; seconds of each answer
HOSTS = (1, 4)
WINDOW = 30.0  # seconds that are measured
PATIENCE = 240.0
PREFIX = "H"  # begins the orders


class NoNamespaces(Exception):
    """Hosts cannot be made here. The message says why."""


@contextmanager
def network(hosts: int) -> Iterator[None]:
    """Make so many namespaces on a bridge, named ``fleet-bench-1`` and on. Raises NoNamespaces."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        raise NoNamespaces("hosts are made by root, with the program ip (package iproute2)")
    try:
        _ip(f"link add {BRIDGE} type bridge")
        _ip(f"addr add {HERE}/24 dev {BRIDGE}")
        _ip(f"link set {BRIDGE} up")
        for number in range(1, hosts + 1):
            name = f"{NAME}{number}"
            _ip(f"netns add {name}")
            _ip(f"link add {BRIDGE}{number} type veth peer name eth0 netns {name}")
            _ip(f"link set {BRIDGE}{number} master {BRIDGE} up")
            _ip(f"-n {name} addr add {NETWORK}{number + 10}/24 dev eth0")
            _ip(f"-n {name} link set eth0 up")
            _ip(f"-n {name} link set lo up")
    except subprocess.CalledProcessError as error:
        _take_away(hosts)
        raise NoNamespaces(f"this machine makes no network namespaces: {error.stderr.strip()}") from None
    try:
        yield
    finally:
        _take_away(hosts)


def _take_away(hosts: int) -> None:
    for number in range(1, hosts + 1):
        for words in (f"netns del {NAME}{number}", f"link del {BRIDGE}{number}"):
            with contextlib.suppress(subprocess.CalledProcessError):
                _ip(words)
    with contextlib.suppress(subprocess.CalledProcessError):
        _ip(f"link del {BRIDGE}")


def _ip(words: str) -> None:
    subprocess.run(["ip", *words.split()], check=True, capture_output=True, text=True)


def figures(folder: Path, window: float = WINDOW) -> dict[str, Any]:
    """Orders a second of one host and of four. ``linear`` is what four do of four times what one does."""
    told: dict[str, Any] = {"threads_of_a_host": THREADS, "latency": LATENCY, "slots": SLOTS}
    with network(max(HOSTS)), Stage(folder, host=HERE, delay=LATENCY) as stage:
        set_up(stage)
        ports = [urlsplit(stage.environment[name]).port for name in ("DATABASE_URL", "BROKER_URL")]
        doors = " ".join(str(port) for port in (*ports, stage.port))
        stage.crew("doors", [f"python -m workers.bench.hosts {doors}"])
        if not until(lambda: _answers(stage.port), PATIENCE):
            raise TimeoutError(f"the doors to this machine do not open; see {stage.folder / 'log'}")
        for number, hosts in enumerate(HOSTS, 1):
            load = os.getloadavg()[0]
            rate = _measure(stage, hosts, f"{PREFIX}{number}", window)
            told[f"{hosts} hosts"] = {
                "per_second": round(rate, 2),
                "of_threads_by_latency": round(rate / (hosts * THREADS / LATENCY), 3),
                "load": round(load, 1),
                "doubled": stage.count(f"{PREFIX}{number}")["doubled"],
            }
    one, most = (told[f"{hosts} hosts"]["per_second"] for hosts in HOSTS)
    told["linear"] = round(most / (one * HOSTS[-1] / HOSTS[0]), 3)
    return told


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection((HERE, port), timeout=2):
        return True
    return False


def _measure(stage: Stage, hosts: int, prefix: str, window: float) -> float:
    crews = [stage.crew("keepers", [command("control", 2), command("beat", 0)]), _hosts(stage, hosts)]
    stage.up(hosts + 1, PATIENCE)
    trade.backlog(stage.store, "SLOWPLATE", prefix, 1, int(hosts * THREADS / LATENCY * (window + PATIENCE)))
    shut(stage, trade.SLOW, False)
    if not until(lambda: stage.count(prefix)["orders"] > hosts * THREADS * 2, PATIENCE):
        raise TimeoutError(f"the slow warehouse gets nothing; see {stage.folder / 'log'}")
    first, began = stage.count(prefix)["orders"], time.monotonic()
    time.sleep(window)  # the window itself
    rate = (stage.count(prefix)["orders"] - first) / (time.monotonic() - began)
    shut(stage, trade.SLOW, True)
    until(lambda: not stage.store.row("select 1 from message where state = 'working'"), PATIENCE)
    for crew in crews:
        crew.end()
    # what is left of it is nobody's
    stage.store.run("update message set due_at = 'infinity' where state in ('queued', 'waiting')")
    return rate


def _hosts(stage: Stage, hosts: int) -> Crew:
    """A process of orders-out in each namespace, that reaches the servers by this machine's address."""
    reached = {name: stage.environment[name].replace("127.0.0.1", HERE) for name in ("DATABASE_URL", "BROKER_URL")}
    line = command("orders-out", THREADS)
    return stage.crew("host", [f"ip netns exec {NAME}{n} {line}" for n in range(1, hosts + 1)], **reached)


async def _doors(ports: list[int]) -> None:
    """Lead each port of the bridge's address to the same port of the loopback."""

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        writer.close()

    def door(port: int) -> Any:
        async def lead(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            inner, outer = await asyncio.open_connection("127.0.0.1", port)
            await asyncio.gather(pump(reader, outer), pump(inner, writer))

        return lead

    servers = [await asyncio.start_server(door(port), HERE, port, backlog=256) for port in ports]
    await asyncio.gather(*(server.serve_forever() for server in servers))


def main() -> int:
    """``python -m workers.bench.hosts PORT…``: be the doors."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("ports", type=int, nargs="+")
    asyncio.run(_doors(parser.parse_args().ports))
    return 0


if __name__ == "__main__":
    sys.exit(main())
