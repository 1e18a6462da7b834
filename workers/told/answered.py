"""Which message an answer is to, and what any answer does: it is noted, told, and awaited no more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from workers.reading import Reading


@dataclass(frozen=True, slots=True)
class Answered:
    """The message that is answered, as it was posted. ``newest`` is false for one that was written anew since."""

    number: int
    flow: str
    kind: str
    reference: str
    subject: str
    story: str
    body: dict[str, Any]
    newest: bool


def answered_by(reading: Reading, number: str) -> Iterator[Answered]:
    """The message that was sent under a control number of ours."""
    if not number.isdigit():
        return
    for row in reading.run(
        "select c.number, k.flow, k.kind, k.reference, b.body, coalesce(m.subject, s.subject) as subject,"
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
            row["number"], row["flow"], row["kind"], row["reference"], row["subject"] or f"order:{row['reference']}",
            row["story"] or row["reference"], row["body"] or {}, row["newest"],
        )  # fmt: skip


def keep(reading: Reading, answered: Answered, what: str) -> None:
    """An answer may be faster than the settling of what it answers: that looks here."""
    reading.run(
        "update control_number set said = said || %s::text where connection = %s and number = %s and %s <> all (said)",
        what,
        reading.record.connection,
        answered.number,
        what,
    )


def over(reading: Reading, subject: str, what: str) -> None:
    """What was awaited has come, and no exception says any more that it has not."""
    reading.run("delete from expectation where subject = %s and what = %s", subject, what)
    reading.run(
        "select close_exception('answer_missing', %s, %s, 'fleet') where not exists"
        " (select 1 from expectation where subject = %s and kind = 'answer_missing' and missed_at is not null)",
        subject,
        f"{what}: the answer has come",
        subject,
    )


def tell(reading: Reading, answered: Answered, step: str, note: str) -> None:
    """A line in the story of what is answered."""
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
    """An exception about what is answered."""
    reading.file_exception(kind, answered.subject, answered.story, answered.flow, reading.record.connection, reason)
