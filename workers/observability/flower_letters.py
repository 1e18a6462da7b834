"""Dead letters on Flower's pages, as long as they stand: by queue, by reference, with links to the desk.

A bell is gone as soon as it was heard, so the lengths of `<flow>.dead` in the broker say nothing of what stands. The
process that ticks tells Flower every half minute which dead letters stand; here each becomes a failed task of its
queue, also after a restart of Flower, and a succeeded one once it stands no more.
"""

from __future__ import annotations

import html
import re
from typing import Any
from urllib.parse import quote

from flower.app import Flower
from flower.views.broker import BrokerView
from flower.views.tasks import TaskView
from tornado import web

EVENT = "dead-letters"
TASK_ID = re.compile(r"[^:]+:[^:]+:(?P<reference>.+):\d+(:dead-\d+)?")  # flow, connection, reference, version
ACTIONS = b'<div class="detail-actions">'  # where Flower's page of a task has its buttons


class Letters:
    """The dead letters that stand, as the fleet told them last."""

    def __init__(self) -> None:
        self.desk = ""  # where people reach the desk; empty: no links
        self.counts: dict[str, int] = {}  # by queue
        self.exceptions: dict[str, int] = {}  # the number of its exception, by the letter's id
        self._shown: set[str] = set()

    def take(self, state: Any, event: dict[str, Any]) -> None:
        """Make tasks of what an event says; ``state`` is Flower's own of all tasks."""
        shared = {k: v for k, v in event.items() if k not in ("type", "desk", "counts", "letters")}
        letters = {letter["id"]: letter for letter in event["letters"]}
        for uuid, letter in letters.items():
            if uuid not in state.tasks:
                task = shared | {"uuid": uuid, "timestamp": letter["died"]}
                state.event(task | {"type": "task-received", "name": letter["queue"], "args": "", "kwargs": "{}"})
                state.event(task | {"type": "task-failed", "exception": letter["kind"], "traceback": ""})
        for uuid in self._shown - letters.keys():
            if uuid in state.tasks:
                over = shared | {"uuid": uuid, "type": "task-succeeded", "result": "stands no more", "runtime": 0.0}
                state.event(over)
        self.desk, self.counts, self._shown = event["desk"], event["counts"], set(letters)
        self.exceptions = {uuid: letter["exception"] for uuid, letter in letters.items()}


def show(flower: Flower) -> None:
    """Have this Flower show dead letters. Called once, before it starts."""
    letters = flower.letters = Letters()
    state = flower.events.state
    as_ever = state.event

    def event(one: dict[str, Any]) -> None:
        if one["type"] == EVENT:
            letters.take(state, one)
        else:
            as_ever(one)

    state.event = event
    flower.add_handlers(r".*", [web.url(r"/task/(.+)", Task, name="task"), web.url(r"/broker", Queues, name="broker")])


class Queues(BrokerView):  # type: ignore[misc]
    """Flower's page of queues: the length of a dead-letter queue is the number of letters that stand."""

    def render(self, *arguments: Any, **values: Any) -> None:
        """Show the page."""
        counts = self.application.letters.counts
        for queue in values["queues"]:
            if queue["name"] in counts:
                queue["messages"] = counts[queue["name"]]
        super().render(*arguments, **values)


class Task(TaskView):  # type: ignore[misc]
    """Flower's page of a task, with links to its order and to its exception on the desk."""

    def render_string(self, template_name: str, **values: Any) -> bytes:
        """Make the page."""
        page: bytes = super().render_string(template_name, **values)
        if template_name != "task.html":
            return page
        return page.replace(ACTIONS, ACTIONS + self._links(values["task"].uuid).encode(), 1)

    def _links(self, uuid: str) -> str:
        letters: Letters = self.application.letters
        named = TASK_ID.fullmatch(uuid)
        if not letters.desk or not named:
            return ""
        reference = named["reference"]
        links = [(f"/orders?q={quote(reference, safe='')}", f"Find {reference} on the desk")]
        if number := letters.exceptions.get(uuid):
            links.append((f"/exceptions/{number}", f"Open exception {number} on the desk"))
        return "".join(
            f'<a class="btn btn-outline-secondary" href="{html.escape(letters.desk + path)}">{html.escape(label)}</a> '
            for path, label in links
        )
