"""Doors of the channel's screen: set it up, ask for references again, see what it did."""

from __future__ import annotations

from http import HTTPStatus
from typing import Literal

from fastapi import APIRouter, HTTPException, Request
from pydantic import ValidationError

from adapters.khaos.sandbox.channel.config import BadConfig
from adapters.khaos.sandbox.doors.finding import Asked, Json, Posted, desk_of

router = APIRouter()


class Again(Asked):
    """AssociatedRefs to download again, from both endpoints unless one is named."""

    refs: list[str]
    endpoint: Literal["OrderDownload", "CReturnDownload"] | None = None


@router.post("/channel")
async def set_up(request: Request, asked: Posted) -> Json:
    """Save the channel's settings; ``force`` reads the configuration anew though it is cached."""
    channel = desk_of(request).channel
    wanted = dict(asked)
    try:
        channel.set_up(wanted, force=bool(wanted.pop("force", False)))
    except (BadConfig, ValidationError) as error:
        raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY, str(error)) from error
    return channel.shown()


@router.get("/channel")
async def show(request: Request) -> Json:
    """Counts of everything."""
    return desk_of(request).channel.shown()


@router.post("/channel/retry")
async def retry(request: Request, asked: Again) -> Json:
    """An operator's "retry download" of these references."""
    channel = desk_of(request).channel
    if not channel.settings.enabled:
        raise HTTPException(HTTPStatus.CONFLICT, "the channel is not set up; post it to /_sandbox/channel first")
    channel.retry(asked.refs, [asked.endpoint] if asked.endpoint else ("OrderDownload", "CReturnDownload"))
    return {"asked": asked.refs}
