"""The daily file of garments: taken whole, judged against the last one, counted, and what it shows beside the count."""

from __future__ import annotations

import hashlib
import json
import tempfile
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import BinaryIO

from mappings.canonical import GarmentRow
from mappings.errors import Unmappable, Unreadable
from mappings.stock_files import KIND, Snapshot, Verdict, judge_file
from workers.domain import garments
from workers.domain.clocks import local_moment
from workers.ports.garment_stock import FileSurvey, GarmentFiles
from workers.ports.sources import Source
from workers.spine import exceptions
from workers.spine.polling import call
from workers.spine.reading import Reading
from workers.spine.runtime import Runtime
from workers.stock_in import garment_cases
from workers.stock_in.garment_count import Count, take

PIECE = 1 << 20
DISTINCT = 50  # words without a row that one file reports

COUNTED = """
select written_at, day, rows, content from garment_file where connection = %s and verdict in ('take', 'correct')
 order by written_at desc
"""


def poll_files(runtime: Runtime, connection: str) -> int:
    """Take the stock files that lie there; each is moved away once it is stored. Returns how many were new."""
    files = _files(runtime, connection)
    taken = 0
    for file in call(runtime, connection, "stock files", files.list_new):
        moment = files.moment(file.name)
        if moment is None:
            exceptions.file(
                runtime.store.run,
                KIND,
                subject=f"stockfile:{connection}:{file.name}",
                story=f"file {file.name}",
                flow="stock-in",
                connection=connection,
                why=f"{file.name} is no stock file of this account by its name: correct files.stock_name of the"
                " connection, or have the file taken away",
                once=exceptions.Once.WHILE_OPEN,
            )
            continue
        body, content = _fetch(runtime, connection, file.path, file.name)
        key = f"{file.name} {content}"
        taken += runtime.store.receive(connection, Source.STOCK_FILE, key, body, moment[0]) is not None
        call(runtime, connection, "stock files", lambda path=file.path: files.archive(path))
    return taken


def _fetch(runtime: Runtime, connection: str, path: str, name: str) -> tuple[bytes, str]:
    files = _files(runtime, connection)
    with tempfile.TemporaryFile() as held:
        call(runtime, connection, "stock files", lambda: files.copy(path, held))
        held.seek(0)
        return pack(name, held)


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
    snapshot = Snapshot(at=moment[0], on=moment[1], rows=0, content=head["content"])
    with tempfile.TemporaryFile() as held:
        _unpack(memoryview(reading.record.body)[line + 1 :], held)
        try:
            surveyed = files.survey(held)
            snapshot = Snapshot(at=moment[0], on=moment[1], rows=surveyed.rows, content=head["content"])
            verdict = _judge(reading, files, head["name"], snapshot)
        except Unmappable as refused:
            if refused.kind != KIND:
                raise
            _refuse(reading, head["name"], snapshot, refused)
            return
        if verdict in (Verdict.TAKE, Verdict.CORRECT):
            _count(reading, held, surveyed, snapshot)
        _note(reading, head["name"], snapshot, verdict.value)


def _judge(reading: Reading, files: GarmentFiles, name: str, file: Snapshot) -> Verdict:
    """The verdict on a whole file; fewer rows than they should be are enough where a person says so."""
    connection = reading.record.connection
    counted = [
        Snapshot(row["written_at"], row["day"], row["rows"], row["content"]) for row in reading.run(COUNTED, connection)
    ]
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
    )
    troubles: dict[tuple[str, str], Unreadable] = {}
    taken = take(reading.db, count, _rows(files.read(held, surveyed), troubles))
    garment_cases.file_words(reading, building.home, troubles.values())
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


def _rows(
    found: Iterator[GarmentRow | Unreadable], troubles: dict[tuple[str, str], Unreadable]
) -> Iterator[GarmentRow]:
    """The garments; what could not be read is kept once for each word."""
    for one in found:
        if isinstance(one, GarmentRow):
            yield one
        elif len(troubles) < DISTINCT:
            troubles.setdefault((one.error.field, one.error.value), one)


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
        " set verdict = excluded.verdict, why = excluded.why, rows = excluded.rows"
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
