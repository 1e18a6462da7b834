"""Dead letters in Flower as long as they stand: a real Flower, which may be restarted, against a real Redis."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from celery import Celery

from fleet_tests.ledger import Ledger, Partner
from fleet_tests.places import ROOT
from workers.broker.queues import DEAD, FLOWS
from workers.embedded.folder import free_ports
from workers.ledger.store import Claimed
from workers.observability.flower import Flower
from workers.spine import dead_letters, exceptions
from workers.spine.outcomes import Dead

DESK = "https://desk.example.com"
LOGIN = ("someone", "a-long-password")


class Shown:
    """What a person sees in Flower."""

    def __init__(self, folder: Path, broker: str) -> None:
        (port,) = free_ports(1)
        self.url = f"http://127.0.0.1:{port}"
        toml = (ROOT / "deploy" / "fleet.example.toml").read_text()
        (folder / "fleet.toml").write_text(toml)
        self.environment = {
            **os.environ, "BROKER_URL": broker, "FLEET_CONFIG": str(folder / "fleet.toml"), "PYTHONPATH": str(ROOT),
            "FLOWER_BASIC_AUTH": ":".join(LOGIN), "SENTRY_DSN": "",
        }  # fmt: skip
        self.folder, self.port = folder, port
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with (self.folder / "flower.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "workers.flower_page", f"--port={self.port}", "--address=127.0.0.1"],
                env=self.environment, cwd=self.folder, stdout=log, stderr=log,
            )  # fmt: skip
        until(lambda: self.answers("/healthcheck"))

    def stop(self) -> None:
        if self.process:
            self.process.terminate()
            self.process.wait(30)

    def answers(self, path: str) -> bool:
        try:
            return requests.get(self.url + path, auth=LOGIN, timeout=5).ok
        except requests.ConnectionError:
            return False

    def page(self, path: str) -> str:
        return requests.get(self.url + path, auth=LOGIN, timeout=10).text

    def lengths(self) -> dict[str, str]:
        """The lengths that Flower's page of queues shows."""
        cells = r"<td>([a-z.-]+)</td>\s*<td[^>]*>\s*(\S*?)\s*</td>"
        return dict(re.findall(cells, self.page("/broker")))

    def failed(self) -> dict[str, str]:
        """Failed tasks, as Flower's API lists them: the queue of each."""
        tasks = requests.get(f"{self.url}/api/tasks?state=FAILURE", auth=LOGIN, timeout=10).json()
        return {uuid: task["name"] for uuid, task in tasks.items()}


def until(there: Callable[[], object]) -> None:
    ends = time.monotonic() + 60
    while not there():
        assert time.monotonic() < ends, "it did not come"
        time.sleep(0.2)


@pytest.fixture
def shown(redis_url: str, tmp_path: Path) -> Iterator[Shown]:
    one = Shown(tmp_path, redis_url)
    yield one
    one.stop()


@pytest.fixture
def reporter(redis_url: str) -> Iterator[Flower]:
    app = Celery("reports", broker=redis_url)
    one = Flower(app, "control@here")
    yield one
    one.stop()
    app.close()


def dies(ledger: Ledger, partner: Partner, reference: str) -> int:
    """An order that the warehouse refused, and the number of its exception."""
    ledger.post(reference)
    partner.answers = [Dead("refused_by_warehouse", "it does not take this order")]
    died: list[Claimed] = []
    ledger.drain(partner, on_dead=died.append)
    for message in died:
        row = ledger.message(message.reference)
        effect = exceptions.filing(
            row["error_kind"], subject=row["subject"], story=row["story"], flow=row["flow"],
            connection=row["connection"], why=row["error"], message=row["id"],
        )  # fmt: skip
        ledger.store.run(effect.sql, *effect.values)
    return int(ledger.store.row("select id from exception order by id desc limit 1")["id"])


def test_what_stands_is_a_failed_task_of_its_queue_until_it_stands_no_more(
    ledger: Ledger, partner: Partner, shown: Shown, reporter: Flower
) -> None:
    first, second = (dies(ledger, partner, reference) for reference in ("SO1-1", "SO2-1"))

    def told_and_shown() -> dict[str, str]:
        standing = dead_letters.standing(ledger.store)
        reporter.stand(standing.counts, standing.letters, DESK)
        return shown.failed()

    def letter(reference: str, number: int) -> str:
        return f"orders-out:leeds:{reference}:1:dead-{number}"

    assert dead_letters.standing(ledger.store).counts == dict.fromkeys(DEAD.values(), 0) | {"orders-out.dead": 2}
    both = {letter("SO1-1", first): "orders-out.dead", letter("SO2-1", second): "orders-out.dead"}
    for _ in range(2):  # the second time Flower has forgotten all
        shown.start()
        until(lambda: told_and_shown() == both)
        page = shown.page(f"/task/{letter('SO1-1', first)}")
        assert f'href="{DESK}/orders?q=SO1-1"' in page
        assert f'href="{DESK}/exceptions/{first}"' in page
        assert shown.lengths()["orders-out.dead"] == "2"
        assert shown.lengths()["stock-in.dead"] == "0"
        shown.stop()

    shown.start()
    until(lambda: told_and_shown() == both)
    ledger.store.run("update exception set state = 'dismissed' where id = %s", first)
    ledger.store.run("delete from message where reference = 'SO1-1'")
    until(lambda: told_and_shown() == {letter("SO2-1", second): "orders-out.dead"})


def test_poison_stands_by_the_queue_that_it_lay_in(ledger: Ledger) -> None:
    assert set(DEAD) == set(FLOWS)
    exceptions.file(
        ledger.store.run, "poison", subject="stock-in:7", story="record 7", flow="stock-in", connection="broker",
        why="it is no task", record=None,
    )  # fmt: skip
    standing = dead_letters.standing(ledger.store)
    assert standing.counts["stock-in.dead"] == 1
    assert [one["queue"] for one in standing.letters] == ["stock-in.dead"]


def test_more_letters_than_are_named_are_counted_all_the_same(ledger: Ledger) -> None:
    for n in range(dead_letters.MOST + 3):
        exceptions.file(
            ledger.store.run, "poison", subject=f"stock-in:{n}", story=f"record {n}", flow="stock-in",
            connection="broker", why="it is no task", record=None,
        )  # fmt: skip
    standing = dead_letters.standing(ledger.store)
    assert (standing.counts["stock-in.dead"], len(standing.letters)) == (dead_letters.MOST + 3, dead_letters.MOST)
