"""Our side of Khaos Control's channel, with empty answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from fleet_tests.khaos_sandbox import Sandbox
from fleet_tests.places import SAMPLES

OURS = SAMPLES / "khaos"
Until = Callable[[Callable[[], Any]], Any]
AUTH = {"user": "khaos", "password": "pw"}
PATHS = {
    "OrderDownload": "/orders",
    "CReturnDownload": "/returns",
    "StockUpload": "/stock",
    "StockStatusUpload": "/levels",
    "OrderStatusUpload": "/statuses",
}
FAST, SLOW = 200_000.0, 300.0  # a quarter of an hour in 4.5 ms, and in 3 s


def config(url: str, form: str = "JSON", *, leave_out: str = "") -> bytes:
    endpoints = "".join(
        f"<{name}><URL>{url}{path}</URL><Format>{form}</Format><Frequency>15</Frequency></{name}>"
        for name, path in PATHS.items()
        if name != leave_out
    )
    return f"<EndpointConfig>{endpoints}</EndpointConfig>".encode()


def batch(*returns: dict[str, Any]) -> bytes:
    return json.dumps({"Returns": list(returns), "ApiVersion": 1000}).encode()


def channel(sandbox: Sandbox) -> Any:
    return sandbox.books()["channel"]
