"""The orders that Khaos fetches from us: ``SalesOrderImport``. This fleet has none to offer, and says so.

README of ``kcc-web-services``, "SalesOrder": the tables, and the order of members in its XML sample.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from mappings.khaos.channel.codec import Form, write_document
from mappings.khaos.channel.parts import Address, BankAccount, Contact, DataItem, ItemMapping, MatchOn, Price
from mappings.khaos.channel.scalars import Moment, Number, Whole
from mappings.khaos.channel.word import Also, Word

API_VERSION = 1000  # the text's; the vendor's PHP samples say 10000


class Customer(Word):
    """The customer who ordered. ``create_new`` is IfNoMatch, Always or Never."""

    create_new: str
    company_class: DataItem
    currency: DataItem
    other_ref: str | None = None
    web_user: str | None = None
    company_type: DataItem | None = None
    company_name: str | None = None
    website_url: Annotated[str | None, Field(alias="WebsiteUrl")] = None
    source_code: DataItem | None = None
    mailing_status: DataItem | None = None
    tax_reference: str | None = None
    urn: str | None = None
    tax_exempt: bool | None = None


class LockableDate(Word):
    """A day that Khaos may be kept from moving."""

    date: Moment
    locked: bool | None = None


class OrderHeader(Word):
    """The head of an order."""

    associated_ref: str
    order_date: Moment
    site: DataItem
    agent: DataItem | None = None
    courier: DataItem | None = None
    courier_group: DataItem | None = None
    sales_source: DataItem
    keycode: DataItem | None = None
    client: DataItem | None = None
    website: DataItem | None = None
    brand: DataItem | None = None
    invoice_priority: DataItem | None = None
    currency: DataItem | None = None
    discount_codes: tuple[DataItem, ...] | None = None
    order_note: str | None = None
    invoice_note: str | None = None
    delivery_date: LockableDate | None = None
    required_date: Moment | None = None
    po_number: str | None = None
    delivery_charge: Price | None = None
    delivery_tax_amount: Number | None = None
    remainder_on_account: bool | None = None
    calc_method: Whole | None = None  # 0 automatic, 1 net, 2 gross, since the correction of 2020
    value_discount: Number | None = None
    gross_total: Number | None = None
    custom_data: str | None = None
    vat_relief_qualified: Annotated[bool | None, Field(alias="VATReliefQualified")] = None
    ioss_number: str | None = None
    sorder_code: str | None = None
    sorder_type: str | None = None


class StockDescription(Word):
    """The source of a line's description; ``parameter`` is the description itself for Explicit."""

    XML_ATTRIBUTES: ClassVar[bool] = True
    XML_TEXT: ClassVar[str] = "Parameter"
    XML_TEXT_WRITTEN: ClassVar[bool] = True

    source: str
    parameter: str | None = None


class OrderItem(Word):
    """One line. Samples leave out ``unit_price`` and ``extended_description``, which the table calls required."""

    sku: str
    mapping: str
    mapping_item: str | None = None
    quantity: Number
    stock_description: StockDescription | None = None
    extended_description: tuple[str, ...] | None = None
    free_item_reason: DataItem | None = None
    import_ref: str | None = None
    web_item_ref: str | None = None
    site: DataItem | None = None
    pack_link: str | None = None
    unit_price: Price | None = None
    percent_discount: Number | None = None
    value_discount: Number | None = None
    alternate_mapping: tuple[ItemMapping, ...] | None = None


class Payment(Word):
    """Cash, a cheque, a voucher or a bank transfer."""

    reference: str | None = None


class Card(Word):
    """A card payment. The vendor's revisions spell some members in the plural or with other capitals."""

    card_type: str
    is_preauth: bool
    auth_code: str | None = None
    transaction_id: str | None = None
    preauth_ref: str | None = None
    security_ref: Annotated[str | None, Also("SecurityRefs")] = None
    security_token: str | None = None
    aavcv2_results: Annotated[str | None, Also("AAVCV2Result")] = None
    last4_digits: str | None = None
    account_number: Whole | None = None
    fraud_data: str | None = None
    timestamp: Moment | None = None
    card_holder: str | None = None
    card_number: str | None = None
    card_start: str | None = None
    card_expire: str | None = None
    card_issue: str | None = None
    card_cv2: str | None = None


class OrderPayment(Word):
    """An amount and one way in which it was paid."""

    amount: Number
    cash: Payment | None = None
    cheque: Payment | None = None
    card: Card | None = None
    voucher: Payment | None = None
    bacs: Payment | None = None
    bank_account: BankAccount | None = None
    credit_score: str | None = None
    security_comment: str | None = None


class SalesOrder(Word):
    """One order."""

    customer: Customer
    invoice_address: Address
    invoice_contact: Contact
    delivery_address: Address | None = None
    delivery_contact: Contact | None = None
    header: OrderHeader
    items: tuple[OrderItem, ...]
    payments: tuple[OrderPayment, ...] | None = None


class OrderImportConfig(MatchOn):
    """Khaos's policies for the orders of this answer. The policies are Abort, ImportAndHold or Skip."""

    discontinued_items: str | None = None
    run_to_zero_error_items: str | None = None
    import_as_unconfirmed: bool | None = None


class SalesOrderImport(Word):
    """The whole answer."""

    orders: tuple[SalesOrder, ...]
    api_version: Whole
    config: OrderImportConfig | None = None


def write_no_orders(form: Form) -> bytes:
    """The answer that there is no order. Khaos requires the endpoint, and the version also with nothing in it."""
    return write_document(SalesOrderImport(orders=(), api_version=API_VERSION), form)
