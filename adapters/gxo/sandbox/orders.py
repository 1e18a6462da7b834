"""An order as the site keeps it, its states, and the file of all orders."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from adapters.gxo.sandbox.interchange import Segment


class State(StrEnum):
    """Profile 2.4 and 3.3."""

    NEW = "N"
    RELEASED = "P"
    PICKING = "I"
    PACKING = "A"
    READY = "R"
    SHIPPED = "C"
    DELIVERED = "D"
    ON_HOLD = "H"
    CANCELLED = "V"


@dataclass
class Line:
    """``result`` is the W1201 that closed it, empty while it is open; ``position`` that of its W01 in the 940.

    ``picked``, ``missing`` (planted) and ``word`` (W1201) are the plan of the shipment that is being made ready.
    """

    number: str
    sku: str
    ordered: int
    unit: str = "EA"
    position: int = 0
    committed: int = 0
    picked: int = 0
    missing: int = 0
    word: str = ""
    shipped: int = 0
    result: str = ""

    @property
    def open(self) -> int:
        """Units that may still leave."""
        return 0 if self.result else max(self.ordered - self.shipped, 0)


@dataclass(frozen=True)
class Carton:
    """One parcel: SSCC with its application identifier (20 digits), tracking number, units by line number."""

    sscc: str
    tracking: str
    lines: dict[str, int]


@dataclass(frozen=True)
class Shipment:
    """What one 945 told; an empty id where nothing left."""

    id: str
    shipped: dict[str, int]  # by line number
    cartons: tuple[Carton, ...]


@dataclass
class Order:
    """A 940 that was accepted."""

    reference: str
    customer_reference: str
    facility: str
    method: str
    service: str
    payment: str
    ship_to: tuple[Segment, ...]  # N1, N3, N4, as they came
    lines: list[Line]
    state: State = State.NEW
    picks: int = 0  # how many shipments were picked for it
    stock_taken: bool = False  # people took committed units away: that it is short was planted
    shipments: list[Shipment] = field(default_factory=list)
    states: list[State] = field(default_factory=list)  # those it has been in, in order

    def move(self, state: State) -> None:
        """Puts it into another state."""
        self.state = state
        self.states.append(state)

    def open_lines(self) -> list[Line]:
        """Lines that no 945 has closed."""
        return [line for line in self.lines if not line.result]


class Orders:
    """Every order, in the order of acceptance; with the duplicate check off a number may stand twice."""

    def __init__(self) -> None:
        self._all: list[Order] = []
        self._by_reference: defaultdict[str, list[Order]] = defaultdict(list)
        self.received: defaultdict[str, dict[str, int]] = defaultdict(dict)  # W0502 -> purpose -> times it came
        self.refused: list[dict[str, str]] = []
        self.out_of_stock: dict[str, None] = {}  # numbers of those that truly lacked stock when they were picked

    def __iter__(self) -> Iterator[Order]:
        return iter(self._all)

    def add(self, order: Order) -> None:
        """Keeps a new order."""
        self._all.append(order)
        self._by_reference[order.reference].append(order)

    def find(self, reference: str) -> Order | None:
        """The last one with this number."""
        found = self._by_reference.get(reference)
        return found[-1] if found else None

    def count(self, reference: str, purpose: str) -> None:
        """A 940 with this number came, whatever is answered."""
        times = self.received[reference]
        times[purpose] = times.get(purpose, 0) + 1

    def picked_twice(self) -> list[str]:
        """Numbers under which more than one order was picked."""
        return [ref for ref, all_of_it in self._by_reference.items() if sum(one.picks > 0 for one in all_of_it) > 1]
