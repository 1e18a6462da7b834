"""GXO's facility on a walk: its site and its folders, and what goes wrong with the files that it lays."""

from __future__ import annotations

import random
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

from adapters.gxo.client import Gxo
from adapters.gxo.sandbox import app, display, snapshots
from adapters.gxo.sandbox.envelope import write
from adapters.gxo.sandbox.interchange import Segment
from adapters.gxo.sandbox.landing import land
from adapters.gxo.sandbox.posting import FIRST_NUMBER, Message
from adapters.gxo.sandbox.setting_up import Setup, set_up
from adapters.gxo.sandbox.site import PARTNER, Site, new_site
from workers.demo.setting.gxo_settings import CLIENT
from workers.simulator.clock import CLOCK
from workers.simulator.settings import DERBY_FACILITY
from workers.simulator.sftp import stamp

SETS = ("945", "944", "947", "846", "824", "997")
HABITS = {"step_seconds": 5.0, "stable_seconds": 1.0, "snapshot_at": "05:00", "no_stock": "short"}
FAULTS: tuple[tuple[str, str], ...] = (  # a switch of the site, and whether it counts files of a set
    ("repeat_same_next", ""), ("repeat_other_next", ""), ("reissue_next", "set"), ("lost_next", "set"),
    ("truncate_next", "set"), ("spoil_next", "set"), ("gap_next", ""), ("lost_next", "set"), ("tmp_left_next", ""),
    ("late", "set"),
)  # fmt: skip
LATENESS = (30.0, 600.0, 5000.0)  # seconds


class Facility:
    """One facility, begun anew for each seed."""

    def __init__(self, root: Path) -> None:
        self.root = root
        Gxo.__init__.__defaults__ = (_seconds,)  # how long a file rests is reckoned in the walk's time as well
        self.site: Site = self._new(0)

    def begin(self, seed: int) -> None:
        """Empty folders and books."""
        shutil.rmtree(self.root, ignore_errors=True)
        self.site = self._new(seed)

    def _new(self, seed: int) -> Site:
        site = new_site(self.root, CLIENT, [DERBY_FACILITY], seed=seed, monotonic=_seconds, start=CLOCK.at)
        site.switches.turn(HABITS)
        self._written: dict[str, tuple[list[Segment], datetime]] = {}
        send = site.post._send  # noqa: SLF001  what it wrote is kept, so that it can be laid again

        def keep(facility: str, set_id: str, segments: list[Segment], reference: str) -> Message:
            cut, at = site.switches.truncate_next.get(set_id, 0), site.clock.now()
            message = send(facility, set_id, segments, reference)
            if message.lost or cut:
                self._written[message.name] = segments, at
            return message

        setattr(site.post, "_send", keep)  # noqa: B010  mypy refuses to assign to a method
        return site

    def lays_again(self) -> list[str]:
        """What was lost or cut is laid whole, under its own name and number."""
        again = [one for one in self.site.post.messages if one.name in self._written]
        for one in again:
            segments, at = self._written.pop(one.name)
            data = write(
                one.set_id, [segments], sender=PARTNER, receiver=CLIENT, number=one.number, at=at,
                separators=self.site.switches.separators, line_breaks=self.site.switches.line_breaks, miscounted=0,
            )  # fmt: skip
            land(self.site.folders.at(one.facility, "out") / one.name, data)
            one.lost, one.files = False, one.files + 1
        self.stamp()
        return [one.name for one in again]

    def stock(self, units: dict[str, int]) -> None:
        """What lies there in the beginning."""
        set_up(self.site, Setup(items=list(units), stock={DERBY_FACILITY: dict(units)}))

    def works(self) -> None:
        """Files are taken and laid, and the floor works, as far as the clock has come."""
        app.tick(self.site)
        self.stamp()

    def is_owing(self) -> bool:
        """Whether a file was lost or cut, and not laid again."""
        return bool(self._written)

    def missing(self) -> list[int]:
        """Control numbers below the last that came of which no whole file ever did."""
        came = {one.number for one in self.site.post.messages if one.files and one.name not in self._written}
        return [number for number in range(FIRST_NUMBER, max(came, default=0)) if number not in came]

    def state(self) -> tuple[object, ...]:
        """What lies in its folders, and where its orders are."""
        lying = [
            one.name
            for folder in ("in", "out", "out/ack")
            for one in self.site.folders.at(DERBY_FACILITY, folder).iterdir()
            if one.is_file()
        ]
        return (sorted(lying), [one.state for one in self.site.orders])

    def tells_stock(self) -> None:
        """An 846 is laid now."""
        snapshots.send(self.site, DERBY_FACILITY)
        self.stamp()

    def stamp(self) -> None:
        """Give files that were laid since the walk's time."""
        for folder in ("out", "out/ack"):
            for path in self.site.folders.at(DERBY_FACILITY, folder).iterdir():
                if path.is_file() and path.stat().st_mtime_ns % 1_000_000_000:
                    stamp(path)

    def spoil(self, dice: random.Random) -> str:
        """Something will go wrong with the next file, or the next of a set."""
        name, per_set = dice.choice(FAULTS)
        if not per_set:
            self.site.switches.turn({name: dice.randint(1, 2)})
            return name
        chosen = dice.choice(SETS)
        value = dice.choice(LATENESS) if name == "late" else 1
        self.site.switches.turn({name: {**getattr(self.site.switches, name), chosen: value}})
        return f"{name} of a {chosen}"

    def mend(self) -> None:
        """Nothing goes wrong any more."""
        self.site.switches.turn({"reset": True, **HABITS})

    def books(self) -> dict[str, Any]:
        """Its own book."""
        return display.show(self.site)


def _seconds() -> float:
    return CLOCK.at.timestamp()
