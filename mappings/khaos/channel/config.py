"""The channel's config file: which documents Khaos fetches from us and sends to us, where, and in which form.

README of ``kcc-web-services``, "Config". Khaos asks for the file once a day, with Basic auth.
"""

from __future__ import annotations

from typing import Annotated, Literal

from mappings.khaos.channel.codec import Form, read_document, write_document
from mappings.khaos.channel.scalars import Whole
from mappings.khaos.channel.word import Also, Word


class Endpoint(Word):
    """One address of ours. ``frequency`` is in minutes and only for what Khaos fetches."""

    url: str
    format: Literal["XML", "JSON"]
    frequency: Whole | None = None


class EndpointConfig(Word):
    """The whole file; what has no endpoint is not asked for and not sent."""

    order_download: Endpoint
    order_status_upload: Endpoint | None = None
    stock_status_upload: Endpoint
    stock_upload: Endpoint
    creturn_download: Annotated[Endpoint | None, Also("CustomerReturnDownload")] = None  # the older text's name
    provided_stock: Endpoint | None = None
    price_list_upload: Endpoint | None = None


def read_config(body: bytes, form: Form = "xml") -> EndpointConfig:
    """The file's content. Raises Unmappable: no such file, or a member is missing or of another type."""
    return read_document(EndpointConfig, body, form)


def write_config(config: EndpointConfig, form: Form = "xml") -> bytes:
    """The file as Khaos fetches it."""
    return write_document(config, form)
