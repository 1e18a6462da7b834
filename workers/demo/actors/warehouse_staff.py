"""What people do in the buildings of either kind, each told to its stand-in in that one's own words."""

from __future__ import annotations

from typing import Any, Protocol

from workers.demo.setting.buildings import House, System
from workers.demo.setting.plan import Delivery, Happening
from workers.demo.setting.return_parcels import Parcel
from workers.demo.setting.stand_ins import Partners

# GXO's words for the plan's. A loss or find: reason (element 181); AX has no account in this demo.
REASONS = {"DMG": "07", "LOST": "AA", "EXPIRED": "AX", "FOUND": "51"}
# What units are held for: the inventory type that they pass to, by which reason, and by which one back.
HOLDS = {"QC": ("H", "05", "55"), "DMGHOLD": ("D", "AU", "AC")}
GRADES = {"QC": "B", "DMGHOLD": "D"}
LIES_AS = {"B": "W", "D": "D"}  # grade -> inventory type that it is put away in


class Floor(Protocol):
    """The people of one kind of warehouse. Everything they do may be Refused there."""

    def deliver(self, delivery: Delivery) -> None:
        """A supplier's goods arrive."""

    def happen(self, one: Happening) -> None:
        """Units are lost, found, held or good again."""

    def announced(self) -> set[str]:
        """The returns that the warehouse was told of, by their numbers."""

    def unpack(self, parcel: Parcel, order: str, *, expected: bool) -> None:
        """A customer's parcel is opened and put away. ``order`` may be empty; ``expected``: it was announced."""

    def release(self, house: House, sku: str, units: int, held_for: str) -> None:
        """Returned units that were held are found good."""


class ClarusFloor:
    """In Clarus goods are held for a reason code, and a return is a receipt of its own kind."""

    def __init__(self, partners: Partners) -> None:
        self._partners = partners

    def deliver(self, delivery: Delivery) -> None:
        """On the purchase order's number."""
        lines = [{"product": sku, "quantity": units} for sku, units in delivery.lines.items()]
        self._receive(delivery.order, delivery.house, lines, supplier="SUPPLIER")

    def happen(self, one: Happening) -> None:
        """By the plan's own reasons."""
        body = {"product": one.sku, "warehouse": one.house.facility, "quantity": one.units, "reason": one.reason}
        self._partners.at_clarus("floor", {one.action: body})

    def announced(self) -> set[str]:
        """Receipts that are there before any goods."""
        return {receipt["reference"] for receipt in self._partners.clarus_books("receipts")["receipts"]}

    def unpack(self, parcel: Parcel, order: str, *, expected: bool) -> None:
        """Under its own number, or under that of its order where nothing else stands on the parcel."""
        lines = [{"product": line.sku, "good": line.good, "held": line.held} for line in parcel.lines]
        if expected:
            self._receive(parcel.reference, parcel.house, lines, kind="return")
        elif parcel.how == "blind" and order:
            self._receive(order, parcel.house, lines)
        else:
            self._receive(parcel.reference, parcel.house, lines, kind="return", external_system_reference2=order)

    def release(self, house: House, sku: str, units: int, held_for: str) -> None:
        """By the code that they were held for."""
        held = {"product": sku, "warehouse": house.facility, "quantity": units, "held_for": held_for}
        self._partners.at_clarus("floor", {"release": held})

    def _receive(self, reference: str, house: House, lines: list[dict[str, Any]], **more: str) -> None:
        told = {"reference": reference, "warehouse": house.facility, "lines": lines, **more}
        self._partners.at_clarus("floor", {"receive": told})


class GxoFloor:
    """At GXO units pass from one inventory type to another, and what comes back is graded."""

    def __init__(self, partners: Partners) -> None:
        self._partners = partners

    def deliver(self, delivery: Delivery) -> None:
        """On the purchase order's number."""
        lines = [{"sku": sku, "quantity": units} for sku, units in delivery.lines.items()]
        self._receive(delivery.house, delivery.order, "supplier", lines)

    def happen(self, one: Happening) -> None:
        """One unsigned half of a pair for a hold or a release, signed units for the rest."""
        if one.action == "adjust":
            told: dict[str, Any] = {"quantity": one.units, "reason": REASONS[one.reason]}
            self._act("adjust", one.house, one.sku, told)
            return
        kind, out, back = HOLDS[one.reason]
        way = {"from": "N", "to": kind, "reason": out}
        if one.action == "release":
            way = {"from": kind, "to": "N", "reason": back}
        self._act("change", one.house, one.sku, {"quantity": one.units, **way})

    def announced(self) -> set[str]:
        """Their 943s."""
        return {advice["reference"] for advice in self._partners.gxo_books("advices")["advices"]}

    def unpack(self, parcel: Parcel, order: str, *, expected: bool) -> None:
        """Without a 943 it is blind at GXO, whatever stands on it; the order's number is read off the parcel."""
        lines = [{"sku": line.sku, "quantity": line.good, "grade": "A"} for line in parcel.lines if line.good]
        for line in parcel.lines:
            lines += [{"sku": line.sku, "quantity": units, "grade": GRADES[why]} for why, units in line.held.items()]
        self._receive(parcel.house, parcel.reference, "return", lines, order="" if expected else order)

    def release(self, house: House, sku: str, units: int, held_for: str) -> None:
        """From the type of their grade; ``held_for`` begins with it."""
        way = {"from": LIES_AS[held_for.partition(" ")[0]], "to": "N", "reason": "55"}
        self._act("change", house, sku, {"quantity": units, **way})

    def _receive(self, house: House, reference: str, kind: str, lines: list[dict[str, Any]], order: str = "") -> None:
        told = {"facility": house.facility, "reference": reference, "kind": kind, "order": order, "lines": lines}
        self._partners.at_gxo("floor", {"receive": told})

    def _act(self, action: str, house: House, sku: str, told: dict[str, Any]) -> None:
        self._partners.at_gxo("floor", {action: {"facility": house.facility, "sku": sku, **told}})


def floors_of(partners: Partners) -> dict[System, Floor]:
    """The people of either kind."""
    return {"clarus": ClarusFloor(partners), "gxo": GxoFloor(partners)}
