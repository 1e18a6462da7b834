"""The state of one garment by file and events: the less sellable of both, until they agree.

Rules: stock-and-money, sections 1 and 6; acs.md 2.5.3 and 3.4. Pure: a garment and a word in, the garment out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

from mappings.canonical import GarmentState, Grade, LineKind, RetiredFor, Retirement, Source, less_sellable

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

    ``missed`` counts the days whose file did not name it, ``missed_on`` is the last of them. ``sold_at`` is when it
    last left with a sale: what a file said before then counts no more. ``retired`` is for good.
    """

    tag: str
    sku: str
    unique_sku: str = ""
    file: Word | None = None
    event: Word | None = None
    missed: int = 0
    missed_on: date | None = None
    sold_at: datetime | None = None
    retired: bool = False

    @property
    def words(self) -> tuple[Word, ...]:
        """The words that count: each source's last, but no file's from before the garment was sold."""
        file = self.file
        if file is not None and self.sold_at is not None and file.at <= self.sold_at:
            file = None
        return tuple(word for word in (file, self.event) if word is not None)

    @property
    def state(self) -> GarmentState:
        """The state: retired for good, unseen while the file misses it, else the less sellable of both words."""
        if self.retired:
            return GarmentState.RETIRED
        states = [word.state for word in self.words]
        if self.missed:
            states.append(GarmentState.UNSEEN)
        return less_sellable(*states) if states else GarmentState.UNKNOWN

    @property
    def disagree(self) -> bool:
        """Whether file and events name different states: a person settles it where it lasts."""
        return not self.retired and len({word.state for word in self.words}) > 1

    @property
    def grade(self) -> Grade | None:
        """The grade of the newest word that has one."""
        graded = [word for word in self.words if word.grade is not None]
        return max(graded, key=lambda word: word.at).grade if graded else None

    def lost(self, after: int = LOST_AFTER) -> bool:
        """Whether it was missing from so many days' files that it counts as lost."""
        return not self.retired and self.missed >= after


def hear(garment: Garment, source: Source, word: Word) -> Garment:
    """The garment after a word. An older word of the same source changes nothing; a retired garment stays retired.

    Of two words of one source and one moment the less sellable counts, in whichever order they come.

    A file that names the garment again ends its being unseen, also one of the moment of the file that missed it: that
    one was laid again, mended. A person's word stands for both sources', until either speaks again.
    """
    if garment.retired:
        return garment
    if word.state is GarmentState.RETIRED:
        return replace(garment, retired=True)  # however late it comes
    if source is Source.PERSON:
        return replace(garment, file=word, event=word, missed=0, missed_on=None)
    if source is Source.EVENT and word.state is GarmentState.SOLD:
        sold_at = max(word.at, garment.sold_at or word.at)
        garment = replace(garment, sold_at=sold_at, missed=0, missed_on=None)
    before = garment.file if source is Source.FILE else garment.event
    if before is not None and (
        word.at < before.at or (word.at == before.at and less_sellable(before.state, word.state) is before.state)
    ):
        again = source is Source.FILE and word.at == before.at
        return replace(garment, missed=0, missed_on=None) if again else garment
    if source is Source.FILE:
        return replace(garment, file=word, missed=0, missed_on=None)
    return replace(garment, event=word)


def miss(garment: Garment, file_on: date, *, at: datetime, lists_away: bool = True) -> Garment:
    """The garment after a whole file that does not name it: unseen at once; one day counts once.

    ``at`` is the file's time: a file that is older than the last one that named the garment changes nothing. A sold
    garment is not missed; nor is one that is with a customer, where files do not list those (``lists_away`` false).
    """
    sold = garment.state is GarmentState.SOLD
    away = garment.state in {GarmentState.WITH_CUSTOMER, GarmentState.IN_TRANSIT}
    older = garment.file is not None and at < garment.file.at
    if garment.retired or sold or older or (away and not lists_away):
        return garment
    if garment.missed_on is not None and file_on <= garment.missed_on:
        return garment
    return replace(garment, missed=garment.missed + 1, missed_on=file_on)


def dispatch(garment: Garment, kind: LineKind, at: datetime, order_reference: str) -> Garment:
    """The garment after it left: hired out it is still the merchant's, sold it is not."""
    state = GarmentState.WITH_CUSTOMER if kind is LineKind.HIRE else GarmentState.SOLD
    return hear(garment, Source.EVENT, Word(state, at, order_reference=order_reference))


def retire(garment: Garment, retirement: Retirement) -> Garment:
    """The garment after its retirement: it never sells again, whatever a later file says.

    One that is retired as sold is sold: it may come back.
    """
    if retirement.reason is RetiredFor.SOLD:
        return hear(garment, Source.EVENT, Word(GarmentState.SOLD, retirement.at, retirement.grade))
    return replace(garment, retired=True)
