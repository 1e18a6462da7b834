"""Orders that outgrow the longest reply that is read are asked for by the days on which they were placed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from adapters import exchange
from adapters.errors import TooLong
from adapters.khaos import Settings
from fleet_tests.khaos_sandbox import Sandbox
from workers.systems.khaos.erp import KhaosErp

ORDERS = 40


@pytest.fixture
def erp(sandbox: Sandbox, order: Callable[..., str]) -> KhaosErp:
    """Orders of two hundred days, most of them new."""
    khaos = sandbox.client()
    for n in range(ORDERS):
        placed = datetime.now(UTC) - timedelta(days=0.125 * n * n)
        khaos.import_orders(order(f"W-{n}", extra=f"<ORDER_DATE>{placed:%Y-%m-%dT%H:%M:%S}</ORDER_DATE>", MUG=1))
    return KhaosErp(Settings(url=sandbox.url), {})


def codes(erp: KhaosErp) -> list[str]:
    return sorted(invoice.order_code for invoice in erp.read_status(erp.fetch_open())[0])


def test_what_one_reply_does_not_hold_comes_in_several_and_each_order_once(
    erp: KhaosErp, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, size = codes(erp), len(erp.fetch_open())
    assert len(whole) == len(set(whole)) == ORDERS
    monkeypatch.setattr(exchange, "MAX_BODY", size // 3)
    assert codes(erp) == whole
    refused: list[str] = []
    plain = erp.client.export_order_status

    def counted(**asked: object) -> str:
        try:
            return plain(**asked)  # type: ignore[arg-type]
        except TooLong:
            refused.append("once more")
            raise

    monkeypatch.setattr(erp.client, "export_order_status", counted)
    assert codes(erp) == whole
    assert refused == []  # it remembers where it had to cut


def test_a_day_that_outgrows_a_reply_is_told(erp: KhaosErp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "MAX_BODY", 600)
    with pytest.raises(TooLong, match="sent more than"):
        erp.fetch_open()
