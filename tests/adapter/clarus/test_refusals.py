from __future__ import annotations

import json

import pytest

from adapters.clarus.refusals import refusal
from adapters.http import Reply
from fleet_tests.places import SAMPLES

SAMPLE = SAMPLES / "clarus" / "error_422_validation.json"


def test_a_refusal_says_clarus_symbol_and_why() -> None:
    told = refusal(Reply(422, {}, SAMPLE.read_bytes()), "create_goods_out")
    assert (told.symbol, told.status) == ("validation_failed", 422)
    assert told.what == "create_goods_out: Clarus refused with HTTP 422 validation_failed at reference"
    assert "reference can't be blank" in told.theirs


@pytest.mark.parametrize("symbol", ["s", "Ada Example of 1 Secret Street has a name that is too long"])
def test_the_reason_of_a_refusal_never_repeats_what_a_person_typed(symbol: str) -> None:
    details = "address of Ada Example, Secret Street 1, ada@example.com, 0113 496 is too long"
    body = json.dumps({"errors": [{"code": 1, "symbol": symbol, "details": details}]}).encode()
    told = refusal(Reply(422, {}, body), "create_goods_out")
    assert details in told.theirs
    assert not any(word in f"{told} {told.symbol}" for word in ("Ada", "Example", "Secret", "Street", "ada@", "0113"))


def test_a_refusal_without_a_readable_body_still_has_its_status() -> None:
    told = refusal(Reply(403, {}, b"<html>no</html>"), "read")
    assert (told.symbol, told.status) == ("", 403)
