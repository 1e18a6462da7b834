"""The front page: where every flow and every connection stands."""

from __future__ import annotations

from workers.views.overview import Connection, Flow, Overview
from workers.views.wording import span
from workers.web.desk.frame import facts_list, mark, next_step, page
from workers.web.desk.markup import join, link, moment, table

FLOW_COLUMNS = (
    *("flow", "received", "queued", "working", "sent, proof due", "waiting", "held", "delivered"),
    *("ended otherwise", "dead", "exceptions"),
)


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
        ("processes alive", ", ".join(f"{n} {name}" for name, n in found.processes.items()) or mark("none", "bad")),
    ]
    shut = [c for c in found.connections if not c.open]
    return page(
        "Fleet",
        "/",
        facts_list(facts),
        *(
            next_step(
                f"{c.name} is not live: nothing is sent to it. When its audit is fine:", f"fleet go-live {c.name}"
            )
            if c.shut_kind == "not_live"
            else next_step(
                f"{c.name} is shut: the ledger may come from a backup. If it does:", 'fleet restored --by "YOUR NAME"'
            )
            if c.shut_kind == "restored_suspected"
            else next_step(
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
