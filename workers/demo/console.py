"""The demo on a console: what each flow does while it runs, and the report at its end."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Iterator

from rich.console import Console
from rich.live import Live
from rich.table import Table

from workers.broker.queues import FLOWS
from workers.demo.garment_report import sentences
from workers.demo.reconciliation.compare import Report
from workers.ledger.store import Store

STATES = ("received", "queued", "working", "sent", "waiting", "held", "delivered", "dead")
COUNTS = """
select flow, state, count(*) as n from message group by 1, 2
 union all select flow, 'delivered', count(*) from message_settled where state = 'delivered' group by 1
 union all select flow, 'received', count(*) from message_key group by 1
"""
Show = Callable[[Table], None]


@contextlib.contextmanager
def shown(console: Console) -> Iterator[Show]:
    """Something to show tables with: on a terminal the newest stands where the last one stood, else none is shown."""
    if console.is_terminal:
        with Live(console=console, refresh_per_second=4) as live:
            yield live.update
    else:
        yield lambda _table: None


def flows_table(store: Store, title: str) -> Table:
    """Messages by flow and state."""
    table = Table(title=title)
    for name in ("flow", *STATES):
        table.add_column(name, justify="left" if name == "flow" else "right")
    counts: dict[str, dict[str, int]] = {flow: {} for flow in FLOWS}
    for row in store.rows(COUNTS):
        counts.setdefault(row["flow"], {})[row["state"]] = row["n"]
    for flow, by_state in counts.items():
        table.add_row(flow, *(str(by_state.get(state, "")) for state in STATES))
    return table


def say_report(console: Console, found: Report, happened: dict[str, Counter[str]]) -> None:
    """The verdict, each figure, and what happened meanwhile."""
    verdict = "[bold green]The books balance.[/]" if found.balanced else "[bold red]The books do not balance.[/]"
    console.print(verdict)
    for name, value in found.model_dump(mode="json").items():
        if name == "acs":
            for sentence in sentences(found.acs):
                console.print(f"  {name:20} {sentence}", highlight=False)
        elif name == "outages":
            for outage in found.outages:
                console.print(f"  {'outage':20} {outage}", highlight=False)
        elif isinstance(value, dict) and name != "exceptions":
            figures = {key: figure for key, figure in value.items() if figure not in ([], {}, None)}
            console.print(f"  {name:20} {', '.join(f'{k} {v}' for k, v in figures.items())}", highlight=False)
        elif value not in ([], {}, None):
            console.print(f"  {name:20} {value}", highlight=False)
    for name, counts in happened.items():
        if counts:
            told = ", ".join(f"{what} {n}" for what, n in sorted(counts.items()))
            console.print(f"  {name:20} {told}", highlight=False)
