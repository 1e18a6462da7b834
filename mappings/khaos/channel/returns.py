"""Returns <-> ``CustomerReturnImport``: what Khaos fetches to make a return, a credit and a movement of stock.

README of ``kcc-web-services``, "CustomerReturn". The customer (URN) must exist in Khaos; an answer always carries an
array and the version, also with nothing in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from mappings.canonical import CustomerReturn, ExchangeItem, ReturnedItem
from mappings.errors import Unmappable, Unreadable
from mappings.khaos.channel import return_words
from mappings.khaos.channel.codec import Form, inner, judge, open_document, write_document
from mappings.khaos.channel.fitting import Fitting, Note, read_address
from mappings.khaos.channel.orders import API_VERSION
from mappings.khaos.channel.parts import DataItem, ItemMapping, MatchOn, Price
from mappings.khaos.channel.scalars import units, utc, wall_clock
from mappings.khaos.values import LONDON, legal

SourceStyle = Literal["SourceReference", "SourceReturnReference", "flat"]
MATCH = MatchOn(match_address_on=("Address1", "Postcode"), match_contact_on=("Surname",))
STOCK_CODE = (ItemMapping(mapping="StockCode"),)


@dataclass(frozen=True, slots=True)
class WrittenReturns:
    """The answer, the texts that were changed on the way, and the returns that are not in it, by reference."""

    body: bytes
    notes: tuple[Note, ...]
    refused: tuple[Unreadable, ...]


def write_returns(
    returns: Sequence[CustomerReturn],
    form: Form,
    *,
    source_style: SourceStyle = "SourceReference",
    zone: ZoneInfo = LONDON,
) -> WrittenReturns:
    """The answer for these returns, in their order. One that cannot be written is refused and spoils no neighbour.

    ``source_style`` is the spelling of the source order that the merchant's build takes: nested under either name, or
    ``flat`` (``SourceReference{SOrderCode}``). ``zone`` is the clock of the Khaos server. Texts of addresses are cut to
    the documented lengths, each with a note; a code is never changed. A refusal's ``kind`` is ``bad_address`` for the
    address.
    """
    written: list[return_words.CustomerReturn] = []
    notes: list[Note] = []
    refused: list[Unreadable] = []
    for one in returns:
        fit = Fitting(one.reference)
        try:
            written.append(_written(one, fit, source_style, zone))
        except Unmappable as error:
            refused.append(Unreadable(one.reference, error))
        except ValidationError as error:
            refused.append(Unreadable(one.reference, _unmappable(error)))
        else:
            notes += fit.notes
    document = return_words.CustomerReturnImport(returns=tuple(written), api_version=API_VERSION, config=MATCH)
    return WrittenReturns(write_document(document, form), tuple(notes), tuple(refused))


def read_returns(body: bytes, form: Form, *, zone: ZoneInfo = LONDON) -> tuple[list[CustomerReturn], list[Unreadable]]:
    """The returns of such an answer, in every spelling of the vendor's; one that cannot be read is named by its
    reference, else by its place. Of several keys of a source order the sales order's code is taken.

    Raises:
        Unmappable: the body as a whole is no such document.
    """
    good: list[CustomerReturn] = []
    bad: list[Unreadable] = []
    for place, entry in enumerate(open_document(return_words.CustomerReturnImport, body, form).get("Returns", ()), 1):
        try:
            good.append(_read(judge(return_words.CustomerReturn, entry), zone))
        except Unmappable as error:
            name = inner(return_words.CustomerReturn, entry).get("AssociatedRef")
            bad.append(Unreadable(name if isinstance(name, str) and name else f"CustomerReturn {place}", error))
    return good, bad


def _code(field: str, value: str, *, needed: bool = True) -> str:
    if legal(value) != value or (needed and not value.strip()):
        raise Unmappable(field, value[:40], "a code must be there and hold no control characters; correct the return")
    return value


def _written(one: CustomerReturn, fit: Fitting, style: SourceStyle, zone: ZoneInfo) -> return_words.CustomerReturn:
    to = one.delivery_address
    return return_words.CustomerReturn(
        associated_ref=_code("AssociatedRef", one.reference),
        created_date=wall_clock(one.created_at, zone),
        urn=_code("URN", one.urn),
        invoice_address=fit.address("InvoiceAddress", one.invoice_address),
        invoice_contact=fit.contact("InvoiceContact", one.invoice_address),
        delivery_address=fit.address("DeliveryAddress", to) if to else None,
        delivery_contact=fit.contact("DeliveryContact", to) if to else None,
        returned_items=tuple(_written_item(item, fit, style) for item in one.items),
        exchange_items=tuple(return_words.ExchangeItem(**_written_line(item, fit)) for item in one.exchanges),
        notes=fit.optional("Notes", one.note),
        process_return=one.process,
    )


def _written_item(item: ReturnedItem, fit: Fitting, style: SourceStyle) -> return_words.ReturnedItem:
    reason = DataItem(id=_code("ReturnReason.ID", item.reason_id))
    source = _source(_code("SourceOrder.SOrderCode", item.order_code, needed=False), style)
    return return_words.ReturnedItem(**_written_line(item, fit), return_reason=reason, **source)


def _written_line(item: ReturnedItem | ExchangeItem, fit: Fitting) -> dict[str, Any]:
    name = type(item).__name__
    return {
        "sku": _code(f"{name}.SKU", item.sku),
        "mapping": STOCK_CODE,
        "quantity": Decimal(item.quantity),
        "extended_description": tuple(fit.text(f"{name}.ExtendedDescription", line) for line in item.notes),
        "unit_price": None if item.unit_price is None else Price(gross=item.unit_price),
    }


def _source(order_code: str, style: SourceStyle) -> dict[str, Any]:
    if not order_code:
        return {}
    nested = return_words.SourceReference(source_order=return_words.SourceOrder(sorder_code=order_code))
    table: Mapping[SourceStyle, dict[str, Any]] = {
        "SourceReference": {"source_reference": nested},
        "SourceReturnReference": {"source_return_reference": nested},
        "flat": {"source_reference": return_words.SourceReference(sorder_code=order_code)},
    }
    return table[style]


def _read(one: return_words.CustomerReturn, zone: ZoneInfo) -> CustomerReturn:
    created = utc("CreatedDate", one.created_date, zone)
    to = one.delivery_address
    try:
        return CustomerReturn.model_validate(
            {
                "reference": one.associated_ref,
                "created_at": created,
                "urn": one.urn,
                "invoice_address": read_address("InvoiceAddress", one.invoice_address, one.invoice_contact),
                "delivery_address": read_address("DeliveryAddress", to, one.delivery_contact) if to else None,
                "items": tuple(_read_item(item) for item in one.returned_items or ()),
                "exchanges": tuple(ExchangeItem(**_read_line(item)) for item in one.exchange_items or ()),
                "note": one.notes or "",
                "process": bool(one.process_return),
            }
        )
    except ValidationError as error:
        raise _unmappable(error) from None  # the cause would quote what stood there


def _unmappable(error: ValidationError) -> Unmappable:
    first = error.errors(include_url=False)[0]
    path = ".".join(str(part) for part in first["loc"])
    return Unmappable(f"CustomerReturn.{path}", "", f"{first['msg'].lower()}; correct the return")


def _read_item(item: return_words.ReturnedItem) -> ReturnedItem:
    if not item.return_reason.id:
        raise Unmappable("ReturnedItem.ReturnReason", "", "a reason travels by its ID; correct the return")
    return ReturnedItem(**_read_line(item), reason_id=item.return_reason.id, order_code=_read_source(item))


def _read_line(item: return_words.ReturnedItem | return_words.ExchangeItem) -> dict[str, Any]:
    kinds = {mapping.mapping for mapping in item.mapping or STOCK_CODE}
    if kinds != {"StockCode"}:
        raise Unmappable("Mapping", ", ".join(sorted(kinds))[:40], "only stock codes are read; send the stock code")
    price = item.unit_price
    if price is not None and price.gross is None:
        raise Unmappable("UnitPrice", "", "only gross prices are read; send the gross price")
    return {
        "sku": item.sku,
        "quantity": units(f"{type(item).__name__}.Quantity", item.quantity),
        "unit_price": price.gross if price else None,
        "notes": item.extended_description or (),
    }


def _read_source(item: return_words.ReturnedItem) -> str:
    given = item.source_reference or item.source_return_reference
    if given is None:
        return ""
    found = (given.source_order or given).sorder_code
    if not found:
        why = "names the order by another key than SOrderCode; send the sales order's code"
        raise Unmappable("SourceReference", "", why)
    return found
