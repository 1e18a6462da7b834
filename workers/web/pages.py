"""What each page of the desk says, as HTML. Pure: rows in, text out; no names and no addresses among them."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from urllib.parse import quote

from workers.ledger.cases import STATES, Case
from workers.ledger.stories import Story
from workers.ledger.views import Connection, Flow, Overview, Row
from workers.web.markup import Markup, code, join, link, moment, span, table, tag
from workers.web.style import STYLE

STYLE_HASH = "sha256-" + base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
PLACES = (("/", "Fleet"), ("/exceptions", "Exceptions"), ("/orders", "Orders"))
LOOKS = {
    **dict.fromkeys(("delivered", "dispatched", "resolved", "open gate", "sent", "confirmed"), "good"),
    **dict.fromkeys(("dead", "shut", "critical", "error", "flagged", "missed"), "bad"),
    **dict.fromkeys(("held", "waiting", "warning", "cancelling", "part_dispatched", "closed_short"), "warn"),
}
FLOW_COLUMNS = (
    *("flow", "received", "queued", "working", "sent, proof due", "waiting", "held", "delivered"),
    *("ended otherwise", "dead", "exceptions"),
)


def page(title: str, here: str, *content: object, searched: str = "") -> str:
    """A whole page. ``here`` is the path of the place that it belongs to."""
    places = [tag("a", label, href=path, aria_current="page" if path == here else None) for path, label in PLACES]
    search = tag(
        "form",
        tag("label", "Order, invoice or reference", for_="q"),
        Markup(f'<input id="q" name="q" type="search" required maxlength="100" value="{_attribute(searched)}">'),
        tag("button", "Find"),
        action="/orders",
        role="search",
    )
    return "<!doctype html>\n" + tag(
        "html",
        tag(
            "head",
            Markup('<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'),
            tag("title", f"{title} · Khaos fleet"),
            tag("style", Markup(STYLE)),
        ),
        tag(
            "body",
            tag("a", "Skip to the content", class_="skip", href="#content"),
            tag("header", tag("strong", "Khaos fleet"), tag("nav", *_spaced(places), aria_label="Places"), search),
            tag("main", tag("h1", title), *content, id="content"),
            tag("footer", "Times are UTC. This desk only shows; the ", code("fleet"), " command acts."),
        ),
        lang="en",
    )


def _attribute(text: str) -> str:
    return tag("i", text)[3:-4].replace('"', "&quot;")


def _spaced(parts: Iterable[object]) -> list[object]:
    spaced: list[object] = []
    for part in parts:
        spaced += [part, Markup(" &nbsp; ")]
    return spaced[:-1]


def mark(word: str, look: str | None = None) -> Markup:
    """A state as a coloured word: the word says it, the colour only helps."""
    return tag("span", word.replace("_", " "), class_=f"mark {look or LOOKS.get(word, '')}".strip())


def fleet(found: Overview) -> str:
    """The front page: flows, connections, processes."""
    numbers = frozenset(range(1, len(FLOW_COLUMNS)))
    late = found.oldest_due is not None and found.oldest_due > 60  # noqa: PLR2004  a minute's wait is worth a look
    facts = [
        ("as of", moment(found.at)),
        ("exceptions", link("/exceptions", f"{found.exceptions} open")),
        (
            "oldest message that may go",
            mark(f"due for {span(found.oldest_due)}", "warn" if late else "") if found.oldest_due else "none waits",
        ),
        ("records to be read", found.unread),
        ("processes alive", ", ".join(f"{name} × {n}" for name, n in found.processes.items()) or mark("none", "bad")),
    ]
    shut = [c for c in found.connections if not c.open]
    return page(
        "Fleet",
        "/",
        facts_list(facts),
        *(
            next_step(
                f"{c.name} is shut ({c.shut_kind}). It is probed by itself; to open it by hand:", f"fleet open {c.name}"
            )
            for c in shut
        ),
        table("Flows", FLOW_COLUMNS, map(_flow, found.flows), numbers=numbers),
        table(
            "Connections",
            (
                "connection",
                "system",
                "gate",
                "since",
                "calls",
                "waiting",
                "ready",
                "held",
                "a minute",
                "ready ones gone in",
            ),
            map(_connection, found.connections),
            numbers=frozenset(range(4, 10)),
        ),
    )


def _flow(flow: Flow) -> list[object]:
    troubled = flow.exceptions + flow.dead
    return [
        flow.name, flow.received, flow.queued, flow.working, flow.sent, flow.waiting, flow.held, flow.delivered,
        flow.ended_otherwise, flow.dead, mark(str(flow.exceptions), "bad") if troubled else 0,
    ]  # fmt: skip


def _connection(one: Connection) -> list[object]:
    gate = mark("open", "good") if one.open else join((mark("shut", "bad"), " ", one.shut_kind, ": ", one.shut_reason))
    backlog = span(one.clears_in) if one.clears_in is not None else "not to be said"
    return [
        one.name, one.system, gate, moment(one.shut_since), f"{one.calls}/{one.slots}", one.waiting, one.ready,
        one.held, f"{one.per_minute:g}", backlog,
    ]  # fmt: skip


def facts_list(facts: Sequence[tuple[str, object]]) -> Markup:
    """Names and values."""
    return tag("dl", *(join((tag("dt", name), tag("dd", value))) for name, value in facts))


def next_step(what: object, *commands: str) -> Markup:
    """What a person does next, and the command for it."""
    return tag("div", tag("p", what), *(tag("p", code(command)) for command in commands), class_="next")


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
            ("number", "kind", "subject", "order", "connection", "owner", "severity", "state", "times", "since", "reason"),
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
                f"{message['id']}: {message['kind']} {message['reference']} v{message['version']}, {message['state']}, attempt {message['attempt']}",
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


def timeline(caption: str, rows: Iterable[Row]) -> Markup:
    """Steps in the order of time: when, what, why, who."""
    return table(
        caption,
        ("when", "step", "why", "who", "flow", "connection"),
        [[moment(r["at"]), r["step"], r["note"], r["who"], r["flow"], r["connection"]] for r in rows],
    )


def ledger_away() -> str:
    """Postgres cannot be reached, or is not migrated."""
    return page(
        "The ledger cannot be read",
        "",
        next_step(
            "Nothing is lost: what was said before is safe, and partners repeat what we do not confirm. See whether Postgres is up, and whether the release step ran:",
            "fleet check",
            "fleet migrate",
        ),
    )


def nothing(asked: str) -> str:
    """The search page; and its answer when nothing is known by ``asked``."""
    hint = "Type a sales order, an invoice, an associated reference, a fulfilment, the warehouse's own number or a tracking number."
    said = f"Nothing is known by {asked!r}." if asked else ""
    return page("Orders", "/orders", tag("p", said), tag("p", hint, class_="soft"), searched=asked)


def order(story: Story) -> str:
    """The story of an order."""
    from workers.web.order_page import sections  # noqa: PLC0415  it uses the pieces above

    return page(f"Order {', '.join(story.stories)}", "/orders", *sections(story), searched=story.asked)
