"""What ``/_sandbox/setup`` may name: items, stock, services, time zones."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, ConfigDict, Field

from adapters.gxo.sandbox.items import Item
from adapters.gxo.sandbox.site import Site
from adapters.gxo.sandbox.stock import GOOD, Refused

Units = Annotated[int, Field(ge=0)]


class Setup(BaseModel):
    """``items`` are accepted at every facility as if a file had named them. ``stock`` is facility -> SKU -> units of
    type N, or units by type: the opening figures; movements stay. ``services`` (code -> carrier) replace those there
    were. ``time_zones`` are by facility.
    """

    model_config = ConfigDict(extra="forbid")

    items: list[str] = Field(default_factory=list)
    stock: dict[str, dict[str, Units | dict[str, Units]]] = Field(default_factory=dict)
    services: dict[str, str] | None = None
    time_zones: dict[str, str] = Field(default_factory=dict)


def set_up(site: Site, told: Setup) -> None:
    """Does what is told, or raises ``Refused``; what came before a refusal stays done."""
    for facility, zone in told.time_zones.items():
        if zone not in available_timezones():
            raise Refused(f"{zone} is no time zone: write one like Europe/London")
        site.facilities[site.facility(facility)] = ZoneInfo(zone)
    if told.services is not None:
        site.services = dict(told.services)
    for facility, rows in told.stock.items():
        for sku, units in rows.items():
            for kind, count in (units if isinstance(units, dict) else {GOOD: units}).items():
                site.stock.open(site.facility(facility), sku, kind, count)
    for facility in site.facilities:
        for sku in told.items:
            site.items.accept(facility, Item(sku))
            if not site.stock.knows(facility, sku):
                site.stock.open(facility, sku, GOOD, 0)
