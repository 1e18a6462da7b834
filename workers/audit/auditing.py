"""The course of an audit: Khaos Control first, then each warehouse; one that fails holds up no other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

from workers.audit import listings, plans, reading_khaos, reading_warehouse
from workers.audit.attempts import attempt
from workers.audit.report import Report, Section
from workers.audit.workspace import Workspace
from workers.spine.runtime import Runtime

SETTINGS = "settings"
CANNOT_ASK = "it cannot be asked for {}: {}"


def audit(
    runtime: Runtime, work: Workspace, *, forms: Sequence[str] = (), said: Callable[[str], None] = lambda _: None
) -> Report:
    """Read both sides and compare them. Nothing is written at a partner, and nothing of a customer is kept.

    ``forms`` are forms of reference of an integration before, as ``KC-{order}``; ``said`` hears what is read now.
    """
    erp = runtime.configuration.erp.name
    khaos = Section(erp, f"Khaos Control ({erp})")
    warehouses = {one.name: Section(one.name, f"{one.name} ({one.system})") for one in runtime.configuration.warehouses}
    facts: dict[str, dict[str, Any]] = {}
    for name, section in warehouses.items():
        said(f"{name}: accounts, buildings, carriers")
        found = attempt(section, "its account, buildings and carriers", partial(_facts, runtime, name))
        if found is not None:
            facts[name] = found
    said(f"{erp}: sites, products, orders")
    for what, part in (
        ("its sites", partial(_compare_sites, runtime, work)),
        ("its catalogue", partial(reading_khaos.read_catalogue, runtime, work)),
        ("its invoices", partial(reading_khaos.read_invoices, runtime, work, forms)),
        ("its orders", partial(plans.plan_orders, runtime, work, facts)),
    ):
        attempt(khaos, what, part)
    whole = not khaos.failed
    khaos.listings = listings.of_complaints(erp)
    for name, section in warehouses.items():
        said(f"{name}: orders, products, stock")
        if not whole:
            section.notes.append(f"what {erp} could not show is missing here: read its section first")
        if name in facts:
            _warehouse(runtime, work, section, facts[name], forms, whole=whole)
        section.listings += listings.of_complaints(name)
    return Report(datetime.now(UTC), (khaos, *warehouses.values()), work)


def _facts(runtime: Runtime, name: str) -> dict[str, Any]:
    runtime.pace(name)
    return runtime.warehouse(name).account.reference_data()


def _compare_sites(runtime: Runtime, work: Workspace) -> None:
    """Every site that fleet.toml names is one of Khaos Control's."""
    configuration, name = runtime.configuration, runtime.configuration.erp.name
    runtime.pace(name)
    there = set(runtime.erp.reference_data()["sites"])
    beside = {site: home for home, kinds in configuration.stock.sites.items() for site in kinds.named().values()}
    named = {
        **{site: f"[connections.{where}.sites] names it" for site, (where, _) in configuration.homes.items()},
        **{site: f"[stock.sites] names it beside {home}" for site, home in beside.items()},
        **dict.fromkeys(runtime.erp.sites, f"[connections.{name}] names it among its sites"),
    }
    for site in sorted(set(named) - there):
        work.complain(name, SETTINGS, "site", site, f"{named[site]}, and Khaos Control has {', '.join(sorted(there))}")
    rules = {(rule.to, rule.facility) for rule in configuration.routing}
    for site, (where, facility) in sorted(configuration.homes.items()):
        if (where, facility) not in rules:
            why = f"{where}/{facility} serves it and no [[routing]] rule sends there: add one, or take the site away"
            work.complain(name, SETTINGS, "site without a rule", site, why)


def _warehouse(
    runtime: Runtime,
    work: Workspace,
    section: Section,
    facts: dict[str, Any],
    forms: Sequence[str],
    *,
    whole: bool,
) -> None:
    name, parts = section.name, runtime.warehouse(section.name).parts
    if parts.order_reads is not None:
        attempt(section, "its orders", partial(reading_warehouse.read_orders, runtime, work, name, facts, forms))
        section.listings += listings.of_orders(name, listed=_lists_orders(runtime, name)) if whole else []
    else:
        section.notes.append(CANNOT_ASK.format("its orders", "its people can be asked for a list"))
        section.listings += listings.unasked(name) if whole else []
    if parts.holdings is not None:
        attempt(section, "its products", partial(reading_warehouse.read_products, runtime, work, name, facts))
        section.listings += listings.of_skus(name, announced=parts.garment_setup is not None) if whole else []
        attempt(section, "its settings", partial(_misfits, runtime, work, name, facts))
    else:
        section.notes.append(CANNOT_ASK.format("its products", "it answers each item file that it is sent"))
    _stock(runtime, work, section, facts)


def _lists_orders(runtime: Runtime, name: str) -> bool:
    holdings = runtime.warehouse(name).parts.holdings
    return holdings is not None and holdings.lists_orders


def _misfits(runtime: Runtime, work: Workspace, name: str, facts: dict[str, Any]) -> None:
    others = reading_warehouse.served_by_others(runtime, name)
    for one in runtime.warehouse(name).holdings.misfits(facts):
        if one.what == "facility without a site" and one.value in others:
            continue
        work.complain(name, SETTINGS, one.what, one.value, one.why)


def _stock(runtime: Runtime, work: Workspace, section: Section, facts: dict[str, Any]) -> None:
    name, warehouse = section.name, runtime.warehouse(section.name)
    for facility, site in sorted(warehouse.sites.items()):
        before = len(section.failed)
        if warehouse.parts.stock is not None:
            count = partial(reading_warehouse.count_stock, runtime, work, name, facility, facts)
            attempt(section, f"the stock of {facility}", count)
        elif (at := _received(runtime, work, site)) is not None:
            section.notes.append(
                f"the stock of {facility} is by the last count that was received, {at:%Y-%m-%d %H:%M} UTC"
            )
        else:
            section.notes.append(CANNOT_ASK.format(f"the stock of {facility}", "no count was received: ask for one"))
            continue
        attempt(section, f"levels of {site}", partial(reading_warehouse.read_levels, runtime, work, site))
        if len(section.failed) == before:
            section.listings += listings.of_stock(site)


def _received(runtime: Runtime, work: Workspace, site: str) -> datetime | None:
    """Lay the book of a building that tells its stock by files; None where no count was received."""
    home = runtime.store.row("select counted_at from home where site = %s", site)
    if home is None or home["counted_at"] is None:
        return None
    for row in runtime.store.rows("select sku, good, other from position where home = %s", site):
        other = sum(row["other"].values())
        reading_warehouse.lay_count(work, site, Counter({row["sku"]: row["good"]}), Counter({row["sku"]: other}))
    at: datetime = home["counted_at"]
    return at
