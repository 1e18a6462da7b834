"""People of the demo: each works in a thread of its own, again and again, until told to stop or until all is done."""

from __future__ import annotations

import threading

import requests
import structlog
from psycopg.errors import DeadlockDetected

from workers.demo.setting.stand_ins import Refused

log = structlog.get_logger(__name__)


class Hand(threading.Thread):
    """One pair of hands. ``over`` says that nothing is left to do; ``failure`` is what must not have happened."""

    pause = 0.5  # seconds between two turns

    def __init__(self, name: str) -> None:
        super().__init__(name=name, daemon=True)
        self.over = False
        self.failure: Exception | None = None
        self._resting = threading.Event()

    def turn(self) -> bool:
        """Do what can be done now. False when nothing will ever be left to do."""
        raise NotImplementedError

    def run(self) -> None:
        """Turn after turn. A partner that cannot be reached, or says no, is asked again at the next turn.

        So is the fleet where it was at the same thing.
        """
        try:
            while not self._resting.wait(self.pause):
                try:
                    if not self.turn():
                        break
                except (requests.RequestException, Refused) as error:
                    log.info("a hand tries again", hand=self.name, error=str(error))
                except DeadlockDetected as error:
                    log.warning("the fleet was at the same thing", hand=self.name, where=error.diag.context)
        except Exception as error:  # noqa: BLE001  it is raised where the demo waits
            self.failure = error
        self.over = True

    def stop(self) -> None:
        """Let the hands rest, and wait for the turn that they are at."""
        self._resting.set()
        if self.is_alive():
            self.join(timeout=30)
