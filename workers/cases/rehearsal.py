"""Writes a message as it would be sent, and sends nothing: all that writing changes in the ledger is taken back."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from workers.config import Configuration
from workers.domain import overlay
from workers.ledger.store import Claimed, Connection, Store
from workers.spine.outcomes import Dead, Duplicate, Held, NotNeeded, Outcome, Retry
from workers.spine.people import CannotDo
from workers.spine.runtime import Runtime
from workers.wiring.handlers import NoHandler, handler_for


@dataclass(frozen=True, slots=True)
class Written:
    """What would be sent: customers' data. ``text`` is empty where nothing would be; ``says`` is why."""

    text: str
    says: str = ""
    frozen: bool = False  # these very bytes may have been sent already


NAMES: dict[type[Any], str] = {
    Held: "it waits", Dead: "it dies", NotNeeded: "it is not needed any more", Retry: "it is tried again later",
    Duplicate: "it has arrived already",
}  # fmt: skip


class _OneTransaction(Store):
    """A store whose every statement is part of one transaction."""

    def __init__(self, db: Connection) -> None:
        self.process_id = uuid.uuid4()
        self._db = db
        self._lost = []

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        yield self._db

    def close(self) -> None:
        """Nothing of its own to give back."""


def dry_run(
    store: Store, configuration: Configuration, exception_id: int, body: dict[str, Any] | None = None
) -> Written:
    """Write the message of an exception, with an edited ``body`` if one is given. Nothing is sent, nothing stays.

    Raises CannotDo where it has no message, or nothing of such a message is written.
    """
    with store.connection() as db, db.transaction(force_rollback=True):
        message = db.execute(
            "select m.*, b.body::text as body, b.wire from exception e join message m on m.id = e.message_id"
            " join message_body b on b.message_id = m.id where e.id = %s",
            (exception_id,),
        ).fetchone()
        if message is None:
            raise CannotDo(f"exception {exception_id} has no message, so nothing would be sent")
        if message["maybe_sent_at"] is not None and message["wire"] is not None:
            return Written(_text(message["wire"]), "it may have been sent as it is here", frozen=True)
        return _write(db, configuration, message, message["body"] if body is None else json.dumps(body))


def _write(db: Connection, configuration: Configuration, message: dict[str, Any], body: str) -> Written:
    runtime = Runtime(configuration)
    runtime.__dict__["store"] = _OneTransaction(db)
    overlay.refresh(runtime)
    try:
        handler = handler_for(runtime, message["flow"], message["connection"], message["kind"])
    except NoHandler as error:
        raise CannotDo(str(error)) from None
    claimed = Claimed(
        message["id"], message["attempt"], message["generation"], message["flow"], message["connection"],
        message["kind"], message["reference"], message["version"], message["subject"], message["story"], None,
        message["tries"], message["resends"], body, None,
    )  # fmt: skip
    try:
        wire = handler.write(claimed)
    except Exception as error:  # noqa: BLE001  whatever writing raises is the answer
        return Written("", f"it cannot be written: {error}")
    return Written(_text(wire)) if isinstance(wire, bytes) else Written("", _outcome(wire))


def _outcome(outcome: Outcome) -> str:
    said = getattr(outcome, "note", "") or getattr(outcome, "why", "") or ", ".join(getattr(outcome, "gates", ()))
    return f"nothing would be sent: {NAMES.get(type(outcome), 'it ends')}{': ' if said else ''}{said}"


def _text(wire: bytes) -> str:
    return bytes(wire).decode("utf-8", errors="replace")
