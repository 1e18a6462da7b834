from __future__ import annotations

import json

from adapters.clarus.refusals import refusal
from adapters.http import Reply
from fleet_tests.places import SAMPLES

SAMPLE = SAMPLES / "clarus" / "error_422_validation.json"


def test_a_refusal_says_clarus_symbol_and_why() -> None:
    told = refusal(Reply(422, {}, SAMPLE.read_bytes()), "create_goods_out", b"{}")
    assert (told.symbol, told.status) == ("validation_failed", 422)
    assert "reference can't be blank" in told.what


def test_a_refusal_never_repeats_what_a_person_typed() -> None:
    sent = json.dumps({"data": {"relationships": {"name": "Ada Example", "line": "1 Secret Street"}}}).encode()
    details = "address of Ada Example, Secret Street 1, ada@example.com, 0113 496 is too long"
    body = json.dumps({"errors": [{"code": 1, "symbol": "s", "details": details}]}).encode()
    what = refusal(Reply(422, {}, body), "create_goods_out", sent).what
    assert "is too long" in what
    assert not any(word in what for word in ("Ada", "Example", "Secret", "Street", "ada@", "0113", "496"))


def test_a_refusal_without_a_readable_body_still_has_its_status() -> None:
    told = refusal(Reply(403, {}, b"<html>no</html>"), "read", None)
    assert (told.symbol, told.status) == ("", 403)
