"""ACS's place on a walk: its garments and folders, and the events that it posts in the walk's time."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from adapters.acs.files import AcsFiles
from adapters.acs.sandbox import app, coming_back, door, stock_file
from adapters.acs.sandbox.events import signed
from adapters.acs.sandbox.garments import Garment, State
from adapters.acs.sandbox.site import Credentials, Site, new_site
from workers.simulator.clock import CLOCK
from workers.simulator.settings import ACS_ACCOUNT, ACS_PASSWORD, SECRET, WEB
from workers.simulator.sftp import stamp
from workers.systems.acs.events import AcsEvents

URL = f"http://{WEB}/hooks/acs/-/all.events"
HABITS: dict[str, Any] = {
    "step_seconds": 5.0, "hire_seconds": 1800.0, "inspect_seconds": 60.0, "refurbish_seconds": 600.0,
    "dispose_seconds": 300.0, "grades": {"A": 4.0, "B": 3.0, "C": 1.0, "X": 2.0}, "never_back_rate": 0.1,
}  # fmt: skip
HABIT_OF_SEED: tuple[dict[str, Any], ...] = (  # what only an account's agreement says differs from seed to seed
    {"bodies": "json", "availability": "event", "cancels": "answer"},
    {"bodies": "text", "availability": "put", "cancels": "event"},
    {"bodies": "empty", "availability": "short", "cancels": "answer", "file_dash": "-", "file_upper": True},
)
FILE_FAULTS = (
    "file_missing_next", "file_truncate_next", "file_half_next", "file_doubled_next", "file_unknown_next",
)  # fmt: skip


class Place:
    """The place, begun anew for each seed. ``post`` is given each event that it tells."""

    def __init__(self, root: Path, post: Callable[[dict[str, Any]], None]) -> None:
        self.root, self._post = root, post
        for clocked in (AcsFiles, AcsEvents):  # a file's rest and a signature's age are reckoned in the walk's time
            clocked.__init__.__defaults__ = (_seconds,)
        self.site: Site = self._new(0)

    def begin(self, seed: int) -> None:
        """Empty folders and books."""
        self.site.events.stop()
        shutil.rmtree(self.root, ignore_errors=True)
        self.site = self._new(seed)

    def _new(self, seed: int) -> Site:
        entry = Credentials(password=ACS_PASSWORD)
        site = new_site(self.root, ACS_ACCOUNT, seed=seed, credentials=entry, monotonic=_seconds, start=CLOCK.at)
        self._habits = {**HABITS, **HABIT_OF_SEED[seed % len(HABIT_OF_SEED)]}
        site.switches.turn(self._habits)
        setattr(site.events, "_send", self._post)  # noqa: B010  mypy refuses to assign to a method
        self._counted: list[State] = []
        self.unheard: set[str] = set()  # tags of which an event was lost
        return site

    def works(self) -> None:
        """Orders go on, garments come back, files are taken and laid, as far as the clock has come."""
        app.tick(self.site)
        self._stamp()

    def counts(self) -> None:
        """A stock file is laid now."""
        stock_file.lay(self.site)
        self._stamp()

    def counts_what_changed(self) -> None:
        """A stock file is laid if a garment changed its state since the last one."""
        states = [one.states[-1] for one in self.site.garments]
        if states != self._counted:
            self.counts()
        self._counted = states

    def stock(self, units: dict[str, int]) -> list[str]:
        """So many garments of each SKU are ready; their tags."""
        return [one["rfid"] for one in door.set_up(self.site, {"stock": units})["garments"]]

    def spoils(self, dice: random.Random) -> str:
        """Something will be wrong with the next stock file."""
        fault = dice.choice(FILE_FAULTS)
        self.site.switches.turn({fault: 1})
        return fault

    def mend(self) -> None:
        """Nothing goes wrong any more, and what lay out of sight is found."""
        self.site.switches.turn({"reset": True, **self._habits})
        for garment in self.site.garments:
            garment.lost = False

    def sold(self) -> list[Garment]:
        """Garments that were sold and are with their buyers."""
        return [one for one in self.site.garments if one.state is State.GONE]

    def ready(self) -> list[Garment]:
        """Garments that lie ready."""
        return [one for one in self.site.garments if one.state is State.READY]

    def comes_back(self, garment: Garment) -> None:
        """A parcel with a garment is opened."""
        coming_back.receive(self.site, garment)

    def lose(self, garment: Garment) -> None:
        """It lies where nobody looks: no file names it."""
        garment.lost = True

    def put_aside(self, garment: Garment) -> None:
        """It is looked at once more, and then ready again."""
        coming_back.inspect_again(self.site, garment, "NOT_FOUND")

    def give_up(self, garment: Garment, reason: str) -> None:
        """It leaves the stock for good."""
        coming_back.retire(self.site, garment, reason, "RECYCLE")

    def state(self) -> tuple[object, ...]:
        """Where its orders, its garments and its files are."""
        lying = sorted(
            str(one) for name in ("stock", "setup") for one in (self.root / name).rglob("*") if one.is_file()
        )
        return (
            lying, [one.status for one in self.site.orders], [one.state for one in self.site.garments],
            len(self.site.returns), len(self.site.retired),
        )  # fmt: skip

    def _stamp(self) -> None:
        for folder in ("stock", "setup/results"):
            for path in (self.root / folder).iterdir():
                if path.is_file() and path.stat().st_mtime_ns % 1_000_000_000:
                    stamp(path)


def event_headers(event: dict[str, Any], *, forged: bool = False) -> dict[str, str]:
    """The headers with which an event is delivered now; ``forged``: signed with another key."""
    return signed(event, "not the key" if forged else SECRET, int(CLOCK.at.timestamp()))[1]


def _seconds() -> float:
    return CLOCK.at.timestamp()
