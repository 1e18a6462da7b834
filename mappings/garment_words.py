"""What is believed of one garment when a file and events speak of it: the less sellable word, until they agree.

Rules: stock-and-money, sections 1 and 6; acs.md 2.5.3 and 3.4. Pure: a garment and a word in, the garment out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

from mappings.canonical import GarmentState, Grade, Source, less_sellable

LOST_AFTER = 3  # files in a row, of different days


@dataclass(frozen=True, slots=True)
class Word:
    """The last word of one source about a garment, at the source's own time."""

    state: GarmentState
    at: datetime
    grade: Grade | None = None
    order_reference: str = ""


@dataclass(frozen=True, slots=True)
class Garment:
    """One tagged garment and the last word of each source. ``sku`` is the Khaos stock code that it is counted under.

    ``missed`` counts the days whose file did not name it, ``missed_on`` is the last of them. ``retired`` is for good.
    """

    tag: str
    sku: str
    unique_sku: str = ""
    file: Word | None = None
    event: Word | None = None
    missed: int = 0
    missed_on: date | None = None
    retired: bool = False

    @property
    def state(self) -> GarmentState:
        """What is believed: retired for good, unseen while the file misses it, else the less sellable of both words."""
        if self.retired:
            return GarmentState.RETIRED
        told = [word.state for word in (self.file, self.event) if word is not None]
        if self.missed:
            told.append(GarmentState.UNSEEN)
        return less_sellable(*told) if told else GarmentState.UNKNOWN

    @property
    def disagree(self) -> bool:
        """Whether file and events tell different states: a person settles it where it lasts."""
        both = (self.file, self.event)
        return not self.retired and None not in both and len({word.state for word in both if word}) > 1

    @property
    def grade(self) -> Grade | None:
        """The grade of the newest word that has one."""
        told = [word for word in (self.file, self.event) if word is not None and word.grade is not None]
        return max(told, key=lambda word: word.at).grade if told else None

    def lost(self, after: int = LOST_AFTER) -> bool:
        """Whether so many days' files missed it that it is a case."""
        return not self.retired and self.missed >= after


def hear(garment: Garment, source: Source, word: Word) -> Garment:
    """The garment after a word. An older word of the same source changes nothing; a retired garment stays retired.

    A file that names the garment again ends its being unseen. A person's word stands for both sources', until
    either speaks again.
    """
    if garment.retired:
        return garment
    retired = word.state is GarmentState.RETIRED
    if source is Source.PERSON:
        return replace(garment, file=word, event=word, missed=0, missed_on=None, retired=retired)
    before = garment.file if source is Source.FILE else garment.event
    if before is not None and word.at < before.at:
        return garment
    if source is Source.FILE:
        return replace(garment, file=word, missed=0, missed_on=None, retired=retired)
    return replace(garment, event=word, retired=retired)


def miss(garment: Garment, file_on: date, *, at: datetime, lists_away: bool = True) -> Garment:
    """The garment after a whole file that does not name it: unseen at once; one day counts once.

    ``at`` is the file's time: a file that is older than the last one that named the garment changes nothing. Where
    the file does not list what is with customers (``lists_away`` false), a garment that is away is not missed.
    """
    away = garment.state in {GarmentState.WITH_CUSTOMER, GarmentState.IN_TRANSIT}
    older = garment.file is not None and at < garment.file.at
    if garment.retired or older or (away and not lists_away):
        return garment
    if garment.missed_on is not None and file_on <= garment.missed_on:
        return garment
    return replace(garment, missed=garment.missed + 1, missed_on=file_on)


def retire(garment: Garment) -> Garment:
    """The garment after its final word: it never sells again, whatever a later file says."""
    return replace(garment, retired=True)
