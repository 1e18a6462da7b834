"""The desk's own files: each is read once, and its address names its content, so that browsers may keep it for good."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse, Response

TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
FOR_GOOD = {"Cache-Control": "public, max-age=31536000, immutable"}
NOT_FOUND = 404


@dataclass(frozen=True, slots=True)
class StaticFile:
    """One file: its address, its type and its content."""

    address: str
    media_type: str
    content: bytes


@cache
def static_files() -> Mapping[str, StaticFile]:
    """Every file of ``static/`` by its name."""
    found: dict[str, StaticFile] = {}
    for one in files("workers.web.desk").joinpath("static").iterdir():
        media_type = next((kind for ending, kind in TYPES.items() if one.name.endswith(ending)), None)
        if media_type is not None:
            content = one.read_bytes()
            digest = hashlib.sha256(content).hexdigest()[:12]
            found[one.name] = StaticFile(f"/static/{digest}/{one.name}", media_type, content)
    return MappingProxyType(found)


def address_of(name: str) -> str:
    """The address of a file, as ``/static/3f9a…/desk.css``. Raises KeyError for one that is not there."""
    return static_files()[name].address


def routes() -> APIRouter:
    """The files, for everybody: they say nothing about the ledger."""
    router = APIRouter(include_in_schema=False)

    @router.get("/static/{digest}/{name}")
    def static_file(digest: str, name: str) -> Response:
        found = static_files().get(name)
        if found is None or found.address != f"/static/{digest}/{name}":
            return PlainTextResponse("There is no such file. Load the page again.\n", NOT_FOUND)
        return Response(found.content, media_type=found.media_type, headers=FOR_GOOD)

    return router
