"""The daily file of garments: taken whole, judged against the last one, counted, and what it shows beside the count."""

from __future__ import annotations

import hashlib
import json
import tempfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import BinaryIO

from adapters.errors import ReachError, Rejected
from mappings.canonical import GarmentRow
from mappings.errors import Unmappable, Unreadable
from mappings.stock_files import KIND, Snapshot, Verdict, judge_file
from workers.domain import garments
from workers.domain.clocks import close_ahead, is_ahead, local_moment, told_at
from workers.edi.folder_troubles import ARCHIVE, FETCH, LIST, Troubles
from workers.ports.edi import RemoteFile
from workers.ports.garment_stock import FileSurvey, GarmentFiles
from workers.ports.sources import Source
from workers.spine import exceptions
from workers.spine.polling import call
from workers.spine.reading import Reading
from workers.spine.runtime import Runtime
from workers.stock_in import garment_cases
from workers.stock_in.garment_count import Count, take

FOLDER = "stock files"
PIECE = 1 << 20
DISTINCT = 50  # words without a row that stand each by itself

COUNTED = """
select written_at, day, rows, content from garment_file where connection = %s and verdict in ('take', 'correct')
 order by written_at desc, coalesce(accepted_at, came_at) desc, id desc
"""  # of several under one name, the one that counted last comes first


def poll_files(runtime: Runtime, connection: str) -> int:
    """Take the stock files that lie there; each is moved away once it is stored. Returns how many were new.

    A file that is not given out or cannot be moved away is counted from look to look, becomes a person's, and keeps no
    other waiting.
    """
    files = _files(runtime, connection)
    troubles = Troubles(runtime, connection, FOLDER, "stock-in")
    try:
        lying: list[RemoteFile] = call(runtime, connection, "stock files", files.list_new)
    except Rejected as error:
        troubles.count(LIST, "", error)
        return 0
    troubles.over(LIST, "", "the folder was listed")
    troubles.forget_all_but({file.name for file in lying})
    strangers = {file.name for file in lying if files.moment(file.name) is None}
    _name_strangers(runtime, connection, sorted(strangers))
    taken = 0
    for file in troubles.last([file for file in lying if file.name not in strangers]):
        if runtime.stopping.is_set():
            break
        taken += _take_one(runtime, connection, file, troubles)
    return taken


def _name_strangers(runtime: Runtime, connection: str, names: list[str]) -> None:
    """File each name that is no stock file's, once while it lies there."""
    begin = f"stockfile:{connection}:"
    for name in names:
        exceptions.file(
            runtime.store.run,
            KIND,
            subject=f"{begin}{name}",
            story=f"file {name}",
            flow="stock-in",
            connection=connection,
            why=f"{name} is no stock file of this account by its name: correct files.stock_name of the"
            " connection, or have the file taken away",
            once=exceptions.Once.OR_DISMISSED,
        )
    exceptions.close_all(
        runtime.store.run,
        "e.kind = %s and starts_with(e.subject, %s) and e.subject <> all (%s)",
        KIND,
        begin,
        [f"{begin}{name}" for name in names],
        why="the file lies there no more, or is taken for a stock file now",
    )


def _take_one(runtime: Runtime, connection: str, file: RemoteFile, troubles: Troubles) -> bool:
    files = _files(runtime, connection)
    moment = files.moment(file.name)
    assert moment is not None, "strangers are left out"
    try:
        body, content = _fetch(runtime, connection, file)
    except ReachError as error:
        troubles.count(FETCH, file.name, error)
        return False
    troubles.over(FETCH, file.name, "the file was taken")
    new = runtime.store.receive(connection, Source.STOCK_FILE, f"{file.name} {content}", body, moment[0]) is not None
    try:
        call(runtime, connection, "stock files", lambda: files.archive(file.path))
    except Rejected as error:
        troubles.count(ARCHIVE, file.name, error)
    else:
        troubles.over(ARCHIVE, file.name, "the file was moved away")
    return new


def _fetch(runtime: Runtime, connection: str, file: RemoteFile) -> tuple[bytes, str]:
    files = _files(runtime, connection)
    with tempfile.TemporaryFile() as held:
        call(runtime, connection, "stock files", lambda: files.copy(file.path, held))
        held.seek(0)
        return pack(file.name, held)


def pack(name: str, held: BinaryIO) -> tuple[bytes, str]:
    """Pack a file for its record: one line that says which it is, and its bytes. And the hash of its content."""
    content, packer, packed = hashlib.sha256(), zlib.compressobj(1), bytearray()
    while piece := held.read(PIECE):
        content.update(piece)
        packed += packer.compress(piece)
    packed += packer.flush()
    head = json.dumps({"name": name, "content": content.hexdigest()}).encode()
    return head + b"\n" + bytes(packed), content.hexdigest()


def read_file(reading: Reading) -> None:
    """Reader of a stock file. One that is refused leaves the last good one standing, and a person may take it."""
    connection = reading.record.connection
    files = _files(reading.runtime, connection)
    line = reading.record.body.index(b"\n")
    head = json.loads(reading.record.body[:line])
    moment = files.moment(head["name"])
    if moment is None:
        why = "its name is no stock file's any more: correct files.stock_name of the connection"
        raise Unmappable("stock_name", head["name"], why, kind=KIND)
    at, on = _written(reading, *moment)
    snapshot = Snapshot(at=at, on=on, rows=0, content=head["content"])
    with tempfile.TemporaryFile() as held:
        _unpack(memoryview(reading.record.body)[line + 1 :], held)
        try:
            surveyed = files.survey(held)
            snapshot = Snapshot(at=at, on=on, rows=surveyed.rows, content=head["content"])
            verdict = _judge(reading, files, head["name"], snapshot)
        except Unmappable as refused:
            if refused.kind != KIND:
                raise
            _refuse(reading, head["name"], snapshot, refused)
            return
        if verdict in (Verdict.TAKE, Verdict.CORRECT):
            _count(reading, held, surveyed, snapshot)
        _note(reading, head["name"], snapshot, verdict.value)


