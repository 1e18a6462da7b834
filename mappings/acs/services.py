"""Which of Khaos's couriers is which agent and service at ACS, both ways. Source: acs.md 1.2.1 and 2.5.1.

A service is written ``AGENT/SERVICE``, for example ``RM/24``; only pairs that were agreed are ever sent.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from mappings.acs.tables import run_together, table
from mappings.errors import Unmappable

PAIRS: frozenset[str] = frozenset(table("services")["pairs"])


def write_service(courier: str, services: Mapping[str, str], allowed: Collection[str] = ()) -> tuple[str, str]:
    """Agent and service for a courier of Khaos. ``allowed`` are the agreed pairs; empty, those of the table.

    Raises:
        Unmappable: kind ``unknown_service``, for a courier without a row and for a pair that was not agreed.
    """
    pair = services.get(courier, "").strip()
    agreed = sorted(allowed or PAIRS)
    if pair not in agreed:
        why = f'add a row "{courier}" = one of {", ".join(agreed)} to services of the connection'
        if pair:
            why = f"{pair} is no agreed pair: add it to allowed_services of the connection once ACS agrees, or {why}"
        raise Unmappable("courier", courier, why, kind="unknown_service")
    agent, _, service = pair.partition("/")
    return agent, service


def read_courier(carrier: str, service: str, services: Mapping[str, str], own: Mapping[str, str] | None = None) -> str:
    """Khaos's courier for a parcel's carrier and service.

    ``own`` are the rows of ``[tables.carriers.acs]``, ``"RM/24" = courier``, which win; else ``services`` is read
    backwards, where one courier alone has the pair.

    Raises:
        Unmappable: kind ``unknown_carrier``.
    """
    pair = f"{carrier.strip()}/{service.strip()}"
    wanted = run_together(pair)
    rows = {run_together(named): courier for named, courier in (own or {}).items()}
    if rows.get(wanted):
        return rows[wanted]
    found = {courier for courier, named in services.items() if courier and run_together(named) == wanted}
    if len(found) == 1:
        return found.pop()
    why = f'add a row "{pair}" = "<Khaos courier>" to [tables.carriers.acs] of fleet.toml'
    raise Unmappable("Carrier", pair, why, kind="unknown_carrier")
