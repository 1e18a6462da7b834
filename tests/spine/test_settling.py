"""What came of a push is stored or stands before a person: nothing is pushed again because it cannot be settled."""

from __future__ import annotations

import json
from typing import Any

import pytest

from adapters.errors import Rejected, Unavailable
from fleet_tests.ledger import Ledger, Partner
from workers.ledger.store import Effect
from workers.ledger.text import clean
from workers.spine.outcomes import Delivered


@pytest.mark.parametrize("text", ["cut off: \ud83d", "nul: \x00"], ids=["half a surrogate pair", "NUL"])
@pytest.mark.parametrize("error", [Rejected, Unavailable])
def test_an_error_whose_text_no_table_can_hold_is_settled_after_one_call(
    ledger: Ledger, partner: Partner, text: str, error: Any
) -> None:
    partner.faults = [("before", error(text))]
    ledger.post("SO1-1")
    assert ledger.drain(partner) == 1
    assert (partner.pushes["SO1-1"], ledger.slots_held()) == (1, 0)
    assert ledger.message("SO1-1")["error"] == f"{text[:-1]}\ufffd"


def test_a_message_and_an_effect_with_such_characters_are_stored(ledger: Ledger, partner: Partner) -> None:
    ledger.post("SO1-1", "name \x00 and \ud83d and \U0001f600", fingerprint="x\x00")
    effect = Effect("insert into partner_fact (connection, value) values (%s, %s)", ("x\x00", json.dumps(["\x00"])))
    partner.answers = [Delivered("done\x00", (effect,))]
    ledger.drain(partner)
    assert ledger.state("SO1-1") == "delivered"
    body = ledger.store.row("select body from message_body")["body"]
    assert body["say"] == "name \ufffd and \ufffd and \U0001f600"
    assert ledger.store.row("select * from partner_fact")["value"] == ["\ufffd"]
    assert ledger.store.rows("select %s::text[] as a", ["b\x00"])[0]["a"] == ["b\ufffd"]


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("plain", "plain"),
        ("caf\u00e9 \U0001f600", "caf\u00e9 \U0001f600"),
        ('"\\u0000"', '"\\ufffd"'),
        ('"\\\\u0000"', '"\\\\u0000"'),
        ('"\\ud83d\\ude00"', '"\\ud83d\\ude00"'),
        ('"\\ude00\\ud83d"', '"\\ufffd\\ufffd"'),
    ],
)
def test_only_what_no_table_can_hold_is_replaced(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


@pytest.mark.parametrize(
    "effect",
    [
        Effect("insert into partner_fact (connection, value) values ('x', 'no json')"),
        Effect("select 1 / 0"),
        Effect("select 1 from no_such_table"),
        Effect("insert into partner_fact (connection, value) values ('x', null)"),
        Effect("insert into gate (name, kind) values (%s, 'x')", ("".join(f"{n:x}" for n in range(3000)),)),
    ],
    ids=["a value", "a fault", "a table", "a constraint", "a name as long as a page"],
)
def test_an_outcome_that_the_ledger_refuses_is_settled_dead_without_its_effects(
    ledger: Ledger, partner: Partner, effect: Effect, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = partner.push

    def push(message: Any, wire: bytes) -> Any:
        real(message, wire)
        return Delivered("done", (effect,)) if message.reference == "SO1-1" else Delivered("done")

    monkeypatch.setattr(partner, "push", push)
    ledger.post("SO1-1")
    ledger.post("SO2-1")
    assert ledger.drain(partner) == 2
    row = ledger.message("SO1-1")
    assert (row["state"], row["error_kind"], row["maybe_sent_at"] is not None) == ("dead", "outcome_not_stored", True)
    assert [dead.reference for dead in ledger.dead] == ["SO1-1"]
    assert (partner.pushes, ledger.state("SO2-1"), ledger.slots_held()) == (
        {"SO1-1": 1, "SO2-1": 1}, "delivered", 0,
    )  # fmt: skip
