"""Lines of an order that are of another Khaos site than it: picked and promised there, each invoice at one site."""

from __future__ import annotations

from mappings.canonical import SalesOrder
from mappings.errors import Unmappable
from workers.domain.order_sites import keep
from workers.spine.reading import Reading


def has_other_sites(order: SalesOrder) -> bool:
    """Whether a line of the order is of another site than it."""
    return any(line.site and line.site != order.site for line in order.lines)


def at_its_site(reading: Reading, order: SalesOrder, skus: set[str]) -> SalesOrder:
    """The order as its lines of these SKUs are: they may be of another site than it, and then all of the same.

    Raises Unmappable with kind ``route_site_conflict``.
    """
    own: dict[str, set[str]] = {}
    for line in order.lines:
        own.setdefault(line.sku, set()).add(line.site or order.site)
    other = {sku: next(iter(sites)) if len(sites) == 1 else "" for sku, sites in own.items() if sites != {order.site}}
    if not other:
        return order
    reading.run(
        "insert into order_site (erp, order_code, site) select %s, %s, %s where %s <> '' on conflict do nothing",
        *(reading.runtime.configuration.erp.name, order.code, order.site, order.site),
    )
    keep(reading.run, reading.runtime.configuration.erp.name, order.code, other)
    sites = set().union(*(own.get(sku, {order.site}) for sku in skus))
    if len(sites) > 1:
        named = ", ".join(sorted(sites))
        why = "its lines are of several Khaos sites, and one warehouse serves one: split the invoice in Khaos by site"
        raise Unmappable("ORDER_ITEM/SITE", named, why, kind="route_site_conflict")
    return order.model_copy(update={"site": sites.pop()}) if sites else order
