"""Somebody at a terminal: what a command answered, and a `fleet.toml` for it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

TOML = """
[connections.khaos]
system = "khaos"
url = "http://127.0.0.1:9/KhaosSandbox.exe"
extensions.confirm_shipment = {}

[connections.leeds]
system = "clarus"
base_url = "http://127.0.0.1:9"
subdomain = "acme"
account = "ACME"
client_id = "us"
client_secret = "env:CLARUS_CLIENT_SECRET"
webhook_token = "env:CLARUS_WEBHOOK_TOKEN"
sites = { LDS1 = "Leeds" }

[[routing]]
name = "everything"
to = "leeds"
facility = "LDS1"
"""
SECRETS = {"CLARUS_CLIENT_SECRET": "s", "CLARUS_WEBHOOK_TOKEN": "a-token-of-sixteen-or-more"}


@dataclass(frozen=True)
class Answered:
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Command = Callable[..., Answered]
