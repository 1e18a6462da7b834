"""The message that an answer speaks of: found by its control number, and what of it is over with the answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from workers.orders_out.due import dispatch_within
from workers.spine import exceptions
from workers.spine.reading import Reading


@dataclass(frozen=True, slots=True)
class Answered:
    """The message that is answered, as it was posted. ``newest`` is false for one that was written anew since."""

    number: int
    message: int
    flow: str
    kind: str
    reference: str
    subject: str
    story: str
    body: dict[str, Any]
    newest: bool


def of_number(reading: Reading, number: str) -> Iterator[Answered]:
    """The message that was sent under a control number of ours."""
    if not number.isdecimal():
        return
    for row in reading.run(
        "select c.number, c.message_id, k.flow, k.kind, k.reference, b.body, coalesce(m.subject, s.subject) as subject,"
        " coalesce(m.story, s.story) as story, not exists (select 1 from control_number n join message_key o"
        " on o.message_id = n.message_id where n.connection = c.connection and n.number > c.number and o.flow = k.flow"
        " and o.kind = k.kind and o.reference = k.reference and o.connection = k.connection) as newest"
        " from control_number c join message_key k on k.message_id = c.message_id"
        " left join message m on m.id = c.message_id left join message_settled s on s.id = c.message_id"
        " left join message_body b on b.message_id = c.message_id where c.connection = %s and c.number = %s",
        reading.record.connection,
        int(number),
    ):
        yield Answered(
            row["number"], row["message_id"], row["flow"], row["kind"], row["reference"],
            row["subject"] or f"order:{row['reference']}", row["story"] or row["reference"], row["body"] or {},
            row["newest"],
        )  # fmt: skip


def of_reference(reading: Reading, reference: str, kind: str) -> Iterator[Answered]:
    """The newest message of a kind for a reference, where a partner names no control number of ours.

    It gets a number all the same: what is said of it stands by that, and whoever settles it late looks there.
    """
    for row in reading.run(
        "select n.number from (select k.message_id, coalesce(m.generation, s.generation) as generation"
        " from message_key k left join message m on m.id = k.message_id"
        " left join message_settled s on s.id = k.message_id"
        " where k.flow = 'orders-out' and k.connection = %s and k.kind = %s and k.reference = %s"
        " order by k.message_id desc limit 1) newest"
        " cross join lateral number_for(%s, newest.message_id, newest.generation) n",
        reading.record.connection,
        kind,
        reference,
        reading.record.connection,
    ):
        yield from of_number(reading, str(row["number"]))


def keep(reading: Reading, answered: Answered, what: str) -> None:
    """Keep an answer that came before its message was settled; the settling looks here."""
    reading.run(
        "update control_number set said = said || %s::text where connection = %s and number = %s and %s <> all (said)",
        what,
        reading.record.connection,
        answered.number,
        what,
    )


def was_answered(reading: Reading, answered: Answered) -> bool:
    """Tell whether anything was answered to what was sent under this number: then it was taken."""
    return bool(
        reading.run(
            "select 1 as one from control_number where connection = %s and number = %s and said <> '{}'",
            reading.record.connection,
            answered.number,
        )
    )


def over(reading: Reading, subject: str, what: str) -> None:
    """Clear expectation ``what`` of ``subject``; close ``answer_missing`` unless another answer is overdue."""
    reading.run("delete from expectation where subject = %s and what = %s", subject, what)
    reading.close_exception("envelope_faulted", subject, f"{what}: an answer to what stood in it has come")
    exceptions.close_all(
        reading.run,
        "e.kind = 'answer_missing' and e.subject = %s and not exists (select 1 from expectation x"
        " where x.subject = e.subject and x.kind = 'answer_missing' and x.missed_at is not null)",
        subject,
        why=f"{what}: the answer has come",
    )


def in_doubt(reading: Reading, answered: Answered) -> bool:
    """Whether its sending is in doubt and no worker holds it. Locks it."""
    return bool(
        reading.run(
            "select id from message where id = %s and state in ('queued', 'waiting', 'dead') and maybe_sent_at is not"
            " null for update skip locked",
            answered.message,
        )
    )


def arrived(reading: Reading, answered: Answered) -> None:
    """Settle a message in doubt whose answer came: it had arrived, and is not sent again."""
    if not in_doubt(reading, answered):
        return
    reading.run("select finish(%s, 'delivered', 'its answer shows that it had arrived', 'fleet')", answered.message)
    warehouse = reading.runtime.warehouse(reading.record.connection)
    argument = {
        "reference": answered.reference,
        "their_id": answered.reference,
        "subject": answered.subject,
        "story": answered.story,
        "flow": answered.flow,
        "connection": reading.record.connection,
        "message": answered.message,
    }
    if answered.kind == "order":
        within = dispatch_within(reading.runtime, reading.record.connection, json.dumps(answered.body))
        reading.run("select order_sent(%s)", json.dumps({**argument, "within": within}))
        reading.run("select await_answers(%s)", json.dumps({**argument, "answers": warehouse.orders.answers}))
    elif answered.kind == "cancel":
        within = warehouse.orders.answer_patience
        reading.run("select await_cancellation(%s)", json.dumps({**argument, "within": within}))
    elif answered.kind == "advice":
        reading.run(
            "update return_advice set state = 'sent', their_id = reference where reference = %s and state = 'new'",
            answered.reference,
        )


def add_to_timeline(reading: Reading, answered: Answered, step: str, note: str) -> None:
    """Add a step to its timeline."""
    reading.run(
        "insert into timeline (story, subject, flow, connection, step, note) values (%s, %s, %s, %s, %s, %s)",
        answered.story,
        answered.subject,
        answered.flow,
        reading.record.connection,
        step,
        note,
    )


def file(reading: Reading, kind: str, answered: Answered, reason: str) -> None:
    """File an exception of its subject."""
    reading.file_exception(
        kind,
        subject=answered.subject,
        story=answered.story,
        flow=answered.flow,
        connection=reading.record.connection,
        why=reason,
    )
