"""Orders, their changes and their cancellations as a 940 (warehouse shipping order).

Source: gxo.md 2.2.1 and 2.2.2. NTE stands between G62 and W66 (1.1.6); its qualifier WHI (warehouse
instruction) is X12's and not yet confirmed with GXO.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, date, datetime, tzinfo
from typing import Literal

from mappings.canonical import Fulfilment, PickLine, Product
from mappings.errors import Unmappable
from mappings.gxo.addresses import clean, write_address
from mappings.gxo.parties import Client, write_parties
from mappings.gxo.segments import Segment, Segments, identity

Purpose = Literal["N", "R", "F"]
REFERENCE, CUSTOMER_REFERENCE, ROUTING, ITEM, NOTE = 22, 30, 35, 48, 80
AT_HOME = "GB"


def write_940(
    fulfilment: Fulfilment,
    *,
    purpose: Purpose,
    client: Client,
    services: Mapping[str, str],
    products: Mapping[str, Product] | None = None,
    deliver_on: date | None = None,
    motor: Collection[str] = (),
    zone: tzinfo = UTC,
) -> Segments:
    """An order that is new (``N``), repeated whole because it changed (``R``) or taken back (``F``).

    ``services`` maps Khaos's couriers to the facility's carrier services, ``motor`` names those that are no
    parcels. ``products`` by SKU give the EAN-13, and abroad what customs ask for, where they are known.
    ``zone`` is the facility's: the requested ship date is the local day of ``dispatch_by``. A cancellation
    names the order and nothing else.

    Raises:
        Unmappable: ``unknown_service``, ``bad_address``, ``route_unmapped``, else ``unmappable``.
    """
    if purpose == "F":
        return write_cancellation(
            fulfilment.reference, fulfilment.facility, client=client, associated_ref=fulfilment.associated_ref
        )
    web = _web(fulfilment.associated_ref)
    opening = _opening(purpose, fulfilment.reference, web)
    parties = write_parties(client, fulfilment.facility)
    if not fulfilment.lines:
        raise Unmappable("W01", "", "an order for GXO needs at least one line")
    ship_to, contacts = write_address(fulfilment.address)
    abroad = fulfilment.address.country != AT_HOME
    return (
        opening,
        *parties,
        *ship_to,
        *contacts,
        *([("N9", "CO", web)] if web else []),
        ("G62", "10", _day(fulfilment.dispatch_by, zone)),
        *([("G62", "02", f"{deliver_on:%Y%m%d}")] if deliver_on else []),
        *(("NTE", "WHI", piece) for piece in _pieces(clean(fulfilment.note))),
        _routing(fulfilment.courier, services, motor),
        *(
            segment
            for number, line in enumerate(fulfilment.lines, 1)
            for segment in _line(number, line, (products or {}).get(line.sku), abroad=abroad)
        ),
        ("W76", str(sum(line.quantity for line in fulfilment.lines))),
    )


def write_cancellation(reference: str, facility: str, *, client: Client, associated_ref: str = "") -> Segments:
    """A 940 that takes an order back (``F``): it names the order, the client and the facility, and nothing else.

    Raises:
        Unmappable: ``route_unmapped``, else ``unmappable``.
    """
    return _opening("F", reference, _web(associated_ref)), *write_parties(client, facility)


def _opening(purpose: Purpose, reference: str, web: str) -> Segment:
    order = identity("W0502", reference, REFERENCE)
    return _ended("W05", purpose, order, web if len(web) <= REFERENCE else "")


def _web(associated_ref: str) -> str:
    web = clean(associated_ref)
    if len(web) > CUSTOMER_REFERENCE:
        raise Unmappable("N902", web, f"shorten the order's associated reference in Khaos to {CUSTOMER_REFERENCE}")
    return web


def _line(number: int, line: PickLine, product: Product | None, *, abroad: bool) -> Iterator[Segment]:
    barcode = ean(product)
    yield "LX", str(number)
    yield (
        "W01",
        str(line.quantity),
        "EA",
        "",
        "SK",
        identity("W0105", line.sku, ITEM),
        *(("EN", barcode) if barcode else ()),
    )
    yield "N9", "LI", str(number)
    if abroad and product is not None:
        value = product.sell_price
        notes = {
            "HS": clean(product.commodity_code),
            "COO": clean(product.country_of_origin),
            "UNITVALUE": "" if value is None else f"{value:.2f}",
        }
        yield from (("N9", "ZZ", word, text) for word, text in notes.items() if text)


def ean(product: Product | None) -> str:
    """A product's first EAN-13 with its right check digit; empty where it has none."""
    barcodes = product.barcodes if product is not None else ()
    return next((code for code in barcodes if re.fullmatch(r"[0-9]{13}", code) and _checks(code)), "")


def _checks(code: str) -> bool:
    return sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(code)) % 10 == 0


def _routing(courier: str, services: Mapping[str, str], motor: Collection[str]) -> Segment:
    service = services.get(courier, "").strip()
    if not 0 < len(service) <= ROUTING:
        why = (
            f'add a row "{courier}" = "<carrier service>" (1 to {ROUTING} characters, agreed with GXO) to the'
            " connection's services"
        )
        raise Unmappable("courier", courier, why, kind="unknown_service")
    return "W66", "PP", "M" if service in motor else "U", "", "", service


def _day(moment: datetime, zone: tzinfo) -> str:
    if moment.tzinfo is None:
        raise Unmappable("dispatch_by", moment.isoformat(), "give this time its zone: a facility has its own days")
    return f"{moment.astimezone(zone):%Y%m%d}"


def _pieces(text: str) -> Iterator[str]:
    yield from (piece for n in range(0, len(text), NOTE) if (piece := text[n : n + NOTE].strip()))


def _ended(*elements: str) -> Segment:
    """A segment without empty elements at its end."""
    kept = list(elements)
    while not kept[-1]:
        kept.pop()
    return tuple(kept)
