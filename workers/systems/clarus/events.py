"""Clarus's webhooks as the web process and the readers see them: hints, each read again before it counts."""

from __future__ import annotations

import json

from adapters.clarus.settings import Settings
from adapters.clarus.webhook import NO_TOKEN, check
from workers.ports.events import About, Delivery, Refusal
from workers.ports.sources import Kind

THEIR_IDS = ("delivery_id", "event_id")  # members of a body that name the telling itself, not its subject
GOODS_IN = ("goods_in", "putaway_task")


class ClarusEvents:
    """The webhooks of one account. Clarus signs nothing, so address and headers decide."""

    tells: frozenset[About | Kind] = frozenset(About)

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def refuse_caller(self, delivery: Delivery) -> Refusal | None:
        """Token, subdomain, domains, automation and integration ids."""
        resource, _, event = delivery.event.partition(".")
        why = check(self._settings, delivery.token, resource, event, delivery.headers)
        if why is None:
            return None
        return Refusal.TOKEN if why == NO_TOKEN else Refusal.HEADERS

    def refuse_body(self, delivery: Delivery) -> None:
        """There is no signature over a body."""

    def name(self, delivery: Delivery) -> str:
        """As our automations name it in the address."""
        return delivery.event

    def their_id(self, delivery: Delivery) -> str:
        """Where a tenant's automation gives one."""
        try:
            body = json.loads(delivery.body)
        except (ValueError, RecursionError):
            return ""
        given = [body[key] for key in THEIR_IDS if body.get(key)] if isinstance(body, dict) else []
        return str(given[0]) if given else ""

    def meaning(self, event: str) -> About:
        """By the resource that it is of; what is neither stock nor goods in is an order's."""
        resource = event.partition(".")[0]
        if resource.startswith("stock"):
            return About.STOCK
        return About.GOODS_IN if resource in GOODS_IN else About.ORDER
