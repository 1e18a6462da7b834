"""Which warehouse and which of its buildings an order goes to, and why. Rules in order; no rule is never a guess."""

from __future__ import annotations

from collections.abc import Iterable

from mappings.canonical import Product, SalesOrder
from mappings.errors import Unmappable
from workers.config import Configuration, Rule, When
from workers.spine.reading import Reading

CHOSEN = "routes that people chose"


def look_up(reading: Reading, codes: Iterable[str]) -> None:
    """Look up for some orders where people send them, all at once."""
    kept = reading.kept.setdefault(CHOSEN, {})
    if not (new := sorted(set(codes) - kept.keys())):
        return
    rows = reading.run(
        "select * from order_route where erp = %s and order_code = any (%s)",
        reading.runtime.configuration.erp.name,
        new,
    )
    kept.update({**dict.fromkeys(new), **{row["order_code"]: row for row in rows}})


def route(reading: Reading, order: SalesOrder, products: Iterable[Product]) -> tuple[Rule, str]:
    """Where a person sends this order, else what ``choose`` says. Raises Unmappable as it does."""
    configuration = reading.runtime.configuration
    look_up(reading, [order.code])
    if (row := reading.kept[CHOSEN][order.code]) is not None:
        connection = configuration.connections.get(row["connection"])
        site = dict(getattr(connection.settings, "sites", {})).get(row["facility"]) if connection else None
        if site is not None and site == (order.site or site):
            rule = Rule(name=f"sent there by {row['who']}", to=row["connection"], facility=row["facility"])
            return rule, f"{row['who']} sent it there: {row['why']}"
    return choose(configuration, order, products)


def choose(configuration: Configuration, order: SalesOrder, products: Iterable[Product]) -> tuple[Rule, str]:
    """The first rule that fits, and the reason to keep.

    Raises Unmappable with kind ``route_unmapped`` when none fits, and ``route_site_conflict`` when the
    rule's facility serves another Khaos site than the order's.
    """
    attributes = [dict(product.attributes) for product in products]
    for number, rule in enumerate(configuration.routing, 1):
        if not _fits(rule.when, order, attributes):
            continue
        sites = getattr(configuration.connections[rule.to].settings, "sites", {})
        site = sites.get(rule.facility, "")
        if order.site and site and order.site != site:
            raise Unmappable(
                "site",
                order.site,
                f"rule {rule.name!r} sends to {rule.to}/{rule.facility}, which serves the Khaos site {site!r}",
                kind="route_site_conflict",
            )
        return rule, f"rule {number} {rule.name!r}: {_because(rule.when, order)}"
    raise Unmappable(
        "routing",
        f"site={order.site or '-'} country={order.address.country} channel={order.channel or '-'}",
        "no [[routing]] rule of fleet.toml takes this order; add one, or a last rule without 'when'",
        kind="route_unmapped",
    )


def _fits(when: When, order: SalesOrder, attributes: list[dict[str, str]]) -> bool:
    postcode = order.address.postcode.replace(" ", "").upper()
    return (
        (not when.site or order.site in when.site)
        and (not when.country or order.address.country in when.country)
        and (not when.channel or order.channel in when.channel)
        and (not when.postcode or any(postcode.startswith(p.replace(" ", "").upper()) for p in when.postcode))
        and all(a.get(name) == value for name, value in when.attribute.items() for a in attributes)
    )


def _because(when: When, order: SalesOrder) -> str:
    conditions = [
        f"country {order.address.country}" if when.country else "",
        f"site {order.site}" if when.site else "",
        f"channel {order.channel}" if when.channel else "",
        "postcode area" if when.postcode else "",
        *(f"{name} = {value}" for name, value in when.attribute.items()),
    ]
    return ", ".join(s for s in conditions if s) or "takes everything"
