"""The exception table and one exception, each with the command that takes it further."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from workers.views.exceptions import STATES, Case
from workers.views.snapshot import Row
from workers.web.desk.frame import facts_list, mark, next_step, page, timeline
from workers.web.desk.markup import Markup, join, link, moment, table, tag

COLUMNS = (
    *("number", "kind", "subject", "order", "connection", "owner", "severity", "state", "times", "since"),
    "reason",
)


def exceptions(rows: Sequence[Row], counts: Sequence[Row], chosen: dict[str, str]) -> str:
    """The list, filtered by ``state``, ``kind`` and ``owner``."""
    kinds = sorted({row["kind"] for row in counts} | {chosen["kind"]} - {""})
    owners = sorted({row["owner"] for row in counts} | {chosen["owner"]} - {""})
    form = tag(
        "form",
        _select("state", STATES, chosen["state"], anything=False),
        _select("kind", kinds, chosen["kind"]),
        _select("owner", owners, chosen["owner"]),
        tag("button", "Filter"),
        action="/exceptions",
        class_="filter",
    )
    total = sum(row["n"] for row in counts)
    note = f"{total} stand open; {len(rows)} shown"
    return page(
        "Exceptions",
        "/exceptions",
        form,
        table(
            note,
            COLUMNS,
            [
                [
                    link(f"/exceptions/{row['id']}", row["id"]), row["kind"], row["subject"], _order(row["story"]),
                    row["connection"], row["owner"], mark(row["severity"]), mark(row["state"]), row["times"],
                    moment(row["first_at"]), row["reason"],
                ]
                for row in rows
            ],
            numbers=frozenset({8}),
        ),
    )  # fmt: skip


def _select(name: str, words: Sequence[str], chosen: str, *, anything: bool = True) -> Markup:
    options = [("", "any"), *((w, w) for w in words)] if anything else [(w, w) for w in words]
    shown = [tag("option", label, value=value, selected="" if value == chosen else None) for value, label in options]
    return tag("label", name, tag("select", *shown, name=name))


def _order(story: str) -> Markup:
    return link(f"/orders?q={quote(story, safe='')}", story)


def exception(case: Case) -> str:
    """One exception, and the command for its next step."""
    row, number = case.exception, case.exception["id"]
    facts: list[tuple[str, object]] = [
        ("kind", row["kind"]), ("subject", row["subject"]), ("order", _order(row["story"])), ("flow", row["flow"]),
        ("connection", row["connection"]), ("owner", row["owner"]), ("severity", mark(row["severity"])),
        ("state", mark(row["state"])), ("reason", row["reason"]), ("times", row["times"]),
        ("first", moment(row["first_at"])), ("last", moment(row["last_at"])), ("record", row["record_id"]),
    ]  # fmt: skip
    if row["closed_at"]:
        facts.append(("closed", join((moment(row["closed_at"]), f" by {row['closed_by']}: {row['closed_why']}"))))
    if case.message:
        message = case.message
        facts.append(
            (
                "message",
                (
                    f"{message['id']}: {message['kind']} {message['reference']} v{message['version']},"
                    f" {message['state']}, attempt {message['attempt']}"
                ),
            )
        )
        if message["maybe_sent_at"]:
            facts.append(("may have been sent", moment(message["maybe_sent_at"])))
    steps = [next_step(join(("Next step: ", row["next_step"])), *commands(row))] if row["state"] == "open" else []
    return page(
        f"Exception {number}", "/exceptions", *steps, facts_list(facts), timeline("What happened", case.timeline)
    )


def commands(row: Row) -> list[str]:
    """The commands that may take an open exception further."""
    number = row["id"]
    again = [f"fleet exceptions retry {number}"] if row["message_id"] or row["record_id"] else []
    return [*again, f'fleet exceptions dismiss {number} --why "…"']
