"""Opens a file into its documents: each becomes a record of its own, once, and a bad one spoils no neighbour."""

from __future__ import annotations

from mappings.errors import Unmappable, Unreadable
from workers.edi.collect import unpack
from workers.ports.edi import Document
from workers.spine.reading import Reading

LONGEST_NAME = 500  # characters of a document's own name; the longest that X12 has room for are 80


def read_file(reading: Reading) -> None:
    """Reader of a file. What cannot be made out of it is parked for itself. Raises Unmappable for the whole file."""
    files = reading.runtime.warehouse(reading.record.connection).files
    facility, name, data = unpack(reading.record.body)
    documents, bad = files.open(facility, name, data)
    for entry in bad:
        reading.park("dispatch-in", entry)
    for document in documents:
        if len(document.key) > LONGEST_NAME:
            reading.park("dispatch-in", _nameless(document))
        else:
            _keep(reading, facility, document)


def _nameless(document: Document) -> Unreadable:
    """A document whose name nobody can look up: it stands alone, and is named by how it begins."""
    why = f"it is {len(document.key)} characters long, {LONGEST_NAME} at most are a name: ask the partner to mend it"
    named = f"{document.kind.value} {document.key[:60]}..."
    return Unreadable(named, Unmappable("document number", document.key[:60], why, kind="unreadable"))


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
