"""The demo as a user runs it: real processes, real servers, books compared.

CI runs it once, while things break, and all that follows is looked up in that one run. A day on which nothing breaks
and a slice of real trade are run by `make full`.
"""

from __future__ import annotations

import gzip
import itertools
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
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
LONGEST = 1300.0  # seconds: a demo ends by itself well before, whatever it waits for (workers/demo/timeout.py)
pytestmark = pytest.mark.timeout(LONGEST + 60)


def personal() -> set[str]:
    """Names, streets, e-mails and phone numbers of the shipped file, long enough not to occur by chance."""
    return {word for word in personal_words(load_orders(DEFAULT_FILE)) if len(word) > 7}


@dataclass(frozen=True, slots=True)
class Ran:
    """A demo that was run to its end: where, its exit code and its report."""

    folder: Path
    code: int
    report: dict[str, Any]


def run_demo(folder: Path, *arguments: str, **variables: str) -> Ran:
    """Run `fleet demo` to its end."""
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
    return Ran(folder, done.returncode, json.loads(report.read_text()))


def balanced(ran: Ran) -> None:
    """The demo says that all is well; if not, all that it says is in the failure."""
    report = ran.report
    found = (ran.code, report["balanced"], report["lost"], report["doubled"], report["in_flight"], report["broken_off"])
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


def every_trouble_is_an_exception(report: dict[str, Any]) -> None:
    """What is wrong with orders of the shipped file is told with a reason; the rest goes out, and some returns."""
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
    lines = report["lines"]
    assert lines["in_file"] == lines["refused"] + lines["service"] + lines["for_warehouse"] + lines["returned"]
    assert all(report["operators"][road] > 0 for road in ("assigned", "taken from files", "delivery notes"))
    assert report["returns"]["credited"] > 0


def nobody_is_named_in_the_logs(folder: Path) -> None:
    log = logged(folder)
    assert len(personal()) > 50
    assert {word for word in personal() if word in log} == set()


@pytest.fixture(scope="module")
def sentry_of_the_day() -> Iterator[Sentry]:
    listening = Sentry()
    yield listening
    listening.close()


@pytest.fixture(scope="module")
def broken_day(tmp_path_factory: pytest.TempPathFactory, sentry_of_the_day: Sentry) -> Ran:
    """The shipped file, with workers killed, Redis flushed and partners failing."""
    return run_demo(tmp_path_factory.mktemp("broken_day"), "--faults", SENTRY_DSN=sentry_of_the_day.dsn)


def test_with_workers_killed_redis_flushed_and_partners_failing_nothing_is_lost_and_nothing_doubled(
    broken_day: Ran,
) -> None:
    balanced(broken_day)
    to_the_unit(broken_day.report)
    assert broken_day.report["acs"]["off"] == []
    assert left_behind(broken_day.folder) == []


def test_each_outage_is_one_alert_one_resolution_and_no_dead_letter(broken_day: Ran) -> None:
    outages = broken_day.report["outages"]
    told = [(one["connection"], one["alerts"], one["resolutions"], one["dead_letters"]) for one in outages]
    assert sorted(told) == [(name, 1, 1, 0) for name in ("acs", "gxo", "hull", "leeds", "york")]


def test_each_fault_was_played(broken_day: Ran) -> None:
    report = broken_day.report
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


def test_every_trouble_of_the_shipped_file_is_an_exception_with_a_reason(broken_day: Ran) -> None:
    every_trouble_is_an_exception(broken_day.report)


def test_everything_that_can_happen_at_gxo_and_at_acs_did(broken_day: Ran) -> None:
    some_of_everything_went_to_gxo(broken_day.report["gxo"], broken_day.report["exceptions"])
    garments_went_out_and_came_back(broken_day.report["acs"])


def test_sentry_is_told_and_neither_it_nor_a_log_names_a_person(broken_day: Ran, sentry_of_the_day: Sentry) -> None:
    told = "\n".join(raw.decode(errors="replace") for raw in sentry_of_the_day.raw)
    assert "bad_address on orders-out via khaos" in told
    assert {word for word in personal() if word in told} == set()
    nobody_is_named_in_the_logs(broken_day.folder)


@pytest.mark.full
def test_the_shipped_file_runs_to_a_balance_and_every_trouble_in_it_is_an_exception_with_a_reason(
    tmp_path: Path,
) -> None:
    ran = run_demo(tmp_path)
    balanced(ran)
    every_trouble_is_an_exception(ran.report)
    to_the_unit(ran.report)
    some_of_everything_went_to_gxo(ran.report["gxo"], ran.report["exceptions"])
    garments_went_out_and_came_back(ran.report["acs"])
    assert left_behind(tmp_path) == []
    nobody_is_named_in_the_logs(tmp_path)


@pytest.mark.full
@pytest.mark.skipif(not THEIRS.exists(), reason="real trade data is not beside the project")
def test_a_slice_of_real_trade_runs_to_a_balance(tmp_path: Path) -> None:
    """The first lines of the file, returns among them; `make demo ARGS="--orders …"` runs all of it."""
    part = tmp_path / "orders.csv"
    with gzip.open(THEIRS, "rt", encoding="utf-8") as whole:
        part.write_text("".join(itertools.islice(whole, SLICE + 1)), encoding="utf-8")
    ran = run_demo(tmp_path, "--orders", str(part))
    balanced(ran)
    assert ran.report["lines"]["in_file"] == SLICE
    assert ran.report["orders_ready"] > 25
    assert ran.report["lines"]["returned"] > 0
    assert ran.report["acs"]["off"] == []
    to_the_unit(ran.report)
