"""Takes the files of a facility's folders: stored first, archived after that, each with one effect."""

from __future__ import annotations

import hashlib
import json
import time

from adapters.errors import Rejected
from workers.ledger.store import within
from workers.ports.edi import RemoteFile
from workers.spine import exceptions
from workers.spine.polling import call
from workers.spine.runtime import Runtime

GONE = "missing"  # somebody archived it between two looks
AT_MOST = 240.0  # seconds of one turn; what is left lies there for the next


def take_files(runtime: Runtime, connection: str, facility: str) -> int:
    """Take files that have stopped growing. Returns how many were new. Raises what adapters raise, and Busy."""
    files = runtime.warehouse(connection).files
    ends = time.monotonic() + AT_MOST
    lying = call(runtime, connection, "files", lambda: files.list_new(facility))
    taken = 0
    for file in lying:
        if runtime.stopping.is_set() or time.monotonic() > ends:
            break
        taken += take_one(runtime, connection, facility, file)
    return taken


def take_one(runtime: Runtime, connection: str, facility: str, file: RemoteFile) -> bool:
    """One file; whether it was news. It is moved away only after its record is committed: whatever breaks, it is found
    again. One that they do not give out lies there, with a person, and keeps nobody from the next.
    """
    files = runtime.warehouse(connection).files
    try:
        data: bytes = call(runtime, connection, "files", lambda: files.fetch(file.path))
    except Rejected as error:
        if error.symbol != GONE:
            exceptions.file(
                runtime.store.run,
                "file_not_taken",
                subject=_subject(connection, facility, file.name),
                story=f"file {file.name}",
                flow="dispatch-in",
                connection=connection,
                why=error.what,
            )
        return False
    effect = _keep(runtime, connection, facility, file.name, data)
    call(runtime, connection, "files", lambda: files.archive(facility, file.path))
    return effect == "taken"


def _keep(runtime: Runtime, connection: str, facility: str, name: str, data: bytes) -> str:
    """Store it, and in the same moment the exception of one whose name came before with other content."""
    files = runtime.warehouse(connection).files
    number, readable = files.number_of(name, data)
    argument = {
        "connection": connection,
        "facility": facility,
        "series": facility if files.series == "facility" else connection,
        "name": name,
        "sha256": hashlib.sha256(data).hexdigest(),
        "number": number,
        "readable": readable,
        "patience": files.gap_patience,
    }
    with runtime.store.transaction() as db:
        row = db.execute(
            "select take_file(%s, %s) as effect", (json.dumps(argument), pack(facility, name, data))
        ).fetchone()
        effect = str(row["effect"]) if row else ""
        if effect == "kept":
            kept = db.execute(
                "select record_id from partner_file where connection = %s and facility = %s and name = %s"
                " and effect = 'kept' order by id desc limit 1",
                (connection, facility, name),
            ).fetchone()
            record = kept["record_id"] if kept else None
            exceptions.file(
                within(db),
                "file_name_reused",
                subject=_subject(connection, facility, name),
                story=f"file {name}",
                flow="dispatch-in",
                connection=connection,
                why=f"{name} of {facility} came again with other content: it is kept as record {record}",
                record=record,
            )
    return effect


def pack(facility: str, name: str, data: bytes) -> bytes:
    """A file as the body of its record: one line that says which it is, and its bytes."""
    return json.dumps({"facility": facility, "name": name}).encode() + b"\n" + data


def unpack(body: bytes) -> tuple[str, str, bytes]:
    """Facility, name and bytes of a file's record."""
    head, _, data = body.partition(b"\n")
    head_line = json.loads(head)
    return head_line["facility"], head_line["name"], data


def _subject(connection: str, facility: str, name: str) -> str:
    return f"file:{connection}:{facility}:{name}"
