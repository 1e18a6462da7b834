"""The 846: what a facility has at this moment, every SKU of the client (profile 2.2.8).

QTY 33 is type N that is free, 27 type N that is committed, 20 type D, 17 their sum; 28 is everything of other types,
told where there is any.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta

from adapters.gxo.sandbox.interchange import Segment
from adapters.gxo.sandbox.posting import Message
from adapters.gxo.sandbox.site import Site
from adapters.gxo.sandbox.stock import DAMAGED, GOOD, TYPES

ELSEWHERE = tuple(kind for kind in TYPES if kind not in {GOOD, DAMAGED})


def figures(site: Site, facility: str, sku: str) -> dict[str, int]:
    """QTY01 -> units."""
    free, committed = site.stock.available(facility, sku), site.stock.committed(facility, sku)
    damaged = site.stock.on_hand(facility, sku, DAMAGED)
    others = sum(site.stock.on_hand(facility, sku, kind) for kind in ELSEWHERE)
    return {"17": free + committed + damaged, "33": free, "27": committed, "20": damaged, "28": others}


def send(site: Site, facility: str) -> Message:
    """Tells the facility's stock now. BIA03 names day and facility, and the turn from the day's second one on."""
    day = site.today(facility)
    turn = site.next(f"snapshot {facility} {day}")
    number = f"SNAP{day}{facility}" + (f"-{turn}" if turn > 1 else "")
    told: list[Segment] = [("BIA", "00", "SI", number, day), ("N1", "WH", "GXO", "ZZ", facility)]
    unbalanced = site.switches.used("snapshot_unbalanced_next")
    skus = [sku for sku in site.stock.skus(facility) if sku not in site.switches.snapshot_leaves_out]
    for row, sku in enumerate(skus, start=1):
        counts = figures(site, facility, sku)
        wrong = max(site.switches.snapshot_off_by.get(sku, 0), -counts["33"])
        counts["33"] += wrong
        counts["17"] += wrong + (unbalanced and row == 1)
        told.append(("LIN", str(row), "SK", sku, *_ean(site, facility, sku)))
        told += [("QTY", code, str(units), "EA") for code, units in counts.items() if code != "28" or units]
    told.append(("CTT", str(len(skus))))
    return site.post.send(facility, "846", told, number)


def send_due(site: Site) -> None:
    """Sends the daily ones whose local time has come on the site's clock."""
    now = site.clock.now()
    for facility in site.facilities:
        row = facility, site.switches.snapshot_at
        due = site.snapshots_due.setdefault(row, _next(site, facility, now))
        if now >= due:
            site.snapshots_due[row] = _next(site, facility, now)
            if site.switches.snapshot_at:
                send(site, facility)


def _next(site: Site, facility: str, now: datetime) -> datetime:
    zone = site.facilities[facility]
    local, wanted = now.astimezone(zone), time.fromisoformat(site.switches.snapshot_at or "00:00")
    due = datetime.combine(local.date(), wanted, zone)
    return due if due > now else datetime.combine(local.date() + timedelta(days=1), wanted, zone)


def _ean(site: Site, facility: str, sku: str) -> tuple[str, ...]:
    ean = site.items.ean(facility, sku)
    return ("EN", ean) if ean else ()
