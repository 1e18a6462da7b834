"""The frame of every page, and the pieces that pages are made of. Pure: rows in, HTML out."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence

from workers.views.snapshot import Row
from workers.views.wording import system_user
from workers.web.desk.markup import Markup, code, join, moment, table, tag
from workers.web.desk.style import STYLE

STYLE_HASH = "sha256-" + base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
PLACES = (("/", "Fleet"), ("/exceptions", "Exceptions"), ("/orders", "Orders"), ("/worklists", "Worklists"))
LOOKS = {
    **dict.fromkeys(("delivered", "dispatched", "resolved", "open gate", "sent", "confirmed"), "good"),
    **dict.fromkeys(("dead", "shut", "critical", "error", "flagged", "missed"), "bad"),
    **dict.fromkeys(("held", "waiting", "warning", "cancelling", "part_dispatched", "closed_short"), "warn"),
}


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


def facts_list(facts: Sequence[tuple[str, object]]) -> Markup:
    """Names and values."""
    return tag("dl", *(join((tag("dt", name), tag("dd", value))) for name, value in facts))


def next_step(what: object, *commands: str) -> Markup:
    """The next step of a person, and the command for it."""
    return tag("div", tag("p", what), *(tag("p", code(command)) for command in commands), class_="next")


def timeline(caption: str, rows: Iterable[Row]) -> Markup:
    """Steps in the order of time: when, what, why, the name that a person gave, and the system's user."""
    return table(
        caption,
        ("when", "step", "why", "who", "system user", "flow", "connection"),
        [[moment(r["at"]), r["step"], r["note"], r["who"], system_user(r), r["flow"], r["connection"]] for r in rows],
    )


def ledger_away() -> str:
    """Postgres cannot be reached, or is not migrated."""
    return page(
        "The ledger cannot be read",
        "",
        next_step(
            "Nothing is lost: what was said before is safe, and partners repeat what we do not confirm."
            " See whether Postgres is up, and whether the release step ran:",
            "fleet check",
            "fleet migrate",
        ),
    )


def nothing(searched: str) -> str:
    """The search page; with ``searched``, the answer that nothing was found."""
    hint = (
        "Type a sales order, an invoice, an associated reference, a fulfilment, the warehouse's own number"
        " or a tracking number."
    )
    answer = f"Nothing is known by {searched!r}." if searched else ""
    return page("Orders", "/orders", tag("p", answer), tag("p", hint, class_="soft"), searched=searched)
