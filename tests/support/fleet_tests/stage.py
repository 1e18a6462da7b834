"""What the suite of all warehouses does with each of them, in the trade's words."""

from __future__ import annotations

from typing import Any, Protocol

from fleet_tests.world import World


class Stage(Protocol):
    """What the suite does with a warehouse, in the trade's words. ``order`` is Khaos Control's code.

    Whatever people do at the warehouse, the fleet hears of it only by ``hear``, unless it says otherwise.
    """

    connection: str
    world: World

    def stock(self, **units: int) -> None:
        """So many units on both sides; the warehouse knows the SKUs and was counted."""

    def order(self, *lines: tuple[str, int]) -> str:
        """An order in Khaos Control that was polled and sent; nobody works on it yet."""

    def there(self, order: str) -> list[dict[str, int]]:
        """What the warehouse has live under numbers of the order: each order's units by SKU."""

    def twice(self) -> int:
        """How many orders the warehouse has twice, by its own books."""

    def begin(self) -> None:
        """People start on everything that is there: from now on it is too late to cancel."""

    def work(self, **plan: Any) -> None:
        """People end everything that is there. ``short`` {sku: units}, ``over`` {order: units} are planted."""

    def work_in_parts(self, order: str) -> None:
        """Half of the order leaves now; the rest by ``work``."""

    def hear(self) -> None:
        """The fleet hears everything that was said, works it off, and Khaos Control's read-back proves it."""

    def say_again(self) -> None:
        """The warehouse says everything that it ever said once more, oldest last, and the fleet hears it."""

    def settle(self) -> None:
        """The warehouse answers what it was sent, without working on it, and the fleet hears that."""

    def lose_answer(self) -> None:
        """The next sending has its effect over there, and the answer is lost."""

    def drop(self) -> None:
        """The next sending breaks off before it has an effect."""

    def refuse(self, sku: str = "", order: str = "") -> None:
        """The warehouse turns away this SKU, or this order; with nothing named, it takes all again."""

    def away(self, seconds: float) -> None:
        """The warehouse cannot be reached for so long; 0: from now on it can."""

    def stranger_ships(self) -> None:
        """The warehouse ships one MUG for an order STRANGER-1 that nobody sent."""

    def adjust(self, sku: str, units: int) -> None:
        """Units are found or lost."""

    def hold(self, sku: str, units: int) -> None:
        """Units are put on hold, to be looked at."""

    def strange(self, sku: str, units: int) -> None:
        """Units come into a condition that no table knows."""

    def supply(self, reference: str, sku: str, units: int) -> None:
        """A supplier delivers on a purchase order."""

    def back(self, sku: str, units: int, *, order: str = "", rma: str = "RMA-1", good: bool = True) -> None:
        """A customer sends goods back; ``good`` or in a condition for which the merchant has no row."""
