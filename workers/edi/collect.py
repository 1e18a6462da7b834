"""Takes the files of a facility's folders: stored first, archived after that, each with one effect."""

from __future__ import annotations

import hashlib
import json
import time
from datetime import timedelta

from adapters.errors import ReachError, Rejected
from workers.edi.folder_troubles import ARCHIVE, FETCH, LIST, Troubles
from workers.ledger.store import within
from workers.ports.edi import RemoteFile
from workers.spine import exceptions
from workers.spine.polling import call
from workers.spine.runtime import Runtime

OVERLAP = timedelta(days=1)  # of files in the archive with those that the ledger has: clocks differ
AT_MOST = 240.0  # seconds of one turn; what is left lies there for the next


def take_files(runtime: Runtime, connection: str, facility: str) -> int:
    """Take files that have stopped growing. Returns how many were new. Raises what adapters raise, and Busy.

    A folder that is refused, and a file that is not given out or cannot be moved away, is counted from look to look
    and becomes a person's. It keeps no file beside it waiting: what failed before is tried last.
    """
    files = runtime.warehouse(connection).files
    ends = time.monotonic() + AT_MOST
    troubles = Troubles(runtime, connection, facility)
    try:
        lying: list[RemoteFile] = call(runtime, connection, "files", lambda: files.list_new(facility))
    except Rejected as error:
        troubles.count(LIST, "", error)
        return 0
    troubles.over(LIST, "", "the folder was listed")
    troubles.forget_all_but({file.name for file in lying})
    taken = 0
    for file in troubles.last(lying):
        if runtime.stopping.is_set() or time.monotonic() > ends:
            break
        taken += take_one(runtime, connection, facility, file, troubles)
    return taken


def take_one(
    runtime: Runtime, connection: str, facility: str, file: RemoteFile, troubles: Troubles | None = None
) -> bool:
    """One file; whether it was news. It is moved away only after its record is committed: whatever breaks, it is found
    again. Raises ReachError while a failure may be the connection's, and not the file's.
    """
    troubles = troubles or Troubles(runtime, connection, facility)
    files = runtime.warehouse(connection).files
    try:
        data: bytes = call(runtime, connection, "files", lambda: files.fetch(file.path))
    except ReachError as error:
        troubles.count(FETCH, file.name, error)
        return False
    troubles.over(FETCH, file.name, "the file was taken")
    lies_still = any(one.step == ARCHIVE and one.name == file.name for one in troubles.known)
    effect = _keep(runtime, connection, facility, file.name, data, lies_still=lies_still)
    try:
        call(runtime, connection, "files", lambda: files.archive(facility, file.path))
    except Rejected as error:
        troubles.count(ARCHIVE, file.name, error)
    else:
        troubles.over(ARCHIVE, file.name, "the file was moved away")
    return effect == "taken"


def take_again(runtime: Runtime, connection: str, facility: str) -> int:
    """Take files that lie in the archive and that the ledger lacks: it was restored from a backup. Returns how many.

    Only what was written since a day before the last file that the ledger has: what is older it has had.
    """
    warehouse = runtime.warehouse(connection)
    row = runtime.store.row(
        "select max(taken_at) as last from partner_file where connection = %s and facility = %s", connection, facility
    )
    if row is None or row["last"] is None:
        return 0
    had = {
        one["name"]
        for one in runtime.store.rows(
            "select name from partner_file where connection = %s and facility = %s", connection, facility
        )
    }
    runtime.pace(connection)
    taken = 0
    for file in warehouse.past.archived(facility, row["last"] - OVERLAP):
        if file.name in had:
            continue
        runtime.pace(connection)
        data = warehouse.files.fetch(file.path)
        taken += _keep(runtime, connection, facility, file.name, data, lies_still=False) == "taken"
    return taken


def _keep(runtime: Runtime, connection: str, facility: str, name: str, data: bytes, *, lies_still: bool) -> str:
    """Store it, and in the same moment the exception of one whose name came before with other content."""
    files = runtime.warehouse(connection).files
    numbers, readable = files.numbers_of(name, data)
    argument = {
        "connection": connection,
        "facility": facility,
        "series": facility if files.series == "facility" else connection,
        "name": name,
        "sha256": hashlib.sha256(data).hexdigest(),
        "numbers": numbers,
        "readable": readable,
        "lies_still": lies_still,
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
                subject=f"file:{connection}:{facility}:{name}",
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
