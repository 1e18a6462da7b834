"""Flower, kept fresh: by itself it asks workers for their queues only when it starts, which is before they are up."""

from __future__ import annotations

import sys
from typing import Any

from flower import command
from flower.app import Flower
from tornado.ioloop import PeriodicCallback

from workers.app import app

ASK_EVERY = 5_000  # milliseconds


class Fresh(Flower):  # type: ignore[misc]
    """Flower that asks its workers again and again, so that its broker page names every queue."""

    def start(self, *arguments: Any, **options: Any) -> None:
        """Start, and keep asking."""
        self.asking = PeriodicCallback(self.update_workers, ASK_EVERY)
        self.asking.start()
        super().start(*arguments, **options)


if __name__ == "__main__":
    command.Flower = Fresh
    app.start(["flower", *sys.argv[1:]])
