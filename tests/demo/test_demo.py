"""The demo as a user runs it: real processes, real servers, books compared; also while things break."""

from __future__ import annotations

import gzip
import itertools
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest

from fleet_tests.places import SHARED
from fleet_tests.sentry import Sentry
from workers.demo.orders_file.reading import load_orders, personal_words
from workers.demo.run import DEFAULT_FILE

FLEET = Path(sys.executable).with_name("fleet")
THEIRS = SHARED / "data" / "online-retail-lines.csv.gz"
SLICE = 400  # lines of the real file, 37 invoices and 3 returns; make demo ARGS="--orders FILE" runs all of it
LONGEST = 700.0  # seconds: a demo ends by itself well before, whatever it waits for (workers/demo/timeout.py)
pytestmark = pytest.mark.timeout(LONGEST + 60)


def personal() -> set[str]:
    """Names, streets, e-mails and phone numbers of the shipped file, long enough not to occur by chance."""
    return {word for word in personal_words(load_orders(DEFAULT_FILE)) if len(word) > 7}


def run_demo(folder: Path, *arguments: str, **variables: str) -> tuple[int, dict[str, Any]]:
    """Run `fleet demo` to its end; its exit code and its report."""
    report = folder / "report.json"
    environment = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "BROKER_URL", "FLEET_CONFIG")}
    done = subprocess.run(
        [str(FLEET), "demo", "--report", str(report), "--json", *arguments],
        env=environment | {"FLEET_VAR": str(folder)} | variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LONGEST,
        check=False,
    )
    assert report.exists(), done.stderr[-2000:]
    return done.returncode, json.loads(report.read_text())


def balanced(code: int, report: dict[str, Any]) -> None:
    """The demo says that all is well; if not, all that it says is in the failure."""
    found = (code, report["balanced"], report["lost"], report["doubled"], report["in_flight"], report["broken_off"])
    assert found == (0, True, 0, 0, 0, ""), json.dumps(report, indent=1)


def left_behind(folder: Path) -> list[str]:
    """Processes that still belong to a demo in ``folder``."""
    found = []
    for process in psutil.process_iter():
        try:
            if any(str(folder) in word for word in [*process.cmdline(), *process.environ().values()]):
                found.append(" ".join(process.cmdline()))
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return [line for line in found if "pytest" not in line]


def logged(folder: Path) -> str:
    """Everything that every process of a demo wrote to its log."""
    return "\n".join(path.read_text(errors="replace") for path in folder.rglob("*.log"))


def to_the_unit(report: dict[str, Any]) -> None:
    """Stock, journal, returns and receipts of both sides' books agree."""
    stock, journal, returns = report["stock"], report["journal"], report["returns"]
    assert (stock["stock_off"], stock["stockouts"]) == ([], 0)
    assert journal["entries"] == journal["movements"] > 0
    assert journal["missing"] == journal["doubled"] == journal["extra"] == []
    assert returns["credited_twice"] == returns["uncredited"] == []
    assert returns["lines"] == returns["credited"] + returns["waits"]
    assert report["receipts"]["not_booked"] == []
    files = report["files"]
    assert (files["not_taken"], files["not_arrived"], files["differing"]) == ([], [], 0)
    assert files["taken"] > 0 < files["sent"]
    assert files["counts"] >= 4  # two facilities, in the morning and in the evening


def some_of_everything_went_to_gxo(trade: dict[str, Any], exceptions: dict[str, int]) -> None:
    """Both facilities had orders, and every kind of thing that can happen there did."""
    assert sorted(trade["orders"]) == ["GBDB01", "GBLT01"]
    kinds = ("several_cartons", "in_parts", "lines_short", "announced", "blind", "supplies", "adjusted", "passed")
    assert [kind for kind in kinds if not trade[kind]] == []
    assert exceptions["short_pick"] >= 1


def garments_went_out_and_came_back(acs: dict[str, Any]) -> None:
    """Hires and sales of every kind, and each garment once in every book that knows it."""
    assert acs["off"] == []
    counted = ("hired", "bought", "short", "hires_back", "sales_back", "restocked", "credited", "in_hand", "charged")
    assert [what for what in counted if not acs[what]] == []
    assert {"A", "B", "C", "D", "X", "WRONG_ITEM"} <= set(acs["back_by_grade"])
    assert acs["set_up"] == 4  # three announced, one withdrawn
    assert acs["orders_cancelled"] >= 1  # one was taken back
    assert acs["written_off"] >= 4  # three beyond repair, one withdrawn
    assert acs["compared"]["retired garments, each written off once with its value"] == acs["written_off"]
    assert acs["compared"]["garments that left, each once with its line and tag"] == acs["hired"] + acs["bought"]


