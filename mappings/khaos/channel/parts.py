"""The parts that several documents of the channel share: references, prices, addresses, contacts, mappings.

README of ``kcc-web-services``, "Types" and the tables of ``SalesOrder``.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from mappings.khaos.channel.scalars import Moment, Number
from mappings.khaos.channel.word import Repeated, Word


class DataItem(Word):
    """A reference by ID, Code or Name, always text. In XML attributes; what Khaos sends may name it in text."""

    XML_ATTRIBUTES: ClassVar[bool] = True
    XML_TEXT: ClassVar[str] = "Name"

    id: str | None = None
    code: str | None = None
    name: str | None = None


class BankAccount(DataItem):
    """A reference that the vendor's XML writes as text, although it is typed as any other."""

    XML_TEXT_WRITTEN: ClassVar[bool] = True


class Price(Word):
    """A unit's price, net or gross."""

    net: Number | None = None
    gross: Number | None = None


class Address(Word):
    """A postal address as it is imported. The longest that Khaos takes of each member stands in ``fitting``."""

    line1: str
    line2: str | None = None
    line3: str | None = None
    town: str
    county: str | None = None
    postcode: str | None = None
    country: DataItem
    email: str | None = None
    telephone: str | None = None
    fax: str | None = None
    organisation: str | None = None
    show_company_name: bool | None = None


class Contact(Word):
    """A person; a forename or a surname must be there."""

    title: str | None = None
    forename: str | None = None
    surname: str | None = None
    email: str | None = None
    mobile: str | None = None
    date_of_birth: Moment | None = None
    opt_in_newsletter: bool | None = None


class ItemMapping(Word):
    """The kind of a SKU's code: StockCode, OtherRef, Barcode (of the type ``mapping_item``), WebCode, Automatic."""

    mapping: str
    mapping_item: str | None = None


class MatchOn(Word):
    """By which members Khaos finds a customer, an address and a contact that it has already."""

    match_company_on: Annotated[tuple[str, ...] | None, Repeated()] = None
    match_address_on: Annotated[tuple[str, ...] | None, Repeated()] = None
    match_contact_on: Annotated[tuple[str, ...] | None, Repeated()] = None
