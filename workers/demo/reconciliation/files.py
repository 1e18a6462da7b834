"""The post with a warehouse that speaks in files: each of its files was taken once, each of ours arrived once."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from mappings.canonical import Canonical
from workers.demo.reconciliation.gxo_snapshot import GxoBook
from workers.demo.reconciliation.ledger_rows import LedgerRows, PartnerFile

ARCHIVE = "archive"
OURS = re.compile(r"\d+(?=\.edi$)")
AGAIN = re.compile(r"-\d+(?=\.edi$|\.result\.csv$|\.csv$)")  # what stands behind the name of a file that came again


class FileFigures(Canonical):
    """``taken`` and ``sent`` count files, each once; ``repeated`` those that came again. Sentences: none when well."""

    taken: int = 0
    repeated: int = 0
    overtaken: int = 0
    left_before_accepted: int = 0
    sent: int = 0
    arrived_again: int = 0
    counts: int = 0
    differing: int = 0
    not_taken: tuple[str, ...] = ()
    not_arrived: tuple[str, ...] = ()

    @property
    def good(self) -> bool:
        """Whether nothing is missing on either side, and the last counts agree with what was told."""
        return not (self.not_taken or self.not_arrived or self.differing)


def compare_files(book: GxoBook, ledger: LedgerRows) -> FileFigures:
    """GXO's post, both ways, against the ledger's list of files. Pure."""
    news = [one for one in ledger.files if one.effect == "taken"]
    place = {(one.facility, _plain(one.name)): one.id for one in reversed(news)}
    return FileFigures(
        taken=len(news),
        repeated=sum(one.effect == "repeated" for one in ledger.files),
        overtaken=_overtaken(news),
        left_before_accepted=_left_before_accepted(book, place),
        sent=sum(row.sent for row in ledger.numbers),
        arrived_again=sum(one.repeated for one in book.files),
        counts=sum(one.set_id == "846" and one.files > 0 for one in book.messages),
        differing=ledger.differing,
        not_taken=tuple(_not_taken(book, ledger.files)),
        not_arrived=tuple(_not_arrived(book, ledger)),
    )


def _plain(name: str) -> str:
    """A file's first name, without what was put behind it when it came again."""
    return AGAIN.sub("", name)


def _not_taken(book: GxoBook, rows: Sequence[PartnerFile]) -> Iterable[str]:
    """Every file that landed is taken once, and nothing is taken that was never sent."""
    times = Counter((one.facility, _plain(one.name)) for one in rows if one.effect == "taken")
    seen = Counter((one.facility, _plain(one.name)) for one in rows)
    landed: Counter[tuple[str, str]] = Counter()
    for message in book.messages:
        landed[message.facility, message.name] += message.files
    for (facility, name), files in landed.items():
        if times[facility, name] != (files > 0):
            yield f"{name} of {facility} landed {files} times and was taken {times[facility, name]} times"
        elif seen[facility, name] < files:
            yield f"{name} of {facility} landed {files} times and was archived {seen[facility, name]} times"
    facilities = {one.facility for one in book.messages}
    for facility, name in sorted(key for key in seen if key not in landed and key[0] in facilities):
        yield f"{name} of {facility} was taken, and GXO never wrote it"
    for one in rows:
        if one.effect == "kept" or not one.readable:
            yield f"{one.name} of {one.facility} was taken as {one.effect}, {'' if one.readable else 'un'}readable"


def _not_arrived(book: GxoBook, ledger: LedgerRows) -> Iterable[str]:
    """Every control number that was sent is at GXO, under one content, and none is there that was not given."""
    there: dict[int, set[str]] = defaultdict(set)
    for one in book.files:
        if one.folder != ARCHIVE:
            yield f"{one.name} of {one.facility} ended in {one.folder or 'no folder'}: {one.verdict}"
        if found := OURS.search(one.name):
            there[int(found[0])].add(one.facility)
    given = {row.number for row in ledger.numbers}
    for row in ledger.numbers:
        if row.sent and len(there[row.number]) != 1:
            yield f"control number {row.number} was sent and arrived at {len(there[row.number])} facilities"
    yield from (f"control number {n} arrived, and the ledger never gave it" for n in sorted(there.keys() - given))


def _overtaken(rows: Iterable[PartnerFile]) -> int:
    """Files that were taken after one with a higher number."""
    highest: dict[str, int] = {}
    late = 0
    for one in sorted(rows, key=lambda one: one.id):
        if one.number is None:
            continue
        late += one.number < highest.get(one.facility, 0)
        highest[one.facility] = max(one.number, highest.get(one.facility, 0))
    return late


def _left_before_accepted(book: GxoBook, place: dict[tuple[str, str], int]) -> int:
    """Orders whose 945 was taken before their 824."""
    first: dict[tuple[str, str], int] = {}
    for message in book.messages:
        taken = place.get((message.facility, message.name))
        if taken is not None:
            key = message.reference, message.set_id
            first[key] = min(taken, first.get(key, taken))
    orders = {reference for reference, kind in first if kind == "945"}
    return sum(first[one, "945"] < first[one, "824"] for one in orders if (one, "824") in first)
