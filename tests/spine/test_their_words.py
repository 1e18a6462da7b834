"""What a partner writes in its own words may name a customer: it stands beside the body, and nowhere else."""

from __future__ import annotations

from threading import Thread
from typing import Any

import pytest
from celery import Celery

from adapters.errors import ReachError, Rejected, Throttled, Unauthorised, Unavailable
from fleet_tests.ledger import Ledger, Partner
from fleet_tests.personal import tables_that_hold
from workers.observability.flower import Flower
from workers.spine import dead_letters, history, scheduler
from workers.spine.runtime import Runtime
from workers.spine.scheduler import Scheduled
from workers.views import exceptions as seen
from workers.views.snapshot import reading_engine

WORDS = "Clementine Postlethwaite of 14 Foxglove Lane does not want it"


@pytest.mark.parametrize(
    "error",
    [
        Rejected("no", symbol="bad", theirs=WORDS),
        Unavailable("down", theirs=WORDS),
        Throttled("slow down", theirs=WORDS),
        Unauthorised("who?", theirs=WORDS),
    ],
)
def test_a_partners_words_about_a_message_are_kept_once_and_beside_the_bodies_alone(
    ledger: Ledger, partner: Partner, error: ReachError
) -> None:
    ledger.post("SO1-1")
    partner.faults = [("before", error), ("before", error)]
    ledger.drain(partner)
    ledger.store.run("update connection set shut_kind = null, shut_until = null")
    ledger.time_passes()
    ledger.drain(partner)
    assert tables_that_hold(ledger.store, "Postlethwaite") == ["partner_words"]
    assert ledger.store.row("select count(*) as n from partner_words")["n"] == 1


def test_only_who_asks_for_the_body_sees_their_words(ledger: Ledger, runtime: Runtime, partner: Partner) -> None:
    ledger.post("SO1-1")
    partner.faults = [("before", Rejected("it says no", symbol="bad", theirs=WORDS))]
    ledger.drain(partner)
    message = ledger.message("SO1-1")
    dead_letters.file_dead(runtime, message["id"], message["generation"])
    (found,) = ledger.store.rows("select id, reason from exception")
    assert found["reason"] == "bad: it says no; their own words stand beside the body"
    engine = reading_engine(ledger.dsn)
    plain, whole = seen.exception(engine, found["id"]), seen.exception(engine, found["id"], body=True)
    engine.dispose()
    assert plain is not None
    assert whole is not None
    assert "Postlethwaite" not in str(plain)
    assert [one["words"] for one in whole.their_words] == [WORDS]


def test_a_poll_that_is_refused_keeps_their_words_and_says_ours(ledger: Ledger, runtime: Runtime) -> None:
    def refused() -> None:
        raise Rejected("GetList: Khaos Control answered with a fault", theirs=WORDS)

    poll = Scheduled("poll orders", 60.0, refused, connection="khaos")
    scheduler.install(runtime, {poll.name: poll})
    scheduler.run_due(runtime, {poll.name: poll}, poll.name)
    row: Any = ledger.store.row("select last_error from schedule where name = 'poll orders'")
    assert row["last_error"] == "GetList: Khaos Control answered with a fault"
    assert tables_that_hold(ledger.store, "Postlethwaite") == ["partner_words"]


def test_their_words_go_with_the_bodies(ledger: Ledger, runtime: Runtime, partner: Partner) -> None:
    ledger.post("SO1-1")
    partner.faults = [("before", Rejected("no", theirs=WORDS))]
    ledger.drain(partner)
    history.purge(runtime)
    assert tables_that_hold(ledger.store, "Postlethwaite") == ["partner_words"]
    ledger.store.run("update partner_words set at = now() - interval '3 years'")
    history.purge(runtime)
    assert tables_that_hold(ledger.store, "Postlethwaite") == []


def test_flower_masks_what_a_reason_may_still_name(redis_url: str) -> None:
    app = Celery("words", broker=redis_url)
    failed: list[Any] = []
    with app.connection_for_read() as connection:
        receiver = app.events.Receiver(connection, handlers={"task-failed": failed.append})
        listening = Thread(target=lambda: receiver.capture(limit=None, timeout=8, wakeup=False), daemon=True)
        listening.start()
        reporter = Flower(app, "one@here")
        while not failed and listening.is_alive():  # an event that nobody hears yet is gone
            reporter.failed("orders-out:SO1-1", "orders-out", (1, 1), "no: ls1 4ap, ada@example.com, 0113 496 0000")
            listening.join(0.3)
        receiver.should_stop = True
        reporter.stop()
        listening.join(10)
    assert failed[0]["exception"] == "Dead('no: [postcode], [e-mail], [phone]')"
