"""The daily stock file: every garment that is set up and not sold, as the switches have it written (profile 2.5.3)."""

from __future__ import annotations

import csv
import io
from datetime import time
from typing import Any

from adapters.acs.sandbox.calendar import ZONE
from adapters.acs.sandbox.events import TIME
from adapters.acs.sandbox.garments import Garment, State
from adapters.acs.sandbox.site import Site

COLUMNS = ("SKU", "RFID", "Location", "UniqueSKU", "ProcessStatus", "Grade", "OrderNumber", "LastScan")
NOWHERE = {State.EXPECTED, State.GONE}
BOMS = {"utf-8": "utf-8-sig", "cp1252": "cp1252", "utf-16": "utf-16"}


def lay_due(site: Site) -> None:
    """Lays the day's file once its time has come."""
    at = site.switches.stock_file_at
    local = site.clock.now().astimezone(ZONE)
    if at and local.date() not in site.files_of and local.time() >= time.fromisoformat(at):
        site.files_of.add(local.date())
        lay(site)


def lay(site: Site) -> dict[str, Any]:
    """Lays a file now; what it is called, and how many rows it has."""
    switches = site.switches
    local = site.clock.now().astimezone(ZONE)
    name = f"acs_stock_{site.account}_{local:%Y%m%d}_{local.strftime(switches.file_time)}.csv"
    if switches.used("file_missing_next"):
        return {"name": "", "rows": 0, "fault": "missing"}
    told = [one for one in site.garments if _named(site, one)]
    rows = [_row(site, one) for one in told]
    fault = _spoil(site, rows)
    data = _write(site, rows)
    if switches.used("file_truncate_next"):
        data, fault = data[: -len(data) // 3], "truncated"
    kept = {"name": site.folders.put("stock", name, data), "rows": len(rows), "fault": fault}
    site.stock_files.append({**kept, "rfids": [one.tag for one in told] if len(told) < 1000 else []})  # noqa: PLR2004
    return kept


def _named(site: Site, garment: Garment) -> bool:
    away = garment.state is State.WITH_CUSTOMER and not site.switches.file_lists_away
    left_out = garment.lost or garment.tag in site.switches.file_leaves_out
    return not (garment.state in NOWHERE or away or left_out)


def _row(site: Site, garment: Garment) -> dict[str, str]:
    place = garment.place.replace("–", site.switches.file_dash)  # noqa: RUF001  the dash that the retailer's file had
    return {
        "SKU": garment.product_sku,
        "RFID": garment.tag,
        "Location": place.upper() if site.switches.file_upper else place,
        "UniqueSKU": garment.unique_sku,
        "ProcessStatus": garment.state,
        "Grade": garment.grade,
        "OrderNumber": garment.order,
        "LastScan": garment.scanned.strftime(TIME) if garment.scanned else "",
    }


def _spoil(site: Site, rows: list[dict[str, str]]) -> str:
    switches = site.switches
    if rows and switches.used("file_doubled_next"):
        rows.append(dict(rows[0]))
        return "doubled"
    if rows and switches.used("file_unknown_next"):
        rows[0] |= {"Location": "On the moon", "ProcessStatus": ""}
        return "unknown place"
    if rows and switches.used("file_half_next"):
        del rows[len(rows) // 3 :]
        return "half"
    return ""


def _write(site: Site, rows: list[dict[str, str]]) -> bytes:
    switches = site.switches
    held = io.StringIO(newline="")
    writer = csv.writer(held, lineterminator="\r\n")
    writer.writerow(switches.file_headers.get(name, name) for name in COLUMNS)
    writer.writerows([row[name] for name in COLUMNS] for row in rows)
    encoding = switches.file_encoding if not switches.file_bom else BOMS[switches.file_encoding]
    return held.getvalue().encode(encoding)
