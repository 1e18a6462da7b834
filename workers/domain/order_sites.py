"""At which Khaos site the lines of an order are promised."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any


def keep(run: Callable[..., Any], erp: str, code: str, sites: Mapping[str, str]) -> None:
    """Lines of an order that are promised at another site than it; at every site where the name is empty."""
    for sku, site in sorted(sites.items()):
        run(
            "insert into line_site (erp, order_code, sku, site) values (%s, %s, %s, %s)"
            " on conflict (erp, order_code, sku) do update set site = excluded.site",
            erp,
            code,
            sku,
            site,
        )
