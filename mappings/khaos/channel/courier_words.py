"""The objects of the courier hook: ``CourierExportData`` that Khaos posts, ``CourierImportData`` that it reads back.

README of ``kc-courier-services`` and its samples, whose spellings are written: ``items`` in a box, ``PostCode``.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from mappings.khaos.channel.scalars import Moment, Number, Whole
from mappings.khaos.channel.word import Also, Each, Word


class BoxItem(Word):
    """One line in a box, with an id of its own."""

    item_id: str
    qty_user: Number
    stock_id: str
    stock_desc: str | None = None
    unit_net: Number | None = None
    unit_tax: Number | None = None
    net_total: Number | None = None
    stock_code: str | None = None
    stock_type: str | None = None
    manuf_country: str | None = None
    manuf_country_code3: str | None = None
    manuf_country_code2: str | None = None
    intrastat_code: str | None = None
    harmonisation_code: str | None = None
    harmonisation_desc: str | None = None
    weight: Number | None = None  # kg
    pack_details: Whole | None = None  # 0 no pack, 1 pack header, 2 in a pack


class Item(BoxItem):
    """One line of the invoice."""

    import_ref: str | None = None


class Box(Word):
    """One box; the answer refers to its ``item_id``."""

    items: Annotated[tuple[BoxItem, ...] | None, Field(alias="items"), Also("BoxItem")] = None
    item_id: str
    box_note: str | None = None
    box_number: Whole | None = None
    box_width: Number | None = None
    box_depth: Number | None = None
    box_height: Number | None = None
    box_packaging_weight: Number | None = None
    box_weight_scaled: Number | None = None
    box_weight_calculated: Number | None = None


class CourierAddress(Word):
    """The address of invoice or delivery."""

    courier_note: str | None = None
    company_name: str | None = None
    address1: str | None = None
    address2: str | None = None
    locality: str | None = None
    town: str | None = None
    county: str | None = None
    postcode: Annotated[str | None, Field(alias="PostCode")] = None
    addr_tel: str | None = None
    addr_fax: str | None = None
    addr_email: str | None = None
    addr_type: Whole | None = None
    country_id: Whole | None = None
    country_name: str | None = None
    country_code2: str | None = None
    country_code3: str | None = None
    eu_member: Annotated[bool | None, Field(alias="EUMember")] = None
    title: str | None = None
    forename: str | None = None
    surname: str | None = None
    full_name: str | None = None
    ct_tel: str | None = None
    ct_tel2: str | None = None
    ct_email: str | None = None
    organisation: str | None = None


class CourierExportDataItem(Word):
    """One invoice. ``invoice_id`` never changes, ``invoice_code`` can; an unset date is 1899-12-30."""

    items: tuple[Item, ...]
    boxes: tuple[Box, ...] | None = None
    invoice_address: CourierAddress | None = None
    delivery_address: CourierAddress | None = None
    invoice_id: str
    company_code: str | None = None
    tax_ref: str | None = None
    ec_company: bool | None = None
    invoice_code: str
    invoice_date: Moment | None = None
    order_date: Moment | None = None
    sorder_code: str | None = None
    sorder_id: str | None = None
    associated_ref: str | None = None
    delivery_date: Moment | None = None
    required_date: Moment | None = None
    item_total: Number | None = None
    item_tax_total: Number | None = None
    delivery_total: Number | None = None
    delivery_tax_total: Number | None = None
    weight: Number | None = None
    currency_code: str | None = None
    currency_name: str | None = None
    currency_id: Whole | None = None
    invoice_note: str | None = None
    picking_list_note: str | None = None
    channel_id: str | None = None
    hide_child_items: bool | None = None


class CourierExportData(Word):
    """The whole request."""

    XML_FLAGS: ClassVar[tuple[str, str]] = ("false", "true")

    service_code: str
    items: tuple[CourierExportDataItem, ...]
    include_packaging: bool | None = None
    average_weight: Number | None = None
    weight_scale: Number | None = None
    dimension_scale: Number | None = None


class CourierImportDataItem(Word):
    """The answer for one invoice, or for one of its boxes (``item_id``)."""

    invoice_id: str
    item_id: str | None = None
    is_success: bool
    consignment_ref: str
    tracking_no: str | None = None
    errors: Annotated[tuple[str, ...] | None, Each("Error")] = None
    label_url: str | None = None
    raw_label_data: str | None = None


class CourierImportData(Word):
    """The whole answer."""

    XML_FLAGS: ClassVar[tuple[str, str]] = ("false", "true")

    items: tuple[CourierImportDataItem, ...]
