"""Levels that Khaos posts over its channel: what is not as it should be is set again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workers.spine.reading import Reading


def read_levels(reading: Reading) -> None:
    """Reader of levels: kept as what Khaos shows; what is not as it should be is set again."""
    erp = reading.runtime.configuration.erp.name
    levels, unreadable = reading.runtime.erp.channel.read_levels(reading.record.body)
    for entry in unreadable:
        reading.park("stock-in", entry)
    sites = _sites(reading, erp)
    shown: dict[str, dict[str, int]] = {}
    for level in levels:
        site = sites.get(level.site_id)
        if site is not None and level.available is not None:
            shown.setdefault(site, {})[level.code] = level.available
    for site, by_sku in sorted(shown.items()):
        _shown(reading, site, by_sku)


def _sites(reading: Reading, erp: str) -> dict[int, str]:
    """Names of Khaos's sites by id, as they were read last; none while nobody has read them."""
    rows = reading.run("select value from partner_fact where connection = %s", erp)
    named: Mapping[str, Any] = rows[0]["value"].get("sites", {}) if rows else {}
    return {int(number): name for name, number in named.items()}


def _shown(reading: Reading, site: str, by_sku: Mapping[str, int]) -> None:
    runtime = reading.runtime
    kept = reading.run(
        # locked in the order in which everybody locks levels
        "with mine as materialized (select sku from level where site = %s and sku = any (%s) order by sku for update)"
        " update level l set shown = s.units, shown_at = %s from mine m"
        " join unnest(%s::text[], %s::integer[]) s (sku, units) on s.sku = m.sku"
        " where l.site = %s and l.sku = m.sku and (l.shown_at is null or l.shown_at < %s) returning l.home, l.sku",
        site,
        list(by_sku),
        reading.record.received_at,
        list(by_sku),
        list(by_sku.values()),
        site,
        reading.record.received_at,
    )
    if not kept:
        return
    wanted = reading.run(
        "select sku, shows from targets(%s, %s, %s, %s)",
        site,
        [row["sku"] for row in kept],
        runtime.erp.level_semantics,
        runtime.erp.issue_point,
    )
    odd = [row["sku"] for row in wanted if by_sku[row["sku"]] != row["shows"]]
    if odd:
        reading.run("select touch_levels(%s, %s)", kept[0]["home"], odd)
