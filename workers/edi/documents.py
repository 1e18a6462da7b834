"""Opens a file into its documents: each becomes a record of its own, once, and a bad one spoils no neighbour."""

from __future__ import annotations

from workers.edi.collect import unpack
from workers.ports.edi import Document
from workers.spine.reading import Reading


def read_file(reading: Reading) -> None:
    """Reader of a file. What cannot be made out of it is parked for itself. Raises Unmappable for the whole file."""
    files = reading.runtime.warehouse(reading.record.connection).files
    facility, name, data = unpack(reading.record.body)
    documents, bad = files.open(facility, name, data)
    for entry in bad:
        reading.park("dispatch-in", entry)
    for document in documents:
        _keep(reading, facility, document)


def _keep(reading: Reading, facility: str, document: Document) -> None:
    connection, key = reading.record.connection, f"{facility} {document.key}"
    taken = reading.run(
        "select receive(%s, %s, %s, %s, null) as id", connection, document.kind.value, key, document.body
    )
    if taken[0]["id"] is not None:
        return
    before = reading.run(
        "select r.id, r.body from record_key k join record r on r.id = k.record_id"
        " where k.connection = %s and k.source = %s and k.receipt_key = %s",
        connection,
        document.kind.value,
        key,
    )
    if before and _content(before[0]["body"]) != _content(document.body):
        reading.file_exception(
            "told_otherwise",
            subject=f"told:{connection}:{document.kind.value}:{key}",
            story=document.key,
            flow="dispatch-in",
            connection=connection,
            why=f"{connection} told {document.kind.value} {document.key} of {facility} again, otherwise than in record"
            f" {before[0]['id']}: the first counts",
        )


def _content(body: bytes) -> bytes:
    """The document without the line about where it stood."""
    return body.partition(b"\n")[2]
