"""Messages that are posted together are what they would be if each had been posted by itself."""

from __future__ import annotations

import json
from typing import Any

from fleet_tests.ledger import Ledger
from workers.ledger.store import NewMessage

MESSAGE = (
    "select reference, version, subject, story, lane, state, priority, behind is not null as behind, error_kind,"
    " record_id from message order by reference, version"
)


def message(reference: str, said: str = "A", **more: Any) -> NewMessage:
    known: dict[str, Any] = {
        "flow": "orders-out", "connection": "leeds", "kind": "order", "reference": reference,
        "subject": f"order:{reference}", "story": reference, "body": {"say": said}, "fingerprint": said,
    }  # fmt: skip
    return NewMessage(**{**known, **more})


MESSAGES = (
    message("SO1-1", wire=b"{}\x00\xff", note="one line", priority=3),
    message("SO2-1", subject="order:shared"),
    message("SO3-1", subject="order:shared"),
    message("SO4-1", gates=("person:SO4",)),
    message("SO5-1", kind="read", args={"state": "dead", "error_kind": "unreadable", "error": "no", "step": "dead"}),
    message("SO1-1", "B"),
)


def post_together(ledger: Ledger, *messages: NewMessage) -> None:
    entries = json.dumps([one.as_entry(7) for one in messages])
    ledger.store.row("select post_some(%s, %s::bytea[])", entries, [one.wire for one in messages])


def post_each(ledger: Ledger, *messages: NewMessage) -> None:
    for one in messages:
        effect = one.as_effect(7)
        ledger.store.row(effect.sql, *effect.values)


def books(ledger: Ledger) -> list[list[dict[str, Any]]]:
    return [
        ledger.store.rows(MESSAGE),
        ledger.store.rows(
            "select m.reference, m.version, b.body, b.wire from message_body b join message m on m.id = b.message_id"
            " order by 1, 2"
        ),
        ledger.store.rows("select reference, version, fingerprint from message_key order by 1, 2"),
        ledger.store.rows("select story, subject, step, note, who from timeline order by 1, 2, id"),
        ledger.store.rows(
            "select m.reference, g.gate from message_gate g join message m on m.id = g.message_id order by 1"
        ),
        ledger.store.rows("select reference, version, state from message_settled order by 1, 2"),
    ]


def cleared(ledger: Ledger) -> None:
    ledger.store.run("truncate message, message_body, message_key, message_gate, message_settled, gate, timeline")


def test_the_ledger_holds_the_same_whether_messages_are_posted_together_or_one_by_one(ledger: Ledger) -> None:
    cleared(ledger)
    post_each(ledger, *MESSAGES)
    alone = books(ledger)
    cleared(ledger)
    post_together(ledger, *MESSAGES)
    assert books(ledger) == alone
    assert [row["behind"] for row in alone[0] if row["subject"] == "order:shared"] == [False, True]


def test_what_was_said_before_is_not_said_again_with_what_is_new(ledger: Ledger) -> None:
    first, again, changed = message("SO1-1"), message("SO1-1"), message("SO2-1", "B")
    post_each(ledger, first, message("SO2-1"))
    post_together(ledger, again, changed, message("SO3-1"))
    rows = ledger.store.rows("select reference, version from message order by reference")
    assert [(row["reference"], row["version"]) for row in rows] == [("SO1-1", 1), ("SO2-1", 2), ("SO3-1", 1)]
