"""Goods in at a Clarus WMS site as the flows see them: the client's receipts and their mapping, joined."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import mappings.clarus as words
from adapters.clarus.client import Clarus
from adapters.clarus.settings import Settings
from mappings.canonical import GoodsReceipt, ReceiptStatus, ReturnAdvice
from workers.ports.api import LookUpResult
from workers.ports.goods_in import GoodsInHint, ReceiptHint


class ClarusGoodsIn:
    """The receipts of one Clarus account."""

    def __init__(self, settings: Settings, client: Clarus, tables: Mapping[str, Any]) -> None:
        """``tables`` are the merchant's own."""
        self._settings = settings
        self._client = client
        self._conditions = tables.get("stock_conditions", {}).get("clarus", {})

    def read_hint(self, event: str, body: bytes) -> GoodsInHint:
        """Understand a webhook of goods_in or putaway_task."""
        resource, _, what = event.partition(".")
        hint = words.read_stock_hint(resource, what, body)
        return GoodsInHint(tuple(ReceiptHint(r.their_id, r.reference, r.line_ids) for r in hint.receipts), hint.skus)

    def fetch(self, their_id: str, reference: str, line_ids: Sequence[str], facts: dict[str, Any]) -> bytes | None:
        """Header, tasks of the lines, and the stock where they put the goods. Clarus has no filter by id."""
        if reference:
            nodes = self._client.goods_in_by_reference([reference], facts["account_id"])
        else:
            nodes = self._client.receipts(facts["account_id"])
        chosen = [node for node in nodes if str(node["id"]) == their_id or not their_id]
        if not chosen:
            return None
        return json.dumps(self._client.receipt_detail(chosen[-1], line_ids), sort_keys=True).encode()

    def moved_since(
        self, facility: str, since: datetime, references: Mapping[str, str], facts: dict[str, Any]
    ) -> list[ReceiptHint]:
        """By the tasks that the floor finished; where a tenant's schema hides their lines, every open receipt."""
        account, warehouse = facts["account_id"], facts["warehouses"].get(facility, "")
        lines = self._client.receipt_lines_since(since, account, warehouse)
        if lines is None:
            statuses = words.receipt_words(ReceiptStatus.RECEIVING, ReceiptStatus.COMPLETED)
            nodes = self._client.receipts(account, warehouse, statuses=statuses)
            return [
                ReceiptHint(str(node["id"]), str(node["reference"] or ""))
                for node in nodes
                if str(node["id"]) in references or _arrived(node, since)
            ]
        by_id = dict(references)
        if set(lines) - set(by_id):
            for node in self._client.receipts(account, warehouse):
                by_id.setdefault(str(node["id"]), str(node["reference"] or ""))
        return [ReceiptHint(one, by_id[one], tuple(ids)) for one, ids in lines.items() if one in by_id]

    def read(self, raw: bytes, read_at: datetime) -> GoodsReceipt:
        """Understand a re-read receipt."""
        return words.read_receipt(
            json.loads(raw), read_at, return_words=self._settings.return_receipt_types, own=self._conditions
        )

    def is_return(self, receipt: GoodsReceipt) -> bool:
        """By the tenant's words for it."""
        return receipt.kind_word.strip().lower() in {word.lower() for word in self._settings.return_receipt_types}

    def write_return(self, advice: ReturnAdvice, facts: dict[str, Any], skus: Mapping[str, str]) -> bytes:
        """A goods-in receipt."""
        return words.write_return_receipt(
            advice,
            words.Facts(
                account_id=facts["account_id"],
                warehouses=facts["warehouses"],
                products=skus,
                receipt_kind=self._settings.receipt_kind or {},
            ),
        )

    def find_return(self, reference: str, wire: bytes, facts: dict[str, Any]) -> LookUpResult | None:
        """A census of the reference; a cancelled receipt counts only where no other is there: it did arrive."""
        every = self._client.goods_in_by_reference([reference], facts["account_id"])
        over = words.receipt_words(ReceiptStatus.CANCELLED)
        nodes = [node for node in every if node["status"] not in over] or every
        if not nodes:
            return None
        ids = tuple(str(node["id"]) for node in nodes)
        if len(ids) > 1:
            return LookUpResult(ids, same=False, what="more than one receipt carries the reference")
        detail = self._client.receipt_detail(nodes[0], ())
        return LookUpResult(ids, words.same_receipt(wire, detail), f"goods in {ids[0]} is not what was asked for")


def _arrived(node: Mapping[str, Any], since: datetime) -> bool:
    """Whether a receipt's goods are arriving, or arrived after a moment; a date that cannot be read is no reason."""
    if node["status"] in words.receipt_words(ReceiptStatus.RECEIVING):
        return True
    try:
        return datetime.fromisoformat(str(node.get("actual_date_of_receipt"))) >= since
    except (ValueError, TypeError):
        return False
