"""Khaos sites that the fleet kept and that ``fleet.toml`` names no more: what they show would be counted twice."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from workers.spine import exceptions
from workers.spine.polling import chunks
from workers.spine.runtime import Runtime

KIND = "site_left_behind"
SHOWN_A_CALL = 500
NAMED = 5  # SKUs that an exception names

LEFT = "site not in (select s.site from stock_site s)"


def check(runtime: Runtime, calling: Callable[[Callable[[], Any]], Any]) -> int:
    """Look at what such sites still show; one exception for each that shows units. Returns how many do.

    Nothing is set there: whoever keeps the site now may have set it. A person who dismisses the exception says that
    this is so, and the site is forgotten. Raises what adapters raise.
    """
    runtime.store.run(
        f"delete from level where {LEFT} and exists (select 1 from exception e where e.kind = %s and e.state ="  # noqa: S608  a clause of ours
        " 'dismissed' and e.subject = 'site:' || level.site)",
        KIND,
    )
    sites = [row["site"] for row in runtime.store.rows(f"select distinct site from level where {LEFT} order by 1")]  # noqa: S608  as above
    standing = 0
    for site in sites:
        shown = _shown(runtime, site, calling)
        runtime.store.run(
            "delete from level where site = %s and sku <> all (%s)", site, [sku for sku, n in shown.items() if n]
        )
        if any(shown.values()):
            standing += 1
            _file_shown(runtime, site, {sku: n for sku, n in sorted(shown.items()) if n})
    exceptions.close_all(
        runtime.store.run,
        "e.kind = %s and not exists (select 1 from level l where 'site:' || l.site = e.subject"
        " and l.site not in (select s.site from stock_site s))",
        KIND,
        why="it shows nothing any more, or is kept again",
    )
    return standing


def _shown(runtime: Runtime, site: str, calling: Callable[[Callable[[], Any]], Any]) -> dict[str, int]:
    """What the site shows of the SKUs that the fleet set there; nothing where Khaos has no such site any more."""
    facts = runtime.facts(runtime.configuration.erp.name)
    if site not in facts.get("sites", {}):
        return {}
    rows = runtime.store.rows("select sku from level where site = %s order by sku", site)
    shown: dict[str, int] = {}
    for some in chunks([row["sku"] for row in rows if "," not in row["sku"]], SHOWN_A_CALL):
        shown |= calling(partial(runtime.erp.fetch_levels, site, some, facts))
    return shown


def _file_shown(runtime: Runtime, site: str, units: dict[str, int]) -> None:
    named = ", ".join(f"{sku} {n}" for sku, n in list(units.items())[:NAMED])
    more = f" and {len(units) - NAMED} more SKUs" if len(units) > NAMED else ""
    why = f"{sum(units.values())} units still show at {site}, which fleet.toml names no more ({named}{more})"
    exceptions.file(
        runtime.store.run,
        KIND,
        subject=f"site:{site}",
        story=site,
        flow="stock-in",
        connection=runtime.configuration.erp.name,
        why=why,
        once=exceptions.Once.WITH_THIS_REASON,
    )
