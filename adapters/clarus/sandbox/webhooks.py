"""Webhooks leave from here: matched to automations, delayed, lost, repeated and retried as the switches say.

Sources: knowledgebase/integrations/webhook-events and validate-a-webhook-request (five headers, no
signature). Body, retries and time-out are unpublished: a few attempts of ten seconds are assumed.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from adapters.clarus.sandbox.bodies import body
from adapters.clarus.sandbox.books import Books, Record, at
from adapters.clarus.sandbox.switches import Switches

TIMEOUT = 10.0
BETWEEN_ATTEMPTS = 0.5  # seconds, doubled each time
SENDERS = 8


class Webhooks:
    """Fires without ever making the API wait."""

    def __init__(self, books: Books, switches: Switches, subdomain: str, seed: int) -> None:
        self._books = books
        self._switches = switches
        self._subdomain = subdomain
        self._dice = random.Random(f"{seed}:webhooks")
        self._pool = ThreadPoolExecutor(SENDERS, thread_name_prefix="webhook")
        self._last_due = 0.0
        self._under_way: set[asyncio.Task[None]] = set()
        self.counts: Counter[str] = Counter(fired=0, lost=0, repeated=0, delivered=0, given_up=0)

    def register(self, resource: str, event: str, url: str, automation_id: str = "") -> Record:
        """An enabled automation whose action is a webhook; with an id of one's own if given."""
        made = self._books.automations.add(
            {
                "name": f"{resource} {event}",
                "resource_name": resource,
                "event": event,
                "enabled": True,
                "integration_id": None,
                "created_at": "2026-01-10T12:00:00Z",
                "url": url,
                "conditions": [],
            }
        )
        made["header_id"] = automation_id or made["id"]
        return made

    def fire(self, resource: str, event: str, record: Record) -> None:
        """Sends the record to every automation that wants it, soon."""
        for automation in list(self._books.automations.by_key((resource,))):
            wanted = automation["enabled"] and automation["event"] == event and automation.get("url")
            told = body(resource, record) if wanted else {}
            if not wanted or not all(_holds(condition, told) for condition in automation["conditions"]):
                continue
            self.counts["fired"] += 1
            if self._dice.random() < self._switches.webhook_loss_rate:
                self.counts["lost"] += 1
                continue
            sent = json.dumps(told if self._switches.webhook_flat else {"data": told}).encode()
            self._send_later(automation, sent)
            if self._dice.random() < self._switches.webhook_repeat_rate:
                self.counts["repeated"] += 1
                self._send_later(automation, sent)

    def stop(self) -> None:
        """Forgets what is still to be sent."""
        for task in self._under_way:
            task.cancel()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _send_later(self, automation: Record, body: bytes) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time() + self._dice.uniform(*self._switches.webhook_delay)
        if self._switches.webhook_shuffle:
            due += self._dice.uniform(0.0, 0.3)
        else:
            due = max(due, self._last_due)
        self._last_due = max(due, self._last_due)
        task = loop.create_task(self._deliver(automation, body, due))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _deliver(self, automation: Record, body: bytes, due: float) -> None:
        loop = asyncio.get_running_loop()
        await asyncio.sleep(max(0.0, due - loop.time()))
        headers = self._headers(automation)
        for attempt in range(self._switches.webhook_attempts):
            status = await loop.run_in_executor(self._pool, _post, automation["url"], headers, body)
            if status // 100 == 2:  # noqa: PLR2004 -- the class of 2xx
                self.counts["delivered"] += 1
                return
            await asyncio.sleep(BETWEEN_ATTEMPTS * 2**attempt)
        self.counts["given_up"] += 1

    def _headers(self, automation: Record) -> dict[str, str]:
        headers = {
            "Content-Type": "application/json",
            "X-ClarusWMS-Domain": self._switches.webhook_domain,
            "X-ClarusWMS-API-Domain": self._switches.webhook_api_domain,
            "X-ClarusWMS-Subdomain": self._subdomain,
            "X-ClarusWMS-Automation-ID": automation["header_id"],
        }
        if self._switches.webhook_integration_id:
            headers["X-ClarusWMS-Integration-ID"] = self._switches.webhook_integration_id
        return headers


def _holds(condition: Record, record: Record) -> bool:
    value = str(at({"data": record}, condition.get("source_path", "")))
    return bool((value == str(condition.get("value"))) == (condition.get("operator", "eq") == "eq"))


def _post(url: str, headers: dict[str, str], body: bytes) -> int:
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=TIMEOUT)
    try:
        connection.request("POST", parts.path + (f"?{parts.query}" if parts.query else ""), body, headers)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()