def _written(reading: Reading, at: datetime, on: date) -> tuple[datetime, date]:
    """When a file was written, and on which day of the warehouse: when it came, where its name says that it is to come.

    Else it would outrank every file until that day.
    """
    connection, came = reading.record.connection, reading.record.received_at
    if is_ahead(at, came):
        zone = garments.building_of(reading.runtime, connection).calendar.zone
        return told_at(reading, at), came.astimezone(zone).date()
    close_ahead(reading.run, connection)
    return at, on


def _judge(reading: Reading, files: GarmentFiles, name: str, file: Snapshot) -> Verdict:
    """The verdict on a whole file; fewer rows than they should be are enough where a person says so."""
    connection = reading.record.connection
    counted = [
        Snapshot(row["written_at"], row["day"], row["rows"], row["content"]) for row in reading.run(COUNTED, connection)
    ]
    if any((one.at, one.content) == (file.at, file.content) for one in counted):
        return Verdict.REPEATED  # also where another came under its name since
    last = counted[0] if counted else None
    before = next((one for one in counted if one.on < file.on), None)
    accepted = reading.run(
        "select 1 as one from garment_file where connection = %s and name = %s and content = %s"
        " and accepted_by is not null",
        connection,
        name,
        file.content,
    )
    share = type(files.least_share)(0) if accepted else files.least_share
    return judge_file(file, last, before, least_share=share)


def _count(reading: Reading, held: BinaryIO, surveyed: FileSurvey, file: Snapshot) -> None:
    connection = reading.record.connection
    files, building = _files(reading.runtime, connection), garments.building_of(reading.runtime, connection)
    count = Count(
        connection,
        building.home,
        file.at,
        file.on,
        whole=surveyed.whole,
        lists_away=files.lists_away,
        buffer_hours=building.buffer_hours,
        zone=building.calendar.zone,
    )
    unread = _UnreadWords()
    taken = take(reading.db, count, _rows(files.read(held, surveyed), unread))
    garment_cases.file_words(reading, building.home, unread.words.values(), unread.more)
    garment_cases.after_file(reading, building.home, files.lost_after)
    reading.run(
        "insert into timeline (story, subject, flow, connection, step, note) values (%s, %s, 'stock-in', %s,"
        " 'stock file counted', %s)",
        building.home,
        f"count:{building.home}",
        connection,
        f"{file.rows} garments; {taken.new} new, {taken.missed} missing, {taken.changed} SKUs changed",
    )
    zone = building.calendar.zone
    due = local_moment(file.on + timedelta(days=1), files.due_by, zone)
    reading.run("select await_count(%s, %s, %s)", building.home, connection, due)
    if due > datetime.now(UTC):
        reading.close_exception("count_late", f"count:{building.home}", "a stock file has come")
    reading.close_exception(KIND, f"stockfile:{connection}", "a later file was counted")


@dataclass(slots=True)
class _UnreadWords:
    """What could not be read of a file: each word once, up to ``DISTINCT``, and how many cells more."""

    words: dict[tuple[str, str], Unreadable] = field(default_factory=dict)
    more: int = 0


def _rows(found: Iterator[GarmentRow | Unreadable], unread: _UnreadWords) -> Iterator[GarmentRow]:
    """The garments; what could not be read is kept once for each word."""
    for one in found:
        if isinstance(one, GarmentRow):
            yield one
        elif (word := (one.error.field, one.error.value)) in unread.words:
            continue
        elif len(unread.words) < DISTINCT:
            unread.words[word] = one
        else:
            unread.more += 1


def _refuse(reading: Reading, name: str, file: Snapshot, refused: Unmappable) -> None:
    connection = reading.record.connection
    why = f"{refused.field} {refused.value!r}: {refused.why}"
    _note(reading, name, file, "refused", why)
    command = f". If it is right all the same: `fleet garments accept-file {name} --by NAME`" if file.rows else ""
    reading.file_exception(
        KIND,
        subject=f"stockfile:{connection}",
        story=f"file {name}",
        flow="stock-in",
        connection=connection,
        why=f"{name}: {why}{command}",
    )


def _note(reading: Reading, name: str, file: Snapshot, verdict: str, why: str = "") -> None:
    reading.run(
        "insert into garment_file (connection, name, content, record_id, written_at, day, rows, verdict, why)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s, %s) on conflict (connection, name, content) do update"
        " set verdict = excluded.verdict, why = excluded.why, rows = excluded.rows, came_at = excluded.came_at"
        " where garment_file.verdict = 'refused'",
        reading.record.connection,
        name,
        file.content,
        reading.record.id,
        file.at,
        file.on,
        file.rows,
        verdict,
        why,
    )


def _unpack(packed: memoryview, into: BinaryIO) -> None:
    opener = zlib.decompressobj()
    into.writelines(opener.decompress(packed[start : start + PIECE]) for start in range(0, len(packed), PIECE))
    into.write(opener.flush())
    into.seek(0)


def _files(runtime: Runtime, connection: str) -> GarmentFiles:
    files = runtime.warehouse(connection).garments.files
    assert files is not None, "only a connection with files has this schedule and this source"
    return files
