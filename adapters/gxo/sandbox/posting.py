"""How messages leave: one sequence of control numbers per facility, and everything that can go wrong with a file."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from adapters.gxo.sandbox.agenda import Agenda, Clock
from adapters.gxo.sandbox.envelope import write
from adapters.gxo.sandbox.folders import Folders
from adapters.gxo.sandbox.interchange import Segment
from adapters.gxo.sandbox.landing import grow, land, place
from adapters.gxo.sandbox.switches import Switches

FIRST_NUMBER = 9001
ACKS = {"997", "824"}


@dataclass
class Message:
    """A file for the client. ``number`` is ISA13, 0 for an item result; ``files`` how often a file of it landed."""

    facility: str
    set_id: str
    number: int
    reference: str
    name: str
    at: str
    lost: bool = False
    files: int = 0

    @property
    def label(self) -> str:
        """How the ledger names it."""
        return f"{self.set_id} {self.number}"


class Post:
    """Numbers are given when something happens, so that they tell the order of events however files land."""

    def __init__(
        self, folders: Folders, switches: Switches, clock: Clock, agenda: Agenda, partners: tuple[str, str], seed: int
    ) -> None:
        self.messages: list[Message] = []
        self._folders = folders
        self._switches = switches
        self._clock = clock
        self._agenda = agenda
        self._sender, self._receiver = partners
        self._seed = seed
        self._last: defaultdict[str, int] = defaultdict(lambda: FIRST_NUMBER - 1)

    def send(self, facility: str, set_id: str, segments: list[Segment], reference: str) -> Message:
        """Writes one set to its facility's folder, now or late, or never, as the switches say."""
        message = self._send(facility, set_id, segments, reference)
        dice = self._dice(message, "again")
        if self._switches.used_for("reissue_next", set_id) or dice.random() < self._switches.reissue_rate:
            self._send(facility, set_id, segments, reference)
        return message

    def send_file(self, facility: str, name: str, data: bytes, reference: str) -> Message:
        """Puts an item result into the facility's folder; its name has no number."""
        message = Message(facility, "item", 0, reference, name, self._clock.now().isoformat())
        self._dispatch(message, data)
        return message

    def _send(self, facility: str, set_id: str, segments: list[Segment], reference: str) -> Message:
        skipped, self._switches.gap_next = self._switches.gap_next, 0
        self._last[facility] += 1 + skipped
        number, at = self._last[facility], self._clock.now()
        spoiled = self._switches.used_for("spoil_next", set_id)
        data = write(
            set_id, [segments[1:], segments] if spoiled else [segments], sender=self._sender, receiver=self._receiver,
            number=number, at=at, separators=self._switches.separators, line_breaks=self._switches.line_breaks,
            miscounted=int(spoiled),
        )  # fmt: skip
        message = Message(facility, set_id, number, reference, f"{set_id}_{number:09d}.edi", at.isoformat())
        if self._switches.used_for("truncate_next", set_id):
            data = data[: len(data) * 2 // 3]
        self._dispatch(message, data)
        return message

    def _dispatch(self, message: Message, data: bytes) -> None:
        self.messages.append(message)
        dice = self._dice(message, "lost")
        if self._switches.used_for("lost_next", message.set_id) or (
            dice.random() < self._switches.lost_rate.get(message.set_id, 0.0)
        ):
            message.lost = True
            return
        dice = self._dice(message, "late")
        late = self._switches.late.get(message.set_id, 0.0)
        if dice.random() < self._switches.late_rate:
            late += dice.uniform(0.0, self._switches.late_up_to)
        if late:
            self._agenda.after(late, lambda: self._land(message, data))
        else:
            self._land(message, data)

    def _land(self, message: Message, data: bytes) -> None:
        apart = self._switches.acks_apart and message.set_id in ACKS
        path = self._folders.at(message.facility, "out/ack" if apart else "out") / message.name
        if self._switches.used("tmp_left_next"):
            path.with_name(f"{path.name}.broken.tmp").write_bytes(data[: len(data) // 2])
        dice = self._dice(message, "grow")
        if self._switches.used("grow_next") or dice.random() < self._switches.grow_rate:
            grow(path, data, self._switches.grow_seconds, self._agenda.after)
        else:
            land(path, data)
        message.files += 1
        self._repeat(message, path, data)

    def _repeat(self, message: Message, path: Path, data: bytes) -> None:
        dice = self._dice(message, "repeat")
        by_dice = dice.random() < self._switches.repeat_rate
        same_name = dice.random() < 1 / 2
        again = partial(self._again, message, data)
        if self._switches.used("repeat_same_next") or (by_dice and same_name):
            place(path, self._agenda.after, lambda free: again(free, land))
        if self._switches.used("repeat_other_next") or (by_dice and not same_name):
            again(path.with_name(f"{path.stem}-2{path.suffix}"), land)

    def _again(self, message: Message, data: bytes, path: Path, how: Callable[[Path, bytes], None]) -> None:
        how(path, data)
        message.files += 1

    def _dice(self, message: Message, why: str) -> random.Random:
        return random.Random(f"{self._seed}:{message.facility}:{message.name}:{why}")
