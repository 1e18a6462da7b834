"""Events leave from here: signed, delayed, lost, repeated, retried, badly signed and forged as the switches say.

Profile 2.5.2: at least once, unordered, 2xx in ten seconds is taken, and a repeated delivery is signed anew.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import itertools
import json
import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

from adapters.acs.sandbox.agenda import Clock
from adapters.acs.sandbox.switches import Switches

TIMEOUT = 10.0
SENDERS = 8
HOUR = 3600
SHUFFLE = 0.3  # seconds
TIME = "%Y-%m-%dT%H:%M:%S.%fZ"


class Events:
    """Sends without ever making the API wait. ``sent`` keeps what happened, in order, delivered or not."""

    def __init__(self, switches: Switches, clock: Clock, account: str, seed: int) -> None:
        self._switches, self._clock, self._account, self._seed = switches, clock, account, seed
        self._dice = random.Random(f"{seed}:events")
        self._numbers = itertools.count(1)
        self._pool = ThreadPoolExecutor(SENDERS, thread_name_prefix="event")
        self._timers: set[threading.Timer] = set()
        self.sent: list[dict[str, Any]] = []
        self.counts: Counter[str] = Counter(sent=0, lost=0, repeated=0, delivered=0, given_up=0, forged=0, bad=0)

    def tell(self, kind: str, data: dict[str, Any]) -> None:
        """Something happened; whoever listens hears of it soon, unless it is lost."""
        switches = self._switches
        if switches.used("event_unknown_next"):
            self._send(self._event("item.photographed", {"RFID": data.get("RFID", "")}))
        if switches.used("event_forged_next"):
            self._forge(data)
        event = self._event(kind, data)
        self.sent.append(event)
        self.counts["sent"] += 1
        if self._dice.random() < switches.event_loss_rate:
            self.counts["lost"] += 1
            return
        self._send(event)
        if self._dice.random() < switches.event_repeat_rate:
            self.counts["repeated"] += 1
            self._send(event)

    def tell_again(self, word: str) -> int:
        """Send everything once more that was ever told of a tag or an order, each signed anew. How many it were."""
        told = [event for event in self.sent if word in (event["Data"].get("RFID"), event["Data"].get("OrderNumber"))]
        for event in told:
            self._send(event)
        return len(told)

    def stop(self) -> None:
        """Forgets what is still to be sent."""
        for timer in list(self._timers):
            timer.cancel()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _event(self, kind: str, data: dict[str, Any]) -> dict[str, Any]:
        number = uuid.uuid5(uuid.NAMESPACE_OID, f"{self._seed}:{self._account}:{next(self._numbers)}:{time.time_ns()}")
        return {
            "EventId": str(number),
            "EventType": kind,
            "EventVersion": 1,
            "OccurredAt": self._clock.now().strftime(TIME),
            "AccountCode": self._account,
            "Data": data,
        }

    def _forge(self, data: dict[str, Any]) -> None:
        lie = {
            "GarmentSKU": data.get("GarmentSKU", ""),
            "RFID": data.get("RFID", "0" * 24),
            "FromStatus": "InRefurbishment",
            "ToStatus": "Ready",
            "Location": "In warehouse - ready for customer",
        }
        event = self._event("item.disposition_changed", lie)
        self.counts["forged"] += 1

        def post() -> None:
            self._post(event, key="not the key")

        self._later(0.0, post)

    def _send(self, event: dict[str, Any]) -> None:
        if not self._switches.event_url:
            return
        wait = self._dice.uniform(*self._switches.event_delay)
        wait += self._dice.uniform(0.0, SHUFFLE) if self._switches.event_shuffle else 0.0
        bad = self._dice.random() < self._switches.event_bad_signature_rate
        stale = self._switches.used("event_stale_next")
        self._later(wait, lambda: self._deliver(event, 0, bad=bad, stale=stale))

    def _later(self, seconds: float, do: Callable[[], None]) -> None:
        if not seconds:
            self._submit(do)
            return

        def ring() -> None:
            self._timers.discard(timer)
            self._submit(do)

        timer = threading.Timer(seconds, ring)
        timer.daemon = True
        self._timers.add(timer)
        timer.start()

    def _submit(self, do: Callable[[], None]) -> None:
        try:
            self._pool.submit(do)
        except RuntimeError:
            self.counts["given_up"] += 1  # the place has closed

    def _deliver(self, event: dict[str, Any], attempt: int, *, bad: bool = False, stale: bool = False) -> None:
        self.counts["bad"] += bad or stale
        key = "not the key" if bad else self._switches.event_key
        status = self._post(event, key, age=HOUR if stale else 0)
        retries = self._switches.event_retries
        if status // 100 == 2:  # noqa: PLR2004  the class of 2xx
            self.counts["delivered"] += 1
        elif attempt < len(retries):
            self._later(retries[attempt], lambda: self._deliver(event, attempt + 1))
        else:
            self.counts["given_up"] += 1

    def _post(self, event: dict[str, Any], key: str, age: int = 0) -> int:
        body, headers = signed(event, key, int(time.time()) - age)
        parts = urlsplit(self._switches.event_url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(parts.hostname or "", parts.port, timeout=TIMEOUT)
        try:
            connection.request("POST", parts.path + (f"?{parts.query}" if parts.query else ""), body, headers)
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()


def signed(event: dict[str, Any], key: str, at: int) -> tuple[bytes, dict[str, str]]:
    """The body of an event and the headers of its delivery, signed with ``key`` at a Unix time in seconds."""
    body, stamp = json.dumps(event).encode(), str(at)
    digest = hmac.new(key.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    headers = {
        "Content-Type": "application/json",
        "X-ACS-Event-Id": event["EventId"],
        "X-ACS-Timestamp": stamp,
        "X-ACS-Signature": f"sha256={digest}",
    }
    return body, headers
