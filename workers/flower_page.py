"""Flower, kept fresh: by itself it asks workers for their queues only when it starts, which is before they are up."""

from __future__ import annotations

import os
import sys
from typing import Any

from flower import command
from flower.app import Flower
from tornado.ioloop import PeriodicCallback

from workers.broker.celery_app import fleet_app
from workers.config import environment
from workers.observability import flower_letters

ASK_EVERY, ASK_LATER = 5_000, 60_000  # milliseconds: while workers start, and from then on
FIRST = 24  # times


class Fresh(Flower):  # type: ignore[misc]
    """Flower that asks its workers again and again, so that its broker page names every queue."""

    def start(self, *arguments: Any, **options: Any) -> None:
        """Start, and keep asking."""
        flower_letters.show(self)
        self.asked = 0
        self.asking = PeriodicCallback(self.ask, ASK_EVERY)
        self.asking.start()
        super().start(*arguments, **options)

    def ask(self) -> None:
        """Ask every worker: answering costs each of them more than anything else that it does while it is idle."""
        self.asked += 1
        if self.asked >= FIRST:
            self.asking.callback_time = ASK_LATER
        self.update_workers()


def broker() -> str:
    """The broker's URL. Where the environment has it, no other setting and no partner's secret is read."""
    if url := environment().broker_url:
        return url
    from workers.wiring.systems import configuration  # noqa: PLC0415  it reads every connection's secrets

    return configuration().fleet.broker_url


if __name__ == "__main__":
    command.Flower = Fresh
    if login := environment().flower_basic_auth:  # Flower reads its own variable, and no file:PATH
        os.environ["FLOWER_BASIC_AUTH"] = login
    fleet_app(broker()).start(["flower", *sys.argv[1:]])
