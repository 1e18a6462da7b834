"""The objects of stock items, sent (``StockItems``) and provided (``ProvidedStock``), and how items belong together.

README of ``kcc-web-services``, "StockItem" and "Relationships", and its samples. The required members of the table are
optional here where samples leave them out. What a custom option, a listing price and an entry of the user-defined
fields look like is not published: they are kept as they came in JSON.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import model_serializer, model_validator

from mappings.khaos.channel.parts import DataItem, Price
from mappings.khaos.channel.scalars import Number, Whole
from mappings.khaos.channel.word import Also, Word


class StockOptions(Word):
    """The item's switches. A younger one, NonPhysical, is missing in older forms."""

    publish_on_web: bool | None = None
    discontinued: bool | None = None
    drop_ship_item: bool | None = None
    discounts_disabled: bool | None = None
    run_to_zero: bool | None = None
    vat_relief_qualified: bool | None = None
    stock_controlled: bool
    free_text: bool | None = None
    custom_options: tuple[Any, ...] | None = None
    non_physical: bool | None = None


class WebProperties(Word):
    """The texts that a shop shows."""

    website_price: Price | None = None
    web_teaser: str | None = None
    meta_title: str | None = None
    meta_description: str | None = None
    meta_keywords: str | None = None
    meta_display_qty: Number | None = None


class SupplierInfo(Word):
    """One supplier of the item."""

    urn: str | None = None
    name: str | None = None
    is_preferred: bool | None = None
    supplier_ref: str | None = None


class StockImage(Word):
    """One picture."""

    name: str | None = None
    description: str | None = None
    filename: str | None = None
    image_type: DataItem | None = None


class StockBarcode(Word):
    """One barcode and its type."""

    barcode: str
    type: DataItem | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_its_code(cls, given: Any) -> Any:
        return {"Barcode": given} if isinstance(given, str) else given


class StockItem(Word):
    """One item. ``stock_id`` is permanent, ``stock_code`` can change."""

    stock_id: str
    stock_code: str
    short_description: Annotated[str | None, Also("StockDescription")] = None  # the table's name
    long_description: str | None = None
    epos_description: str | None = None
    buy_price: Price | None = None
    sell_price: Price | None = None
    channel_listing_price: Price | None = None
    listing_prices: tuple[Any, ...] | None = None
    tax_rate: DataItem | None = None
    stock_type1: DataItem | None = None
    stock_type2: DataItem | None = None
    stock_type3: DataItem | None = None
    stock_type4: DataItem | None = None
    options: StockOptions
    other_ref: str | None = None
    manufacturer: DataItem | None = None
    average_weight: Number | None = None
    height: Number | None = None
    width: Number | None = None
    depth: Number | None = None
    reorder_multiple: Number | None = None
    min_level: Number | None = None
    safe_level: Number | None = None
    sales_multiple: Number | None = None
    lead_time: Whole | None = None  # days
    availability: str | None = None
    web_properties: WebProperties | None = None
    supplier_info: tuple[SupplierInfo, ...] | None = None
    images: tuple[StockImage, ...] | None = None
    barcodes: tuple[StockBarcode, ...] | None = None
    user_defined_fields: tuple[Any, ...] | None = None


class SCSParent(Word):
    """A parent of size, colour and style: the headings of its variants."""

    headings: tuple[str, ...] | None = None


class SCSChild(Word):
    """A variant, and where it stands under its parent's headings."""

    parent_stock_id: str
    scs_values: tuple[str, ...] | None = None
    scs_descriptions: Annotated[tuple[str, ...] | None, Also("SCSDescription")] = None


class LinkedItem(Word):
    """An item to offer beside this one: UpSell, CrossSell or Associated."""

    linked_stock_id: str
    type: Annotated[str | None, Also("LinkedItemType")] = None
    auto_add: bool | None = None
    sell_price: Number | None = None


class PackItem(Word):
    """One item of a pack or build."""

    linked_stock_id: str
    quantity: Number
    value_proportion: Number | None = None


class Relationship(Word):
    """The relation of one item to others. ``pack_type`` is None, Build or Pack."""

    stock_id: str
    linked: tuple[LinkedItem, ...] | None = None
    scs_parent: SCSParent | None = None
    scs_child: SCSChild | None = None
    pack_type: str | None = None
    pack_items: tuple[PackItem, ...] | None = None


class Relationships(Word):
    """The array in its wrapper."""

    relationships: Annotated[tuple[Relationship, ...] | None, Also("Relationship")] = None


class DeletedItem(Word):
    """An item that is gone: an object in the table, its bare id in the samples, which is what is written."""

    XML_TEXT: ClassVar[str] = "StockID"
    XML_TEXT_WRITTEN: ClassVar[bool] = True

    stock_id: str

    @model_validator(mode="before")
    @classmethod
    def _from_its_id(cls, given: Any) -> Any:
        return {"StockID": given} if isinstance(given, str) else given

    @model_serializer
    def _as_its_id(self) -> str:
        return self.stock_id


class StockItems(Word):
    """Items that changed and the ids of those that are gone; a form of 2020 carries the version too."""

    XML_FLAGS: ClassVar[tuple[str, str]] = ("false", "true")  # as Khaos writes what it sends

    items: tuple[StockItem, ...] | None = None
    deleted: tuple[DeletedItem, ...] | None = None
    relationships: Relationships | None = None
    api_version: Whole | None = None


class ProvidedStock(Word):
    """Items and how they belong together, in one body."""

    stock_items: StockItems
    relationships: Relationships | None = None
