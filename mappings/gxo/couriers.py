"""Which of Khaos's couriers a shipment went by. Source: gxo.md 2.2: UK carriers have no SCAC, so W2703 is matched."""

from __future__ import annotations

from collections.abc import Mapping

from mappings.errors import Unmappable
from mappings.gxo.tables import upper


def read_courier(service: str, services: Mapping[str, str], own: Mapping[str, str] | None = None) -> str:
    """Khaos's courier for the carrier service of a shipment (W2703).

    ``own`` are the rows of ``[tables.carriers.gxo]``, service = courier, which win; else ``services`` (courier =
    service, as orders are written) is read backwards, where one courier alone has the service.

    Raises:
        Unmappable: kind ``unknown_carrier``.
    """
    wanted, rows = service.strip().upper(), upper(own)
    couriers = {courier for courier, name in services.items() if courier and name.strip().upper() == wanted}
    if wanted and rows.get(wanted):
        return rows[wanted]
    if wanted and len(couriers) == 1:
        return couriers.pop()
    why = f'add a row "{wanted or "SERVICE"}" = "<Khaos courier>" to [tables.carriers.gxo] of fleet.toml'
    raise Unmappable("W2703", service, why, kind="unknown_carrier")
