"""The stand-ins alone: they run until they are told to end, and everything that a rehearsal needs is written down."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import requests

from workers.embedded import run_file

ORDERS = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n" + "".join(
    f"{number},MUG,A mug,2,2010-12-01 08:26,2.55,{number},United Kingdom\n" for number in range(1001, 1005)
)


def test_the_stand_ins_run_filled_with_an_orders_file_and_a_configuration_points_at_them(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text(ORDERS, encoding="utf-8")
    fleet, var = str(Path(sys.executable).parent / "fleet"), tmp_path / "var"
    environment = {**os.environ, "FLEET_VAR": str(var)}
    with subprocess.Popen(
        [fleet, "sandbox", "up", "--orders", "orders.csv"], cwd=tmp_path, env=environment, text=True,
        stdout=subprocess.PIPE,
    ) as standing:  # fmt: skip
        try:
            assert standing.stdout is not None
            said = ""
            while "Ctrl-C" not in said:
                line = standing.stdout.readline()
                assert line, said
                said += line
            assert "4 orders" in said
            os.environ["FLEET_VAR"], before = str(var), os.environ.get("FLEET_VAR")
            try:
                noted = run_file.read_running(run_file.SANDBOX) or {}
            finally:
                os.environ.pop("FLEET_VAR") if before is None else os.environ.update(FLEET_VAR=before)
            books = requests.get(noted["khaos_sandbox"].rsplit("/", 1)[0] + "/_sandbox/books", timeout=30).json()
            assert sum(one["ready"] for one in books["invoices"]) >= 4
            assert requests.get(noted["gxo_sandbox"] + "/_sandbox/books", timeout=30).json()["items"]
            configured = tomllib.loads((var / "sandbox" / "fleet.toml").read_text(encoding="utf-8"))
            assert configured["connections"]["khaos"]["url"] == noted["khaos_sandbox"]
            assert (var / "sandbox" / "env").stat().st_mode & 0o077 == 0
            again = subprocess.run(
                [fleet, "sandbox", "up"], cwd=tmp_path, env=environment, text=True, capture_output=True, check=False
            )
            assert again.returncode == 1
            assert "run here already" in again.stderr
        finally:
            standing.terminate()
            ends = time.monotonic() + 60
            while standing.poll() is None and time.monotonic() < ends:
                time.sleep(0.1)
    assert not (var / "sandbox.json").exists()