def test_the_shipped_file_runs_to_a_balance_and_every_trouble_in_it_is_an_exception_with_a_reason(
    tmp_path: Path,
) -> None:
    code, report = run_demo(tmp_path)
    balanced(code, report)
    assert report["orders_ready"] >= 50
    taken_back = report["garment shoppers"].get("orders taken back", 0)
    assert report["shipments_confirmed"] >= report["orders_ready"] - report["held"] - taken_back > 0
    assert report["shipments_confirmed"] + report["held"] >= report["fulfilments_sent"]
    expected = {
        "bad_address",
        "bad_product",
        "import_refused",
        "no_warehouse_lines",
        "not_a_sale",
        "sku_refused",
    }
    assert expected <= set(report["exceptions"])
    assert report["lines"]["in_file"] == (
        report["lines"]["refused"]
        + report["lines"]["service"]
        + report["lines"]["for_warehouse"]
        + report["lines"]["returned"]
    )
    assert all(report["operators"][road] > 0 for road in ("assigned", "taken from files", "delivery notes"))
    assert report["returns"]["credited"] > 0
    to_the_unit(report)
    some_of_everything_went_to_gxo(report["gxo"], report["exceptions"])
    garments_went_out_and_came_back(report["acs"])
    assert left_behind(tmp_path) == []
    log = logged(tmp_path)
    assert len(personal()) > 50
    assert {word for word in personal() if word in log} == set()


def test_with_workers_killed_redis_flushed_and_partners_failing_nothing_is_lost_and_nothing_doubled(
    tmp_path: Path,
) -> None:
    sentry = Sentry()
    code, report = run_demo(tmp_path, "--faults", SENTRY_DSN=sentry.dsn)
    sentry.close()
    balanced(code, report)
    told = [(one["connection"], one["alerts"], one["resolutions"], one["dead_letters"]) for one in report["outages"]]
    assert sorted(told) == [(name, 1, 1, 0) for name in ("acs", "gxo", "hull", "leeds", "york")]
    faults = report["faults"]
    assert faults["SIGKILL"] >= 10
    assert (faults["Redis flushed"], faults["Redis restarted"]) == (1, 1)
    assert faults["Clarus away, seconds"] >= 5
    assert faults["webhooks lost"] > 0
    assert faults["webhooks repeated"] > 0
    assert faults["Khaos answers lost after committing"] > 0
    assert faults["sales around a level"] > 0
    assert min(faults[f"SFTP dropped {where}"] for where in ("in reads", "in writes", "after landing")) > 0
    assert min(faults[f"GXO files {what}"] for what in ("repeated", "grown", "left unfinished")) > 0
    assert (faults["GXO files lost"], report["exceptions"]["file_gap"]) == (1, 1)
    assert faults["GXO documents reissued"] > 0
    assert faults.get("SIGKILL while laying a file", 0) + faults.get("SIGKILL while taking a file", 0) > 0
    assert report["files"]["repeated"] > 0
    assert report["files"]["left_before_accepted"] > 0
    assert min(faults[f"ACS events {what}"] for what in ("lost", "repeated", "badly signed", "forged")) > 0
    assert faults["ACS stock files spoilt"] == 3
    to_the_unit(report)
    assert report["acs"]["off"] == []
    assert left_behind(tmp_path) == []
    alerted = "\n".join(raw.decode(errors="replace") for raw in sentry.raw)
    assert "bad_address on orders-out via khaos" in alerted
    assert {word for word in personal() if word in alerted} == set()


@pytest.mark.skipif(not THEIRS.exists(), reason="real trade data is not beside the project")
def test_a_slice_of_real_trade_runs_to_a_balance(tmp_path: Path) -> None:
    """The first lines of the file, returns among them; `make demo ARGS="--orders …"` runs all of it."""
    part = tmp_path / "orders.csv"
    with gzip.open(THEIRS, "rt", encoding="utf-8") as whole:
        part.write_text("".join(itertools.islice(whole, SLICE + 1)), encoding="utf-8")
    code, report = run_demo(tmp_path, "--orders", str(part))
    balanced(code, report)
    assert report["lines"]["in_file"] == SLICE
    assert report["orders_ready"] > 25
    assert report["lines"]["returned"] > 0
    assert report["acs"]["off"] == []
    to_the_unit(report)
