"""Set-up files are taken, and their results laid: one physical garment a row (profile 1.2.2 and 2.5.4)."""

from __future__ import annotations

import csv
import io
from typing import Any

from adapters.acs.sandbox import coming_back
from adapters.acs.sandbox.garments import State
from adapters.acs.sandbox.site import Site

COLUMNS = ("product_sku", "unique_sku", "name", "designer", "garment_type", "sizes", "description")
NEEDED = ("product_sku", "unique_sku", "name")
RESULT = ("unique_sku", "result", "code", "message")

Result = tuple[str, str, str, str]


def take_all(site: Site) -> None:
    """Takes every set-up file that is whole."""
    for path in site.folders.laid():
        name = path.name
        results = _read(site, site.folders.take(path))
        held = io.StringIO(newline="")
        writer = csv.writer(held, lineterminator="\r\n")
        writer.writerow(RESULT)
        writer.writerows(results)
        answer = site.folders.put("setup/results", f"{name.removesuffix('.csv')}.result.csv", held.getvalue().encode())
        accepted = sum(one[1] == "accepted" for one in results)
        site.setups.append({"name": name, "answer": answer, "rows": len(results), "accepted": accepted})


def _read(site: Site, data: bytes) -> list[Result]:
    try:
        rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error):
        return [("", "rejected", "bad_file", "this is no UTF-8 CSV")]
    if not rows or any(name not in rows[0] for name in COLUMNS):
        return [("", "rejected", "bad_file", f"the columns are {','.join(COLUMNS)}")]
    return [_judge(site, row) for row in rows]


def _judge(site: Site, row: dict[str, Any]) -> Result:
    told = {name: str(row.get(name) or "").strip() for name in (*COLUMNS, "status")}
    sku = told["unique_sku"]
    if code := site.switches.reject_garments.get(sku):
        return sku, "rejected", code, "refused"
    if missing := next((name for name in NEEDED if not told[name]), ""):
        return sku, "rejected", "missing_field", f"{missing} is missing"
    known = site.garments.unique(sku)
    if told["status"] == "retired":
        if known is None or known.state in {State.RETIRED, State.GONE, State.WITH_CUSTOMER, State.PACKED}:
            return sku, "rejected", "not_here", "only a garment on the premises can be withdrawn"
        site.people.after(0.0, lambda: coming_back.retire(site, known, "CLIENT_REQUEST", "RETURN_TO_VENDOR"))
        return sku, "accepted", "", ""
    if known is not None:
        return sku, "rejected", "duplicate_sku", "unique_sku already set up"
    garment = site.garments.add(told["product_sku"], sku, State.EXPECTED, site.clock.now())
    if site.switches.new_garments_arrive:
        site.people.after(site.switches.step_seconds, lambda: coming_back.arrive(site, garment))
    return sku, "accepted", "", ""
