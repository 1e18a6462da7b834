"""The configuration file that the merchant's side serves: which endpoints there are, in which format, how often.

Source: the vendor's repository kcc-web-services, README (EndpointConfig): members, which of them are required, and
that the URL must name a JSON or XML file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from adapters.khaos.sandbox.channel.documents import read

ORDERS, RETURNS = "OrderDownload", "CReturnDownload"
ORDER_STATUS, LEVELS, STOCK = "OrderStatusUpload", "StockStatusUpload", "StockUpload"
DOWNLOADS = (ORDERS, RETURNS)
UPLOADS = (STOCK, LEVELS, ORDER_STATUS)  # in the order in which they are posted
REQUIRED = (ORDERS, LEVELS, STOCK)


class BadConfig(ValueError):
    """A configuration that makes no channel; says what to mend."""


@dataclass(frozen=True)
class Endpoint:
    """One endpoint of ours; ``every`` is in minutes, 0 for one that is posted to."""

    url: str
    form: str
    every: float = 0.0


def check_url(url: str) -> str:
    """The URL again. Raises BadConfig when it names no file of the two kinds."""
    if not urlsplit(url).path.lower().endswith((".json", ".xml")):
        raise BadConfig(f"config_url {url} must name a .json or .xml file, not a page")
    return url


def read_config(body: bytes) -> Mapping[str, Endpoint]:
    """The endpoints by name; members that nobody here uses are passed over. Raises BadConfig."""
    try:
        found = read(body, "XML" if body.lstrip()[:1] == b"<" else "JSON")
    except ValueError as error:
        raise BadConfig(str(error)) from error
    found = found.get("EndpointConfig", found)
    missing = [name for name in REQUIRED if name not in found]
    if missing:
        raise BadConfig(f"EndpointConfig lacks {', '.join(missing)}")
    return {name: _endpoint(name, found[name]) for name in (*DOWNLOADS, *UPLOADS) if name in found}


def _endpoint(name: str, given: object) -> Endpoint:
    members = given if isinstance(given, dict) else {}
    url, form = str(members.get("URL") or ""), str(members.get("Format") or "").upper()
    if not url or form not in ("JSON", "XML"):
        raise BadConfig(f"{name} needs URL, and Format JSON or XML")
    if name not in DOWNLOADS:
        return Endpoint(url, form)
    try:
        every = float(members.get("Frequency") or 0)
    except (TypeError, ValueError):
        every = 0.0
    if every <= 0:
        raise BadConfig(f"{name} needs Frequency, in minutes")
    return Endpoint(url, form, every)
