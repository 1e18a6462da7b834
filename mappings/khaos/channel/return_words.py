"""The objects of the returns that Khaos fetches: ``CustomerReturnImport``, in all spellings of the vendor's material.

README of ``kcc-web-services``, "CustomerReturn", its samples, and the PHP playground.
"""

from __future__ import annotations

from typing import Annotated

from mappings.khaos.channel.parts import Address, Contact, DataItem, ItemMapping, MatchOn, Price
from mappings.khaos.channel.scalars import Moment, Number, Whole
from mappings.khaos.channel.word import Also, Each, Word


class SourceOrder(Word):
    """The order that goods come back from, by exactly one of its keys; a sample breaks that rule with three."""

    associated_ref: str | None = None
    sorder_id: str | None = None
    sorder_code: str | None = None
    sorder_item_id: str | None = None


class SourceReference(SourceOrder):
    """The source, nested as the table has it, or flat as the playground sends it."""

    source_order: SourceOrder | None = None


class ReturnedItem(Word):
    """One line that comes back. The table calls the source SourceReference, the samples SourceReturnReference."""

    sku: str
    mapping: tuple[ItemMapping, ...] | None = None
    quantity: Number
    return_reason: DataItem
    extended_description: tuple[str, ...] | None = None
    source_reference: SourceReference | None = None
    source_return_reference: SourceReference | None = None
    unit_price: Price | None = None


class ExchangeItem(Word):
    """One line that goes out instead."""

    sku: str
    mapping: tuple[ItemMapping, ...] | None = None
    quantity: Number
    extended_description: tuple[str, ...] | None = None
    unit_price: Price | None = None


class CustomerReturn(Word):
    """One return."""

    associated_ref: str
    created_date: Moment
    urn: str
    invoice_address: Address
    invoice_contact: Contact
    delivery_address: Address | None = None
    delivery_contact: Contact | None = None
    returned_items: Annotated[tuple[ReturnedItem, ...] | None, Each("ReturnedItem"), Also("ReturnItems")] = None
    exchange_items: tuple[ExchangeItem, ...] | None = None
    brand: DataItem | None = None
    sales_source: DataItem | None = None
    notes: str | None = None
    process_return: bool | None = None


class CustomerReturnImport(Word):
    """The whole answer."""

    returns: tuple[CustomerReturn, ...]
    api_version: Whole
    config: MatchOn | None = None
