"""Owners are told once: what is urgent at once, the rest as a digest, and when it is over. Real servers take it."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI, Request, Response

from fleet_tests.ledger import Ledger
from fleet_tests.mail import Mailbox, mail_server
from fleet_tests.servers import self_signed, serve
from workers.cases import care, deadlines, notices
from workers.cases.care import Cases
from workers.config import Desk, Mail, OwnerSettings
from workers.spine import exceptions, expectations
from workers.spine.people import Person
from workers.spine.runtime import Runtime

HOUR = datetime(2026, 3, 4, 8, 5, tzinfo=UTC)


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mail_server() as running:
        yield running


class Chat:
    """A webhook of a chat, and what was posted to it."""

    def __init__(self) -> None:
        self.posts: list[Any] = []
        self.status = 200
        self.url = ""

    @property
    def text(self) -> str:
        return json.dumps(self.posts)


@pytest.fixture
def chat() -> Iterator[Chat]:
    found, app = Chat(), FastAPI()

    @app.post("/hook")
    async def hook(request: Request) -> Response:
        if found.status == 200:
            found.posts.append(await request.json())
        return Response(status_code=found.status)

    with serve(app) as url:
        found.url = f"{url}/hook"
        yield found


@pytest.fixture
def told(runtime: Runtime, box: Mailbox) -> Callable[..., None]:
    """Set how owners are told."""

    def to(**owners: OwnerSettings) -> None:
        runtime.configuration = runtime.configuration.model_copy(
            update={
                "owners": owners,
                "mail": Mail(host="127.0.0.1", port=box.port, security="none", sender="fleet@example.com", timeout=5),
                "desk": Desk(url="https://desk.example.com"),
            }
        )

    return to


def file(
    runtime: Runtime,
    kind: str = "connection_shut",
    subject: str = "connection:leeds",
    why: str = "HTTP 503",
    connection: str = "leeds",
) -> None:
    story = subject.replace(":", " ")
    exceptions.file(runtime.store.run, kind, subject=subject, story=story, flow="", connection=connection, why=why)


def look(runtime: Runtime) -> int:
    deadlines.look(runtime)
    return notices.look(runtime)


def states(ledger: Ledger) -> list[tuple[str, str]]:
    return [(r["what"], r["state"]) for r in ledger.store.rows("select what, state from notice order by id")]


def test_an_outage_of_one_warehouse_is_one_notice_and_one_resolution(
    ledger: Ledger, runtime: Runtime, told: Callable[..., None], box: Mailbox, chat: Chat
) -> None:
    told(support=OwnerSettings(email=("on-call@example.com", "b@example.com"), webhook=chat.url))
    for _ in range(4):  # it is noticed by several processes
        file(runtime)
        look(runtime)
    file(runtime, "unavailable", "order:SO1-1", "given up, ask w.quillfeather@example.com")
    look(runtime)
    exceptions.close(runtime.store.run, "connection_shut", "connection:leeds", "it answers")
    for _ in range(3):
        look(runtime)
    assert box.subjects == ["Critical: connection shut at leeds", "Over: connection shut at leeds"]
    first, second = box.taken
    assert first["To"] == "on-call@example.com, b@example.com"
    assert second["In-Reply-To"] == first["Message-ID"]
    text = first.get_content()
    assert "1 exception, connection leeds, since" in text
    assert "https://desk.example.com/exceptions/groups/g" in text
    assert "HTTP 503" not in text
    assert [post["text"].split("\n")[0] for post in chat.posts] == [
        "*Critical: connection shut at leeds*", "*Over: connection shut at leeds*",
    ]  # fmt: skip
    assert states(ledger) == [("urgent", "told"), ("urgent", "told"), ("cured", "told"), ("cured", "told")]
    file(runtime)  # another outage is another notice
    look(runtime)
    assert len(box.taken) == 3


def test_what_is_over_before_anybody_was_told_is_taken_back(
    ledger: Ledger, runtime: Runtime, told: Callable[..., None], box: Mailbox
) -> None:
    told(support=OwnerSettings(email=("a@example.com",)))
    file(runtime)
    deadlines.look(runtime)
    notices.make(runtime)
    exceptions.close(runtime.store.run, "connection_shut", "connection:leeds", "it answers")
    look(runtime)
    assert (box.taken, states(ledger)) == ([], [("urgent", "withdrawn")])


def test_a_message_limit_and_a_flow_without_a_worker_reach_their_owner(
    runtime: Runtime, told: Callable[..., None], box: Mailbox
) -> None:
    told(support=OwnerSettings(email=("a@example.com",), urgent=("critical", "error")))
    file(runtime, "queue_waits", "queue:orders-out", "the oldest waits for 40 minutes")
    file(runtime, "no_worker", "worker:orders-out", "nobody takes from it")
    look(runtime)
    assert box.subjects == ["Error: queue waits at leeds", "Critical: no worker at leeds"]


def test_a_refusing_server_is_one_exception_and_the_notice_is_told_once_when_it_takes_it(
    ledger: Ledger, runtime: Runtime, told: Callable[..., None], box: Mailbox
) -> None:
    told(support=OwnerSettings(email=("a@example.com",)))
    box.answer = "451 try later"
    file(runtime)
    for _ in range(3):
        look(runtime)
        ledger.store.run("update notice set due_at = now() where state = 'waiting'")
    row = ledger.store.row("select count(*) as n, min(reason) as reason from exception where kind = 'owner_not_told'")
    assert row
    assert row["n"] == 1
    assert "127.0.0.1" in row["reason"]
    assert "a@example.com" not in row["reason"]
    assert ledger.store.row("select tries from notice") == {"tries": 3}
    box.answer = "250 taken"
    look(runtime)
    look(runtime)
    assert box.subjects == ["Critical: connection shut at leeds"]
    assert ledger.store.row("select state from exception where kind = 'owner_not_told'") == {"state": "resolved"}


def test_pauses_between_tries_grow(ledger: Ledger, runtime: Runtime, told: Callable[..., None], chat: Chat) -> None:
    told(support=OwnerSettings(webhook=chat.url))
    chat.status = 404
    file(runtime)
    look(runtime)
    assert look(runtime) == 0
    pauses = []
    for _ in range(8):
        row = ledger.store.row("select extract(epoch from due_at - now())::float as s, error from notice")
        assert row
        pauses.append(round(row["s"] / 30))
        ledger.store.run("update notice set due_at = now()")
        look(runtime)
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]
    assert row["error"] == "the webhook answers HTTP 404"


def test_a_digest_is_one_message_a_day_at_its_hour_and_none_where_nothing_stands(
    ledger: Ledger, runtime: Runtime, told: Callable[..., None], box: Mailbox
) -> None:
    at_eight = OwnerSettings(email=("a@example.com",), digest_at=HOUR.time().replace(minute=0))
    told(operations=at_eight, finance=at_eight)
    for n in range(3):
        file(runtime, "bad_address", f"order:SO{n}-1", "Mrs Quillfeather has no postcode")
    file(runtime, "route_unmapped", "order:SO9-1", "no rule")
    ledger.store.run("update exception set owner = 'operations'")
    deadlines.look(runtime)
    notices.make_digests(runtime, HOUR.replace(hour=7, minute=55))
    assert states(ledger) == []
    for _ in range(2):
        notices.make_digests(runtime, HOUR)
        notices.tell(runtime)
    assert box.subjects == ["4 open for operations"]
    text = box.taken[0].get_content()
    assert "3 x bad address at leeds" in text
    assert "Quillfeather" not in text
    assert "/exceptions?owner=operations" in text
    notices.make_digests(runtime, HOUR.replace(day=5))
    notices.tell(runtime)
    assert len(box.taken) == 2


def test_whoever_is_escalated_to_is_told_that_nobody_took_it(
    ledger: Ledger, runtime: Runtime, told: Callable[..., None], box: Mailbox
) -> None:
    told(operations=OwnerSettings(escalate_to="boss"), boss=OwnerSettings(email=("boss@example.com",)))
    for n in range(2):
        file(runtime, "refused_by_warehouse", f"order:SO{n}-1", "no such postcode")
    deadlines.look(runtime)
    ledger.store.run("update exception set respond_by = now() - interval '1 second'")
    for _ in range(2):
        look(runtime)
    assert box.subjects == ["Not taken in time: refused by warehouse at leeds"]
    assert box.taken[0]["To"] == "boss@example.com"
    assert "2 exceptions, since" in box.taken[0].get_content()


def test_what_somebody_took_and_forgot_is_told_each_time_that_its_response_time_is_over(
    ledger: Ledger, runtime: Runtime, told: Callable[..., None], box: Mailbox
) -> None:
    told(operations=OwnerSettings(escalate_to="boss"), boss=OwnerSettings(email=("boss@example.com",)))
    for n in range(2):
        file(runtime, "refused_by_warehouse", f"order:SO{n}-1", "no such postcode")
    deadlines.look(runtime)
    (key,) = {row["group_key"] for row in ledger.store.rows("select group_key from exception")}
    ledger.store.run("update exception set first_at = now() - interval '30 days'")
    care.assign(ledger.store, Cases(key=key), Person("Anna"), "Anna")
    look(runtime)
    until = "select count(*) as n from exception where respond_by > now()"
    assert (ledger.store.row(until), box.subjects) == ({"n": 2}, [])  # the time begins with whoever took it
    for again in range(1, 3):
        ledger.store.run("update exception set respond_by = now() - interval '1 second'")
        for _ in range(2):
            look(runtime)
        assert box.subjects == ["Taken and not closed in time: refused by warehouse at leeds"] * again
        assert ledger.store.row(until) == {"n": 2}
    assert box.taken[0]["To"] == "boss@example.com"
    assert "Anna has had it for its whole response time" in box.taken[0].get_content()
    care.assign(ledger.store, Cases(key=key), Person("Anna"), "")
    look(runtime)
    assert box.subjects[-1] == "Not taken in time: refused by warehouse at leeds"  # its own time is long over


def test_teams_gets_a_card(runtime: Runtime, told: Callable[..., None], chat: Chat) -> None:
    told(support=OwnerSettings(webhook=chat.url, webhook_kind="teams"))
    file(runtime)
    look(runtime)
    (post,) = chat.posts
    card = post["attachments"][0]["content"]
    assert (post["type"], card["type"]) == ("message", "AdaptiveCard")
    assert card["body"][0]["text"] == "Critical: connection shut at leeds"
    assert card["actions"][0]["url"].startswith("https://desk.example.com/exceptions/groups/g")


def test_two_processes_tell_each_notice_once(
    ledger: Ledger, runtime: Runtime, told: Callable[..., None], box: Mailbox
) -> None:
    told(support=OwnerSettings(email=("a@example.com",)))
    for n in range(12):
        file(runtime, subject=f"connection:w{n}", connection=f"w{n}")
    deadlines.look(runtime)
    ledger.in_threads(3, lambda _n: notices.look(runtime))
    assert len(box.taken) == 12
    assert len({str(one["Message-ID"]) for one in box.taken}) == 12


def test_a_notice_whose_process_died_while_sending_is_told_by_the_next_under_the_same_id(
    ledger: Ledger, runtime: Runtime, told: Callable[..., None], box: Mailbox
) -> None:
    told(support=OwnerSettings(email=("a@example.com",)))
    file(runtime)
    look(runtime)
    ledger.store.run("update notice set state = 'sending', due_at = now() - interval '1 second'")
    look(runtime)
    first, second = box.taken
    assert first["Message-ID"] == second["Message-ID"]
    assert states(ledger) == [("urgent", "told")]


def test_mail_goes_by_tls_and_only_to_a_server_whose_certificate_is_trusted(
    ledger: Ledger, runtime: Runtime, told: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, key = self_signed(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with mail_server(context) as box:
        told(support=OwnerSettings(email=("a@example.com",)))
        mail = Mail(host="127.0.0.1", port=box.port, sender="fleet@example.com", timeout=5)
        runtime.configuration = runtime.configuration.model_copy(update={"mail": mail})
        file(runtime)
        look(runtime)
        assert box.taken == []
        assert "SSLCertVerificationError" in str(ledger.store.row("select error from notice"))
        monkeypatch.setenv("SSL_CERT_FILE", certificate)
        ledger.store.run("update notice set due_at = now()")
        look(runtime)
        assert box.subjects == ["Critical: connection shut at leeds"]


def test_an_owner_of_whom_one_address_is_refused_is_told_once_and_the_address_is_named(
    ledger: Ledger, runtime: Runtime, told: Callable[..., None], box: Mailbox
) -> None:
    told(support=OwnerSettings(email=("on-call@example.com", "gone@example.com")))
    box.unknown = "gone@example.com"
    file(runtime)
    for _ in range(3):
        look(runtime)
        ledger.store.run("update notice set due_at = now() where state = 'waiting'")
    assert box.subjects == ["Critical: connection shut at leeds"]
    found = ledger.store.row("select reason from exception where kind = 'owner_not_told' and state = 'open'")
    assert found
    assert "refuses 1 of 2 addresses; the others have it" in found["reason"]
    assert "gone@" not in found["reason"]
    box.unknown = ""
    exceptions.close(runtime.store.run, "connection_shut", "connection:leeds", "it answers")
    look(runtime)
    assert box.subjects[1:] == ["Over: connection shut at leeds"]
    assert not ledger.store.rows("select 1 from exception where kind = 'owner_not_told' and state = 'open'")


def test_a_notice_that_cannot_be_written_keeps_no_other_waiting_and_is_named(
    ledger: Ledger, runtime: Runtime, told: Callable[..., None], box: Mailbox
) -> None:
    told(support=OwnerSettings(email=("on-call@example.com",)))
    file(runtime, subject="connection:leeds")
    deadlines.look(runtime)
    notices.make(runtime)
    assert ledger.store.run("update notice set connection = E'leeds\nBcc: x@example.com'") == 1  # no header holds it
    exceptions.file(
        runtime.store.run, "connection_shut", subject="connection:york", story="connection york", flow="",
        connection="york", why="HTTP 503",
    )  # fmt: skip
    look(runtime)
    assert box.subjects == ["Critical: connection shut at york"]
    assert [row[1] for row in states(ledger)] == ["waiting", "told"]


def test_what_cannot_be_worded_is_told_all_the_same_and_holds_up_nothing_that_is_overdue(
    ledger: Ledger, runtime: Runtime
) -> None:
    for subject, what in (("order:SO1-1", "a word {of} a later release"), ("order:SO2-1", "dispatch")):
        ledger.store.run(
            "insert into expectation (subject, what, story, due_at, kind, flow, connection) values (%s, %s, %s,"
            " now() - interval '1 second', 'dispatch_overdue', 'dispatch-in', 'leeds')",
            subject, what, subject[6:],
        )  # fmt: skip
    assert expectations.check(runtime) == 2
    rows = ledger.store.rows("select subject, reason from exception order by subject")
    assert [row["subject"] for row in rows] == ["order:SO1-1", "order:SO2-1"]
    assert "awaited in vain: a word {of} a later release" in rows[0]["reason"]
