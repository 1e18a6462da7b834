"""The toy itself: a small HTTP server with its own books."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import requests
from fastapi import FastAPI, Request, Response

from toy_system.client import signature

KEY, SIGNING_KEY = "a-key-of-the-toy", "a-signing-key-of-the-toy"


@dataclass
class Floor:
    """What people at the toy see and do."""

    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    items: list[str] = field(default_factory=list)
    puts: int = 0

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.put("/orders/{reference}")
        async def order(reference: str, request: Request) -> Response:
            if request.headers.get("x-api-key") != KEY:
                return Response(status_code=401)
            self.orders[reference] = json.loads(await request.body())
            self.puts += 1
            return Response(status_code=200)

        @app.put("/items/{code}")
        async def item(code: str) -> Response:
            self.items.append(code)
            return Response(status_code=200)

        @app.get("/ping")
        async def ping() -> Response:
            return Response(status_code=200)

        return app

    def ship(self, hooks: str, reference: str, *, number: str, at: str, key: str = SIGNING_KEY) -> int:
        """Post an event that an order has left; the status of the answer."""
        told = {
            "event": "order.shipped", "order": reference, "shipment": f"SH-{reference}", "at": at, "carrier": "BIKE",
            "tracking": f"T-{reference}", "lines": self.orders[reference]["lines"],
        }  # fmt: skip
        return self.post(hooks, told, number, key)

    def refuse(self, hooks: str, reference: str, code: str) -> int:
        """Post an event that an order is refused."""
        told = {"event": "order.refused", "order": reference, "code": code}
        return self.post(hooks, told, f"refused {reference}", SIGNING_KEY)

    @staticmethod
    def post(hooks: str, told: dict[str, Any], number: str, key: str) -> int:
        """Post an event under its id, signed."""
        body = json.dumps(told).encode()
        headers = {"X-Toy-Event-Id": number, "X-Toy-Signature": signature(key, body)}
        return requests.post(f"{hooks}/hooks/toy/-/all.events", data=body, headers=headers, timeout=60).status_code
