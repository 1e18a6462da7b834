"""The parts of an account at ACS: orders by call, their fate by signed events, by read-backs, or by both."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adapters.acs.client import Acs
from adapters.acs.files import AcsFiles
from adapters.acs.settings import Settings
from workers.ports.warehouse import Parts
from workers.systems.acs.answers import AcsAnswers
from workers.systems.acs.events import AcsEvents
from workers.systems.acs.garment_orders import AcsGarmentOrders
from workers.systems.acs.garments import AcsGarments
from workers.systems.acs.holdings import AcsHoldings
from workers.systems.acs.order_reads import AcsOrderReads
from workers.systems.acs.orders import AcsOrders
from workers.systems.acs.setup_files import AcsSetupFiles


def acs(settings: Settings, tables: Mapping[str, Any]) -> Parts:
    """The parts of an account at ACS. Without ``webhook_secrets`` no event is believed; ``polls`` reads orders back;
    without ``files`` garments are set up by hand.
    """
    client = Acs(settings)
    orders, reads = AcsOrders(settings, client, tables), AcsOrderReads(client, tables)
    garments = AcsGarments(settings, tables)
    setup = AcsSetupFiles(settings, settings.files, AcsFiles(settings.files)) if settings.files else None
    return Parts(
        account=orders,
        orders=orders,
        garment_setup=setup,
        files=setup,
        garment_orders=AcsGarmentOrders(settings, orders, reads),
        order_reads=reads if settings.polls else None,
        dispatches=orders,
        garments=garments,
        holdings=AcsHoldings(settings, client, reads, garments.stock_files, tables) if garments.stock_files else None,
        answers=AcsAnswers(settings, reads, tables.get("order_statuses", {}).get("acs", {})),
        events=AcsEvents(settings) if settings.webhook_secrets else None,
    )
