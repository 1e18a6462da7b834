"""The channel's day: when the configuration is read, when each endpoint is pulled, when changes are posted.

Time runs on a clock of its own, ``clock`` times as fast as the world's. Source: the vendor's repository
kcc-web-services, README (configuration cached for a day, Frequency in minutes).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from adapters.khaos.sandbox.books import Books
from adapters.khaos.sandbox.calling import OK, call
from adapters.khaos.sandbox.channel.config import DOWNLOADS, BadConfig, Endpoint, check_url, read_config
from adapters.khaos.sandbox.channel.pulls import Puller
from adapters.khaos.sandbox.channel.pushes import Pusher
from adapters.khaos.sandbox.channel.tally import Tally, code_of
from adapters.khaos.sandbox.switches import Switches

DAY, MINUTE = 86400.0, 60.0
STEP = 15.0  # seconds of the channel's clock between two looks
SHORTEST, LONGEST = 0.02, 5.0  # of the world's clock


class Settings(BaseModel):
    """The channel's own screen in Khaos. ``clock``: how many of its seconds pass in one of ours."""

    model_config = ConfigDict(extra="forbid")

    config_url: str = ""
    user: str = ""
    password: str = ""
    clock: float = Field(default=1.0, gt=0)
    enabled: bool = True


class Channel:
    """One channel over the sandbox's books; it does nothing until ``set_up`` enables it."""

    def __init__(self, books: Books, switches: Callable[[], Switches]) -> None:
        self.books = books
        self.tally = Tally()
        self.settings = Settings(enabled=False)
        self.endpoints: dict[str, Endpoint] = {}
        self.problem = ""
        self._puller = Puller(books, self.tally, switches)
        self._pusher = Pusher(books, self.tally, switches)
        self._due: dict[str, float] = {}
        self._wanted: dict[str, tuple[str, ...]] = {}
        self._config_due = 0.0
        self._clock_base, self._world_base = 0.0, time.monotonic()
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def moment(self) -> float:
        """Seconds of the channel's clock."""
        return self._clock_base + (time.monotonic() - self._world_base) * self.settings.clock

    def set_up(self, wanted: dict[str, Any], *, force: bool = False) -> None:
        """Save the screen: what is not named keeps its value, and the channel runs unless ``enabled`` says no.

        The configuration is read anew when its URL changed or with ``force``. Raises BadConfig and
        pydantic's ValidationError; then nothing is saved.
        """
        fresh = Settings(**{**self.settings.model_dump(), "enabled": True, **wanted})
        if fresh.enabled:
            check_url(fresh.config_url)
        self._clock_base, self._world_base = self.moment(), time.monotonic()
        if force or fresh.config_url != self.settings.config_url:
            self._config_due = 0.0
        self.settings = fresh
        if fresh.enabled and (self._task is None or self._task.done()):
            self._task = asyncio.get_running_loop().create_task(self._run())
        elif not fresh.enabled and self._task is not None:
            self._task.cancel()
            self._task = None
        self._wake.set()

    def retry(self, references: Iterable[str], endpoints: Iterable[str] = DOWNLOADS) -> None:
        """Ask for these references again at once, as an operator's "retry download" does."""
        for name in endpoints:
            self._wanted[name] = (*self._wanted.get(name, ()), *references)
        self._wake.set()

    async def _run(self) -> None:
        while True:
            self._wake.clear()
            try:
                await self._step()
            except Exception as error:  # noqa: BLE001 -- one batch that nobody foresaw must not end the channel
                self.tally.failures[f"{type(error).__name__}: {error}"] += 1
            with suppress(TimeoutError):
                pause = min(LONGEST, max(SHORTEST, STEP / self.settings.clock))
                await asyncio.wait_for(self._wake.wait(), pause)

    async def _step(self) -> None:
        self.books.tick()
        if self.moment() >= self._config_due:
            await self._read_config()
        auth = (self.settings.user, self.settings.password)
        for name in DOWNLOADS:
            if (endpoint := self.endpoints.get(name)) is None:
                continue
            if wanted := self._wanted.pop(name, ()):
                await self._puller.pull(name, endpoint, auth, wanted)
            if (moment := self.moment()) >= self._due.get(name, 0.0):
                self._due[name] = moment + endpoint.every * MINUTE
                await self._puller.pull(name, endpoint, auth)
        if self.endpoints:
            self._pusher.collect(self.endpoints, self._puller.pulled_orders)
            await self._pusher.post_due(self.endpoints, auth, self.moment())

    async def _read_config(self) -> None:
        """Any other answer than a 200 with a proper file leaves no channel; it is asked for again in a minute."""
        answer = await call("GET", self.settings.config_url, auth=(self.settings.user, self.settings.password))
        self.tally.config[code_of(answer.status)] += 1
        self.endpoints, self.problem = {}, ""
        if answer.status != OK:
            self.problem = f"the configuration was answered {code_of(answer.status)} {answer.error}".strip()
        else:
            try:
                self.endpoints = dict(read_config(answer.body))
            except BadConfig as error:
                self.problem = str(error)
        self._config_due = self.moment() + (MINUTE if self.problem else DAY)

    def shown(self) -> dict[str, Any]:
        """Counts of everything, for the books; the password is left out."""
        return {
            "enabled": self.settings.enabled,
            "linked": bool(self.endpoints),
            "problem": self.problem,
            "clock": self.settings.clock,
            "endpoints": {
                name: {"url": e.url, "format": e.form, "frequency": e.every} for name, e in self.endpoints.items()
            },
            "continuation": dict(self._puller.continuation),
            "waiting": len(self._pusher.outbox),
            **self.tally.shown(),
        }
