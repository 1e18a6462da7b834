"""The bench, in its smallest form: that it counts right and its books balance. How fast it is, is no test."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fleet_tests.places import ROOT
from workers.bench import whole
from workers.bench.run import Plan
from workers.bench.trade import LINES, order_record, webhook

TINY = Plan(
    rounds=1,
    variant_rounds=1,
    window=0.5,
    slot_window=0.5,
    records=100,
    first_guess=300,
    variants=False,
    stock=(500,),
    files=20,
    snapshots=(500,),
    garments=(500,),
    whole=False,
)


def test_an_order_of_the_bench_has_ten_lines_and_a_webhook_names_its_order() -> None:
    said = json.loads(order_record(["A1", "A2"], "Main Site"))
    assert said["status"].count("<INVOICE_ITEM ") == 2 * LINES == said["orders"].count("<ORDER_ITEM>")
    assert json.loads(webhook(7))["data"]["reference"] == "HOOK0000007-1"


def test_what_a_program_costs_counts_the_processes_that_it_began_and_that_have_ended() -> None:
    burn = "import time; ends = time.process_time() + 1.0\nwhile time.process_time() < ends: pass"
    program = f"import subprocess, sys, time; subprocess.run([sys.executable, '-c', {burn!r}]); time.sleep(3)"
    program += "; print('said')"
    _, spent, said = whole.run([sys.executable, "-c", program], {})
    assert said == "said\n"
    assert 1.0 <= spent < 2.0
    with pytest.raises(RuntimeError, match="ended with 3"):
        whole.run([sys.executable, "-c", "raise SystemExit(3)"], {})


def test_a_tiny_bench_delivers_every_order_once_and_leaves_no_process(tmp_path: Path) -> None:
    program = (
        "import json, sys; from pathlib import Path; from workers.bench.run import Plan, bench;"
        f"print(json.dumps(bench(Path({str(tmp_path / 'bench')!r}), {TINY!r})))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=os.environ,
        capture_output=True,
        text=True,
        timeout=580,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout)
    assert told["books"]["balanced"]
    assert told["books"]["by_side"]["F"]["delivered_in_the_ledger"] > 0
    assert told["books"]["by_side"]["W"]["doubled"] == 0
    assert told["intake"]["webhooks"]["records"] == 100
    assert [(one["skus"], one["differ"]) for one in told["stock"]] == [(500, 5)]
    files = told["files"]
    assert (files["files_written"], files["shipments"], files["fulfilments"]) == (20, 20, {"dispatched": 20})
    assert [(one["skus"], one["counts_taken"], one["differ"]) for one in files["counts"]] == [(500, 2, 5)]
    assert [(one["garments"], one["files_taken"], one["sellable"]) for one in told["garments"]] == [(500, 2, 0)]
    assert (told["fsync"], told["synchronous_commit"]) == ("on", "on")
    assert not (tmp_path / "bench" / "postgres" / "dsn").exists()
    assert not left_behind(str(tmp_path))


def left_behind(folder: str) -> list[str]:
    found = []
    for entry in Path("/proc").glob("[0-9]*/environ"):
        try:
            if folder.encode() in entry.read_bytes():
                found.append(entry.parent.name)
        except OSError:
            continue
    return found
