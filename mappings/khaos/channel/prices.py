"""The price lists that Khaos sends: ``PriceLists``. No flow uses them; they are here to be read and answered.

README of ``kcc-web-services``, its samples of ``PriceListUpload``.
"""

from __future__ import annotations

from typing import ClassVar

from mappings.khaos.channel.parts import Price
from mappings.khaos.channel.scalars import Number, Whole
from mappings.khaos.channel.word import Word


class PriceListStock(Word):
    """The price of one item for a span of quantities."""

    stock_id: str
    stock_code: str
    stock_desc: str | None = None
    buy_price: Price | None = None
    sell_price: Price | None = None
    qty_start: Number | None = None
    qty_end: Number | None = None
    price_value: Number | None = None
    price_type: Whole | None = None


class PriceList(Word):
    """One list. ``price_list_net``: whether its values are net."""

    price_list_id: str
    price_list_name: str | None = None
    stock_prices: tuple[PriceListStock, ...]
    channel_id: str | None = None
    price_list_net: bool | None = None


class PriceLists(Word):
    """The whole body."""

    XML_FLAGS: ClassVar[tuple[str, str]] = ("false", "true")  # as Khaos writes what it sends

    upload_price_lists: tuple[PriceList, ...]
