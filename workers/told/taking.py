"""Takes the files of a facility's folders: stored first, archived after that, each with one effect."""

from __future__ import annotations

import hashlib
import json
import time

from workers.intake import call
from workers.policy import verdict
from workers.runtime import Runtime
from workers.wiring.files import Lying

AT_MOST = 240.0  # seconds of one turn; what is left lies there for the next


def take_files(runtime: Runtime, connection: str, facility: str) -> int:
    """Take what has stopped growing. Returns how many files were news. Raises what adapters raise, and Busy."""
    files = runtime.telling(connection).files
    ends = time.monotonic() + AT_MOST
    lying = call(runtime, connection, "files", lambda: files.list_new(facility))
    taken = 0
    for file in lying:
        if runtime.stopping.is_set() or time.monotonic() > ends:
            break
        taken += _take(runtime, connection, facility, file)
    return taken


def _take(runtime: Runtime, connection: str, facility: str, file: Lying) -> bool:
    """One file. It is moved away only after its record is committed: whatever breaks, it is found again."""
    files = runtime.telling(connection).files
    data: bytes = call(runtime, connection, "files", lambda: files.fetch(file.path))
    number, readable = files.number_of(file.name, data)
    told = {
        "connection": connection,
        "facility": facility,
        "name": file.name,
        "sha256": hashlib.sha256(data).hexdigest(),
        "number": number,
        "readable": readable,
        "patience": files.gap_patience,
    }
    row = runtime.store.row("select take_file(%s, %s) as effect", json.dumps(told), pack(facility, file.name, data))
    effect = row["effect"] if row else ""
    if effect == "kept":
        _say_reused(runtime, connection, facility, file.name)
    call(runtime, connection, "files", lambda: files.archive(facility, file.path))
    return bool(effect == "taken")


def pack(facility: str, name: str, data: bytes) -> bytes:
    """A file as the body of its record: one line that says which it is, and its bytes."""
    return json.dumps({"facility": facility, "name": name}).encode() + b"\n" + data


def unpack(body: bytes) -> tuple[str, str, bytes]:
    """Facility, name and bytes of a file's record."""
    head, _, data = body.partition(b"\n")
    said = json.loads(head)
    return said["facility"], said["name"], data


def _say_reused(runtime: Runtime, connection: str, facility: str, name: str) -> None:
    told = verdict("file_name_reused")
    row = runtime.store.row(
        "select record_id from partner_file where connection = %s and facility = %s and name = %s and effect = 'kept'"
        " order by id desc limit 1",
        connection,
        facility,
        name,
    )
    runtime.store.run(
        "select file_exception('file_name_reused', %s, %s, 'dispatch-in', %s, %s, %s, %s, %s, null, %s)",
        f"file:{connection}:{facility}:{name}",
        f"file {name}",
        connection,
        told.owner,
        told.severity,
        f"{name} of {facility} came again with other content: it is kept as record {row['record_id'] if row else '-'}",
        told.next_step,
        row["record_id"] if row else None,
    )
