"""Khaos Control's web-services channel as the flows and the web process see it: its settings and its words, joined.

Khaos is the only caller there (kcc-web-services, README): it fetches the configuration, orders and returns, and posts
items, levels and statuses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from adapters.khaos.settings import Channel
from mappings.canonical import CustomerReturn, Product
from mappings.errors import Unreadable
from mappings.khaos import channel

CONFIG = {  # what the configuration file names -> our path
    "order_download": "orders",
    "order_status_upload": "order-status",
    "stock_status_upload": "stock-status",
    "stock_upload": "stock",
    "creturn_download": "returns",
}
FETCHED = ("order_download", "creturn_download")


class KhaosChannel:
    """One channel. Pure: the network is the web process's."""

    def __init__(self, settings: Channel | None, zone: ZoneInfo) -> None:
        """Without settings, or without a password in them, there is no channel, and nobody pulls."""
        self.settings = settings or Channel(public_url="http://localhost")
        self.open = bool(settings and settings.password)
        self._zone = zone

    def write_config(self, form: channel.Form) -> bytes:
        """The configuration file, in the form that its own address asks for."""
        settings = self.settings
        suffix = settings.format.lower()
        endpoints = {
            name: channel.Endpoint(
                url=f"{settings.public_url}/khaos/{path}.{suffix}",
                format=settings.format,
                frequency=settings.frequency_minutes if name in FETCHED else None,
            )
            for name, path in CONFIG.items()
        }
        return channel.write_config(channel.EndpointConfig(**endpoints), form)

    def write_returns(self, returns: Sequence[CustomerReturn], form: channel.Form) -> channel.WrittenReturns:
        """The answer for some returns, in the spelling that is set."""
        return channel.write_returns(returns, form, source_style=self.settings.source_reference, zone=self._zone)

    def write_no_orders(self, form: channel.Form) -> bytes:
        """That there is no order to fetch: shops have their own channels."""
        return channel.write_no_orders(form)

    def read_stock(self, body: bytes, codes: Mapping[str, str]) -> tuple[list[Product], list[str], list[Unreadable]]:
        """Products that changed, ids of those that were deleted; ``codes`` gives the code of a stock id."""
        return channel.read_stock_upload(body, channel.form_of("", body), codes=codes)

    def read_levels(self, body: bytes) -> tuple[list[channel.ChannelLevel], list[Unreadable]]:
        """Levels by item and site."""
        return channel.read_stock_status_upload(body, channel.form_of("", body))

    def read_statuses(self, body: bytes) -> tuple[list[channel.ChannelOrder], list[Unreadable]]:
        """Orders that moved."""
        return channel.read_order_status_upload(body, channel.form_of("", body), zone=self._zone)
