"""The logs: one JSON object a line, from every library, with nobody's data in it."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import structlog
from celery import Celery, signals
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine, text

from adapters.errors import Rejected
from fleet_tests.places import ROOT
from mappings.canonical import Address
from workers.observability import logs
from workers.observability.privacy import WITHHELD, is_personal, mask

NAME, STREET, EMAIL, PHONE = "Clementine Postlethwaite", "14 Foxglove Lane", "clementine.p@example.com", "01632 960417"
SECRETS = (NAME, "Postlethwaite", STREET, EMAIL, PHONE, "ZE9 8XY")
PERSON = {"name": NAME, "line1": STREET, "email": EMAIL, "phone": PHONE, "postcode": "ZE9 8XY"}


class Page:
    """What was logged."""

    def __init__(self) -> None:
        self.stream = io.StringIO()

    @property
    def lines(self) -> list[dict[str, Any]]:
        text_ = self.stream.getvalue()
        for secret in SECRETS:
            assert secret not in text_, (secret, text_)
        return [json.loads(line) for line in text_.splitlines()]

    @property
    def last(self) -> dict[str, Any]:
        return self.lines[-1]


@pytest.fixture
def page() -> Iterator[Page]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    page = Page()
    logs.configure("orders-out", "INFO", stream=page.stream)
    yield page
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(False)
    structlog.reset_defaults()


def test_an_event_is_one_line_with_its_time_process_logger_and_fields(page: Page) -> None:
    structlog.get_logger("workers.spine.delivery").info(
        "settled", reference="SO1-1", seconds=0.25, price=Decimal("2.50"), at=datetime(2026, 1, 2, tzinfo=UTC)
    )
    line = page.last
    assert datetime.fromisoformat(line.pop("time")).tzinfo is not None
    assert line == {
        "event": "settled",
        "level": "info",
        "logger": "workers.spine.delivery",
        "process": "orders-out",
        "reference": "SO1-1",
        "seconds": 0.25,
        "price": "2.50",
        "at": "2026-01-02 00:00:00+00:00",
    }


def test_values_under_personal_keys_are_withheld_at_any_depth(page: Page) -> None:
    log = structlog.get_logger("workers.spine.delivery").bind(body=f"<xml>{NAME}</xml>")
    log.warning(
        "pushed",
        delivery_address=PERSON,
        customerName=NAME,
        orders=[{"reference": "SO1", "deliver": {"Postcode": "ZE9 8XY", "tel": PHONE}}],
        body_bytes=512,
        task_name="orders-out",
        email="",
    )
    line = page.last
    assert (line["body"], line["delivery_address"], line["customerName"]) == (WITHHELD, WITHHELD, WITHHELD)
    assert line["orders"] == [{"reference": "SO1", "deliver": {"Postcode": WITHHELD, "tel": WITHHELD}}]
    assert (line["body_bytes"], line["task_name"], line["email"]) == (512, "orders-out", "")


def test_a_model_or_other_object_is_named_and_not_shown(page: Page) -> None:
    address = Address(name=NAME, line1=STREET, town="Leeds", country="GB", email=EMAIL)
    structlog.get_logger("x").info("read", thing=address, things=[address], error=ValueError(NAME))
    line = page.last
    assert (line["thing"], line["things"], line["error"]) == ("<Address>", ["<Address>"], "ValueError")


def test_long_text_is_cut_and_patterns_are_masked_in_any_text(page: Page) -> None:
    structlog.get_logger("x").info(f"mail to {EMAIL}, ring {PHONE}", reason="r" * 5000, url="http://u:pw@host/")
    line = page.last
    assert line["event"] == "mail to [e-mail], ring [phone]"
    assert line["reason"].endswith("… (5000 characters)")
    assert len(line["reason"]) < 600
    assert "pw" not in line["url"]


def test_an_exception_is_told_by_class_place_and_our_own_words(page: Page) -> None:
    try:
        try:
            raise KeyError(NAME)  # noqa: TRY301  the shape of a chain is the point
        except KeyError as error:
            raise Rejected("leeds said no to SO1-1", status=422) from error
    except Rejected:
        structlog.get_logger("x").exception("push failed")
        logging.getLogger("elsewhere").exception("push failed")
    for line in page.lines:
        outer, inner = line["exception"]
        assert (outer["type"], outer["message"]) == ("adapters.errors.Rejected", "leeds said no to SO1-1")
        assert (inner["type"], inner["message"]) == ("builtins.KeyError", "")
        assert "test_logs.py" in outer["frames"][-1]


def test_records_of_libraries_take_the_same_way(page: Page) -> None:
    logging.getLogger("kombu.connection").warning("connection to %s lost: %r", "redis", ConnectionError(NAME))
    assert page.last["event"] == "connection to redis lost: 'ConnectionError'"
    assert (page.last["logger"], page.last["process"]) == ("kombu.connection", "orders-out")


def test_a_level_below_the_wanted_one_is_not_logged_and_a_wrong_level_is_one_clear_error(page: Page) -> None:
    structlog.get_logger("x").debug("detail")
    assert page.lines == []
    with pytest.raises(ValueError, match="write DEBUG, INFO"):
        logs.configure("orders-out", "LOUD")


def test_the_consumers_dumps_of_what_it_cannot_read_keep_the_fact_and_drop_the_body(page: Page) -> None:
    from celery.worker.consumer import consumer  # noqa: PLC0415  its texts are what is tested

    body = json.dumps([[PERSON], {}, {}])
    log = logging.getLogger("celery.worker.consumer.consumer")
    log.error(consumer.UNKNOWN_TASK_ERROR, KeyError("old.task"), body, {"argsrepr": NAME}, {"name": NAME})
    log.error(consumer.INVALID_TASK_ERROR, ValueError(body), body)
    log.warning(consumer.UNKNOWN_FORMAT, body)
    log.critical(consumer.MESSAGE_DECODE_ERROR, ValueError(body), "json", "utf-8", {"argsrepr": NAME}, body)
    logging.getLogger("celery.worker.strategy").error(
        "Couldn't convert ETA %r to timestamp: %r. Task: %r", NAME, ValueError(NAME), {"args": body}
    )
    assert [line["event"] for line in page.lines] == [
        "Received unregistered task of type old.task (body withheld)",
        "Received invalid task message (body withheld)",
        "Received and deleted unknown message.  Wrong destination?!? (body withheld)",
        "Can't decode message body (body withheld)",
        "Couldn't convert ETA (body withheld)",
    ]
    assert [line["level"] for line in page.lines] == ["error", "error", "warning", "critical", "error"]


def test_a_tasks_end_is_logged_without_its_result_its_arguments_or_its_errors_text(page: Page) -> None:
    logs.configure("orders-out", "DEBUG", stream=page.stream)
    app = Celery("fleet", broker="memory://", backend="cache+memory://")
    app.conf.task_always_eager = True

    @app.task(name="orders-out")
    def deliver(customer: str, *, fails: bool) -> str:
        if fails:
            raise ValueError(f"cannot reach {customer}")
        return customer

    deliver.delay(NAME, fails=False)
    deliver.delay(NAME, fails=True)
    ended, failed = (line for line in page.lines if line["logger"] == "celery.app.trace")
    assert ended["event"].startswith("Task orders-out[")
    assert WITHHELD in ended["event"]
    assert failed["event"].endswith("raised unexpected: ValueError")
    assert failed["exception"][0]["type"] == "builtins.ValueError"


def test_a_bell_that_comes_and_goes_is_no_line_and_one_that_fails_is(page: Page) -> None:
    for name in ("celery.beat", "celery.worker.strategy", "celery.app.trace"):
        logging.getLogger(name).info("a bell")
        logging.getLogger(name).error("a bell failed")
    assert [line["event"] for line in page.lines] == ["a bell failed"] * 3


def test_celery_does_not_set_up_logging_of_its_own(page: Page) -> None:
    before = logging.getLogger().handlers[:]
    assert signals.setup_logging.send(sender=None)
    app = Celery("fleet", broker="memory://")
    app.log.already_setup = False
    app.log.setup(loglevel="INFO", redirect_stdouts=True)
    assert logging.getLogger().handlers == before
    assert not page.lines


def test_an_access_line_has_no_caller_no_query_and_no_token(page: Page) -> None:
    target = f"/webhooks/clarus/tok-3f9c1e77a2b8d6504c11?email={EMAIL}"
    logging.getLogger("uvicorn.access").setLevel(logging.INFO)  # servers of other tests turn it down
    logging.getLogger("uvicorn.access").info('%s - "%s %s HTTP/%s" %d', "203.0.113.9:4711", "POST", target, "1.1", 200)
    assert page.last["event"] == "POST /webhooks/clarus/[token] 200"


def test_statements_may_be_logged_and_parameters_may_not(page: Page) -> None:
    engine = create_engine("sqlite://", echo=True)
    with engine.begin() as connection:
        connection.execute(text("SELECT :who AS who"), {"who": NAME})
    engine.dispose()
    told = [line["event"] for line in page.lines]
    assert "SELECT ? AS who" in told
    assert "parameters withheld" in told


def test_a_record_that_cannot_be_formatted_does_not_print_its_arguments(
    page: Page, capsys: pytest.CaptureFixture[str]
) -> None:
    root = logging.getLogger()
    root.handlers[:] = [one for one in root.handlers if isinstance(one, logs.OneLine)]
    root.warning("%d units for", NAME)
    assert page.lines == []
    told = capsys.readouterr().err
    assert "a log record of root" in told
    assert NAME not in told


def test_a_process_writes_to_stdout_and_takes_over_handlers_that_were_there() -> None:
    program = (
        "import logging, warnings; from workers.observability import logs\n"
        "logging.getLogger('uvicorn').addHandler(logging.StreamHandler())\n"
        "logs.configure('web', 'INFO'); logging.getLogger('uvicorn').info('started')\n"
        "warnings.warn('old', UserWarning)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        cwd=ROOT,
    )
    first, second = (json.loads(line) for line in ran.stdout.splitlines())
    assert (first["process"], first["event"], ran.stderr) == ("web", "started", "")
    assert second["logger"] == "py.warnings"


PERSONAL = (
    "name Name customer_name firstName IADDRESS1 DTOWN email emailAddress raw_body payload postcode phone "
    "DeliveryAddress args Authorization password order_note Surname POSTCODE ipostcode"
)
OF_THE_WORK = (
    "reference task_name stage_name filename hostname kind body_bytes event flow connection owner "
    "address_count sku attempt error state queue line_number identity invoice discount"
)


@pytest.mark.parametrize("key", PERSONAL.split())
def test_keys_of_people_and_bodies_are_personal(key: str) -> None:
    assert is_personal(key)


@pytest.mark.parametrize("key", OF_THE_WORK.split())
def test_keys_of_the_work_are_not_personal(key: str) -> None:
    assert not is_personal(key)


@given(st.text(max_size=2000))
def test_masking_is_total_bounded_and_leaves_no_address(words: str) -> None:
    masked = mask(f"{words} {EMAIL} ")
    assert EMAIL not in masked
    assert len(masked) < 540


PERSONS = (
    "LS14AP|ls1 4ap|ls14ap|EC1A 1BB|0044 113 496 0000|+44 (0)113 496 0000|(0113) 496 0000|4111 1111 1111 1111|"
    "4111111111111111|GB29 NWBK 6016 1331 9268 19|GB29NWBK60161331926819|DE89 3704 0044 0532 0130 00|"
    "Bearer 0123456789abcdef0123|eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc|root@localhost"
)


@pytest.mark.parametrize("personal", PERSONS.split("|"))
def test_postcodes_phones_cards_accounts_and_tokens_are_masked_however_they_are_written(personal: str) -> None:
    masked = mask(f"refused ({personal}), again")
    assert masked.startswith("refused (")
    assert masked.endswith("), again")
    assert not any(part in masked for part in personal.split()), masked


@pytest.mark.parametrize(
    "safe",
    [
        *("SO000123456-1/S1", "2026-11-21T09:30:00", "KG0104A", "700153", "0.8231232123", "000000123", "4011000012"),
        *("TE12XL-BLK", "940 group 31, set 0001", "1Z999AA10123456784", "the bearer of 3 parcels", "5012345678900"),
    ],
)
def test_references_times_codes_and_amounts_are_not_masked(safe: str) -> None:
    assert mask(safe) == safe
