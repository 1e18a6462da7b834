"""Dead letters in Flower as long as they stand: a real Flower, which may be restarted, against a real Redis."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from celery import Celery

from fleet_tests.flower import Shown, until
from fleet_tests.ledger import Ledger, Partner
from workers.broker.queues import DEAD, FLOWS
from workers.ledger.store import Claimed
from workers.observability.flower import Flower
from workers.spine import dead_letters, exceptions
from workers.spine.outcomes import Dead

DESK = "https://desk.example.com"


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
