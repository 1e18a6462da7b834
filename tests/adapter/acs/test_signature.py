"""Who may tell us of garments: a signature by either key over the very bytes, and not an old one."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.acs.signature import check, sign

NOW = 1_795_529_405.0
NEW, OLD = "the-new-webhook-key", "the-old-webhook-key"
BODY = b'{"EventId": "1"}'


def headers(body: bytes = BODY, secret: str = NEW, at: float = NOW) -> dict[str, str]:
    return {"X-ACS-Timestamp": str(int(at)), "x-acs-signature": sign(secret, str(int(at)), body)}


@pytest.mark.parametrize("secret", [NEW, OLD])
def test_either_of_two_keys_is_good_while_they_are_changed(secret: str) -> None:
    assert check((NEW, OLD), headers(secret=secret), BODY, now=NOW, window=300) is None


@pytest.mark.parametrize(("age", "good"), [(0, True), (299, True), (301, False), (-299, True), (-301, False)])
def test_an_old_or_early_signature_is_refused(age: float, good: bool) -> None:
    said = check((NEW,), headers(at=NOW - age), BODY, now=NOW, window=300)
    assert (said is None) == good


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"x-acs-signature": ""}, "x-acs-signature"),
        ({"x-acs-signature": "sha1=" + "0" * 40}, "sha256="),
        ({"x-acs-signature": "sha256=é"}, "none of our keys"),
        ({"X-ACS-Timestamp": ""}, "x-acs-timestamp"),
        ({"X-ACS-Timestamp": "1e9"}, "x-acs-timestamp"),
        ({"X-ACS-Timestamp": "٣"}, "x-acs-timestamp"),
        ({"X-ACS-Timestamp": "9" * 40}, "x-acs-timestamp"),
    ],
)
def test_what_is_missing_or_wrong_is_named(change: dict[str, str], why: str) -> None:
    assert why in str(check((NEW,), {**headers(), **change}, BODY, now=NOW, window=300))


def test_without_a_key_nothing_is_believed() -> None:
    assert "webhook_secrets" in str(check((), headers(), BODY, now=NOW, window=300))


@given(body=st.binary(max_size=60), at=st.integers(0, 3_000_000_000))
def test_what_is_signed_is_believed_and_one_changed_byte_is_not(body: bytes, at: int) -> None:
    good = headers(body, at=at)
    assert check((OLD, NEW), good, body, now=at, window=0) is None
    assert check((OLD, NEW), good, body + b" ", now=at, window=0) is not None
    assert check((OLD,), good, body, now=at, window=0) is not None


def test_a_time_that_was_put_forward_by_somebody_else_spoils_the_signature() -> None:
    told = {**headers(at=NOW - 1000), "X-ACS-Timestamp": str(int(NOW))}
    assert "none of our keys" in str(check((NEW,), told, BODY, now=NOW, window=300))


def test_the_stand_ins_events_are_signed_lost_repeated_and_forged(sandbox: Any, ear: Any) -> None:
    secret = "sandbox-event-secret"

    def judged(told: dict[str, str], body: bytes) -> int:
        return 204 if check((secret,), told, body, now=time.time(), window=300) is None else 401

    ear.answer = judged
    sandbox.switch(event_url=ear.url, event_bad_signature_rate=1.0, event_stale_next=0, event_forged_next=1)
    (made,) = sandbox.ask("setup", {"stock": {"SIGNED": 1}})["garments"]
    sandbox.floor(move={"rfid": made["rfid"], "to": "PostRentalInspection"})
    counts = sandbox.until(
        lambda: (found := sandbox.books("events")["counts"])["delivered"] >= 1 and len(ear.heard) >= 3 and found
    )
    assert counts["forged"] >= 1
    believed = [json.loads(body) for told, body in ear.heard if judged(told, body) == 204]
    mine = [one for one in believed if one["Data"].get("RFID") == made["rfid"]]
    assert [one["Data"]["ToStatus"] for one in mine] == ["PostRentalInspection"]
