"""The forms on the Journal that load what finance says stock is worth: of units by SKU, of garments by tag.

Each acts by the function of its command in ``fleet valuation``. A file is taken whole or not at all.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, File, Request, UploadFile
from fastapi.responses import Response
from sqlalchemy import Engine

from workers.access.roles import Right
from workers.journal import assets, valuation
from workers.journal.valuation import Loaded
from workers.ledger.store import Store
from workers.spine.people import CannotDo
from workers.web.desk.acting import Deed, act, record, store_of
from workers.web.desk.door import Visitor, needs
from workers.web.desk.same_as import same_as
from workers.web.desk.words import Part, plain

Keeping = Annotated[Visitor, Depends(needs(Right.KEEP_BOOKS))]
HERE = "/journal"
DEEDS = {"units": "valuation load", "garments": "valuation assets"}  # whose values, and the command that does the same
NAMED = 10  # refused lines that are named one by one


def routes(_engine: Engine) -> APIRouter:
    """One address, which answers 303 to the journal."""
    router = APIRouter(include_in_schema=False)

    @router.post("/journal-acts/values/{deed}")
    @same_as(*DEEDS.values())
    def load(request: Request, visitor: Keeping, deed: Part, file: Annotated[UploadFile, File()]) -> Response:
        def do() -> None:
            if deed not in DEEDS:
                raise CannotDo(f"there are no values of {deed!r}")
            done = _load(store_of(request), deed, text_of(file), visitor.name)
            told = {"file": plain(file.filename or "")[:200], "values": str(done.lines), "entries": str(done.revalued)}
            record(request, visitor, Deed("values loaded", f"values of {deed}", told=told))

        return act(request, visitor, HERE, do)

    return router


def text_of(file: UploadFile) -> str:
    """What a file that was sent with a form says. Raises CannotDo where it is empty or not in UTF-8."""
    try:
        text = file.file.read().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise CannotDo("this file is not in UTF-8: save it as CSV in UTF-8") from None
    if not text.strip():
        raise CannotDo("choose a CSV file with a header")
    return text


def _load(store: Store, deed: str, text: str, who: str) -> Loaded:
    today = datetime.now(UTC).date()
    try:
        if deed == "garments":
            return assets.load(store, assets.read_assets(text, today), who)
        return valuation.load(store, valuation.read_valuation(text, valuation.stock_sites(store), today), who)
    except valuation.Refused as error:
        named, more = error.sentences[:NAMED], len(error.sentences) - NAMED
        raise CannotDo(" · ".join(named) + (f" · and {more} more lines" if more > 0 else "")) from None
