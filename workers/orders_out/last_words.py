"""What Khaos Control last showed of each order: what equals that is no news; what equals something earlier is."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from workers.ledger.store import Connection
from workers.spine.polling import receipt
from workers.spine.runtime import Runtime

KEPT_FOR = "90 days"  # an order that nobody has asked about for so long is read once more when it is shown again
Digests = dict[str, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Status:
    """A status reply taken apart by order: which poll asked, and when, by the ledger's clock."""

    runtime: Runtime
    poll: str
    asked_at: datetime
    parts: Mapping[str, bytes]
    whole: bool = False  # every invoice of its orders, so that one which is not shown is not there

    def moved(self) -> set[str]:
        """Orders whose status is not what this poll showed last."""
        rows = self.runtime.store.rows(
            "select order_code, status from order_word where erp = %s and poll = %s and order_code = any (%s)",
            self._name,
            self.poll,
            list(self.parts),
        )
        last = {row["order_code"]: row["status"] for row in rows}
        return {code for code, part in self.parts.items() if last.get(code) != self._steady(part)}

    def keep(self, codes: Iterable[str], orders: Orders | None = None, *, salt: str = "") -> int:
        """Keep what is shown of some orders as a record, with the orders' own documents where they were asked for.

        Left out is what equals the last word; ``salt`` makes it news all the same. Returns how many records are new.
        """
        orders = orders or Orders()
        news: Digests = {}
        digests = self._digests(sorted(set(codes)), orders, salt)
        with self.runtime.store.transaction() as db:
            last = self._last(db, list(digests))
            news = {code: found for code, found in digests.items() if last.get(code) != found[1]}
            if not news:
                self._note(db, digests)
                return 0
            body = self._body(news, orders)
            row = db.execute(
                "select receive(%s, 'orders', %s, %s, null) as id", (self._name, receipt(body), body)
            ).fetchone()
            self._note(db, digests)
        return int(row is not None and row["id"] is not None)

    @property
    def _name(self) -> str:
        return self.runtime.configuration.erp.name

    def _steady(self, part: bytes) -> str:
        return hashlib.sha256(self.runtime.erp.steady(part)).hexdigest()

    def _digests(self, codes: list[str], orders: Orders, salt: str) -> Digests:
        ours = _ours(self.runtime, codes)
        digests = {}
        for code in codes:
            status = self._steady(self.parts.get(code, b""))
            said = [status, orders.digest(code), ours.get(code, ""), salt, self.whole]
            # an order that did not come with its status: that status counts as not shown yet
            digests[code] = ("" if code in orders.missing else status, receipt(json.dumps(said).encode()))
        return digests

    def _body(self, news: Digests, orders: Orders) -> bytes:
        erp = self.runtime.erp
        said: dict[str, Any] = {
            "status": erp.join_status([self.parts[code] for code in news if code in self.parts]).decode(),
            "orders": erp.join_orders([*orders.of(news), *orders.unnamed]).decode() if orders.by_code else "",
            "asked_at": self.asked_at.isoformat(),
        }
        if self.whole:
            said["whole"] = sorted(news)
        return json.dumps(said, sort_keys=True).encode()

    def _last(self, db: Connection, codes: list[str]) -> dict[str, str]:
        rows = db.execute(
            "select order_code, word from order_word where erp = %s and poll = %s and order_code = any (%s)",
            (self._name, self.poll, codes),
        ).fetchall()
        return {row["order_code"]: row["word"] for row in rows}

    def _note(self, db: Connection, digests: Digests) -> None:
        db.execute(
            "insert into order_word (erp, poll, order_code, status, word)"
            " select %s, %s, d.code, d.status, d.word from unnest(%s::text[], %s::text[], %s::text[])"
            " d (code, status, word) order by d.code on conflict (erp, poll, order_code) do update"
            " set status = excluded.status, word = excluded.word, kept_at = now()",
            (
                self._name,
                self.poll,
                list(digests),
                [status for status, _ in digests.values()],
                [word for _, word in digests.values()],
            ),
        )


@dataclass(frozen=True, slots=True)
class Orders:
    """Documents of orders by their code, those that name no order that was asked for, and codes that did not come."""

    by_code: Mapping[str, bytes] = field(default_factory=dict)
    unnamed: tuple[bytes, ...] = ()
    missing: frozenset[str] = frozenset()

    def of(self, codes: Iterable[str]) -> list[bytes]:
        """The documents of some orders."""
        return [self.by_code[code] for code in codes if code in self.by_code]

    def digest(self, code: str) -> str:
        """A digest of the order's document."""
        return receipt(b"".join((self.by_code.get(code, b""), *self.unnamed)))


def joined(codes: Collection[str], documents: Mapping[str, bytes], by_ref: Mapping[str, str]) -> Orders:
    """Sort documents by the orders that were asked for: an export names them by code or by associated reference."""
    by_code, unnamed = {}, []
    for named, document in documents.items():
        code = named if named in codes else by_ref.get(named, "")
        if code in codes:
            by_code[code] = document
        else:
            unnamed.append(document)
    return Orders(by_code, tuple(unnamed), frozenset(codes) - set(by_code))


def forget_old(runtime: Runtime) -> None:
    """Forget orders that no poll has shown for long."""
    runtime.store.run("delete from order_word where kept_at < now() - %s::interval", KEPT_FOR)


def _ours(runtime: Runtime, codes: list[str]) -> dict[str, str]:
    """What we know of some orders: when that changes, the same words of Khaos's are worth another reading."""
    rows = runtime.store.rows(
        "select order_code, string_agg(concat_ws(' ', reference, state, shipments, invoice_code), ',' order by number)"
        " as known from fulfilment where erp = %s and order_code = any (%s) group by order_code",
        runtime.configuration.erp.name,
        codes,
    )
    return {row["order_code"]: row["known"] for row in rows}
