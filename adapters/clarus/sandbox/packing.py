"""What a pick turns up short, and the shipments and parcels that a dispatch makes."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from typing import Any

from adapters.clarus.sandbox.books import Books, Record, now
from adapters.clarus.sandbox.switches import Switches


def short_of(order: Record, switches: Switches, dice: random.Random) -> Iterator[tuple[Record, float]]:
    """Each line with the units of it that are not found."""
    unlucky = dice.randrange(len(order["lines"])) if order["lines"] and dice.random() < switches.short_rate else -1
    for position, line in enumerate(order["lines"]):
        asked = int(line["order_quantity"])
        told = switches.short.get(order["reference"], switches.short.get(f"sku:{line['product']['code']}", 0.0))
        missing = math.ceil(asked * told) if told < 1 else int(told)
        if position == unlucky:
            missing = max(missing, dice.randint(1, asked))
        yield line, float(min(missing, asked))


def pack(order: Record, books: Books, switches: Switches, dice: random.Random) -> None:
    """One dispatched shipment of the order, in one or more parcels with a tracking number each."""
    several = dice.randint(2, 3) if dice.random() < switches.parcels_rate else 1
    carrier = _carrier(order, books, switches, dice)
    shipment = ship(order, books, carrier=carrier, status="dispatched")
    for _ in range(switches.parcels.get(order["reference"], several)):
        package(shipment, books, f"{carrier['code'][:4]}{dice.randrange(10**12):012d}")


def ship(order: Record, books: Books, **members: Any) -> Record:
    """A shipment of the order without parcels."""
    shipment = books.shipments.add(
        {
            "name": order["reference"],
            "delivery_notes": order.get("delivery_notes"),
            "collection_datetime": now(),
            "label_filename": None,
            "packages_count": 0,
            "carrier_service": None,
            "warehouse": order["warehouse"],
            "goods_out": order,
            "packages": [],
            **members,
        }
    )
    shipment.setdefault("reference", f"SHP-{shipment['id']}")
    order["shipments"].append(shipment)
    return shipment


def package(shipment: Record, books: Books, tracking: str | None) -> Record:
    """One parcel more in the shipment."""
    made = books.packages.add({"tracking_number": tracking, "shipment": shipment, "storage_unit_type": None})
    shipment["packages"].append(made)
    shipment["packages_count"] += 1
    return made


def _carrier(order: Record, books: Books, switches: Switches, dice: random.Random) -> Record:
    strange = switches.unknown_carrier.get(order["reference"])
    if strange:
        return books.carriers.one(strange) or books.carriers.add({"code": strange, "name": strange, "active": True})
    chosen: Record = order["carrier"] or dice.choice(
        [
            carrier
            for carrier in books.carriers.rows.values()
            if carrier["code"] not in switches.unknown_carrier.values()
        ]
    )
    return chosen
