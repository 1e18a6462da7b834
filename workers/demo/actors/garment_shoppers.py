"""People who hire and buy garments: planned orders come in with their hire fields, then shoppers buy what is shown."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime
from xml.etree.ElementTree import Element, SubElement, tostring

from defusedxml.ElementTree import fromstring

import mappings.khaos as words
from adapters.errors import ReachError
from adapters.khaos.client import Khaos
from adapters.khaos.settings import Settings
from mappings.canonical import NewOrder, NewOrderLine
from workers.demo.actors.threads import Hand
from workers.demo.orders_file.customers import invent
from workers.demo.setting import wardrobe
from workers.demo.setting.acs_settings import EVENT_FIELD, LENGTH_FIELD, LINE_FIELD
from workers.demo.setting.buildings import ACS
from workers.demo.setting.stand_ins import Partners, Refused

A_TURN = 2
MOST = 12  # purchases after the planned orders
HELD = 4.0  # seconds from the order that ACS holds to its cancellation
AT_MOST = 300.0  # seconds in which ACS must have it by then


class GarmentShoppers(Hand):
    """``over`` once every planned order is in and shoppers have tried their luck."""

    def __init__(self, partners: Partners, khaos_url: str, seed: int) -> None:
        super().__init__("garment shoppers")
        self._partners, self._seed = partners, seed
        self._khaos = Khaos(Settings(url=khaos_url, deadline=10.0))
        self._dice = random.Random(f"{seed}/garment shoppers")  # noqa: S311  a play, not a secret
        self._planned = list(wardrobe.orders(seed, datetime.now(UTC).date()))
        self._taken_back = self._planned[min(wardrobe.CANCELLED, len(self._planned) - 1)]
        self._held = ("", 0.0)
        self.done: Counter[str] = Counter()

    @property
    def placed(self) -> int | None:
        """How many orders Khaos Control has; None while people still order."""
        return self.done["orders"] + self.done["bought"] if self.over else None

    def turn(self) -> bool:
        """Some orders, or some purchases."""
        self._take_back()
        for _ in range(A_TURN):
            if self._planned:
                self._place(self._planned[0])
                self._planned.pop(0)
            elif self.done["bought"] + self.done["sold out"] < MOST:
                self._buy()
        return bool(self._planned or self._held[0] or self.done["bought"] + self.done["sold out"] < MOST)

    def _place(self, order: wardrobe.GarmentOrder) -> None:
        """Raises Refused while Khaos Control cannot take it: it is tried again, and skipped where it was taken."""
        try:
            answer = self._khaos.import_orders(document(order, self._seed))
        except ReachError as error:
            raise Refused(str(error)) from error
        if order is self._taken_back and answer.imported:
            code = answer.imported[0].order_code
            self._partners.at_acs("switches", {"hold_orders": [f"{code}-1"]})
            self._held = (code, self._clock() + HELD)
        if not (answer.imported or answer.skipped):
            raise Refused(f"Khaos Control neither took nor skipped {order.reference}")
        for line in order.lines:
            self.done["hired" if line.hire else "ordered"] += line.units
        self.done["orders"] += 1

    def _take_back(self) -> None:
        code, at = self._held
        now = self._clock()
        if code and (now > at + AT_MOST or (now > at and self._is_at_acs(code))):
            self._held = ("", 0.0)
            try:
                self._partners.at_khaos("cancel", {"order": code})
            except Refused:
                self.done["orders that had left before they were taken back"] += 1
            else:
                self.done["orders taken back"] += 1

    def _is_at_acs(self, code: str) -> bool:
        """Whether ACS has it: an order that is taken back before that is never sent, and nothing is cancelled there."""
        return any(one["number"] == f"{code}-1" for one in self._partners.acs_books("orders")["orders"])

    def _buy(self) -> None:
        style = self._dice.choice(wardrobe.STYLES)
        try:
            self._partners.at_khaos("shop", {"code": style.code, "quantity": 1, "site": ACS.site})
        except Refused:
            self.done["sold out"] += 1
        else:
            self.done["bought"] += 1

    @staticmethod
    def _clock() -> float:
        return datetime.now(UTC).timestamp()


def document(order: wardrobe.GarmentOrder, seed: int) -> str:
    """The order as a shop that hires imports it: a field of the line says "hire", fields of the order its days."""
    new = NewOrder(
        associated_ref=order.reference,
        ordered_on=datetime.now(UTC).date(),
        site=ACS.site,
        channel="Web",
        customer_ref=f"C-{order.reference}",
        country_name="United Kingdom",
        address=invent(order.reference, seed=seed),
        lines=tuple(
            NewOrderLine(
                sku=line.style.code,
                quantity=line.units,
                unit_price=line.style.price,
                description=line.style.name,
            )
            for line in order.lines
        ),
    )
    root = fromstring(words.write_sales_order(new))
    for item, line in zip(root.iter("ORDER_ITEM"), order.lines, strict=True):
        if line.hire:
            _field(SubElement(item, "CUSTOM"), "CUSTOM_PROPERTY", LINE_FIELD, "hire")
    customer = root.find("SALES_ORDER/CUSTOMER_DETAIL")
    if order.hires and customer is not None:
        fields = SubElement(customer, "UDA")
        _field(fields, "ADDITIONAL", EVENT_FIELD, f"{order.worn_on:%d/%m/%Y}")
        _field(fields, "ADDITIONAL", LENGTH_FIELD, order.length)
    return tostring(root, encoding="unicode")


def _field(parent: Element, tag: str, name: str, value: str) -> None:
    SubElement(parent, tag, {"NAME": name}).text = value
