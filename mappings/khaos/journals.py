"""A journal entry -> the values that a merchant's own journal operation is given.

No published operation takes an adjustment with its reason (reference 2.6), so the keys are ours; which of them
travel, and under which names, is the connection's ``extensions.post_journal``.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo

from mappings.canonical.journal import JournalEntry
from mappings.khaos.values import LONDON, legal


def write_journal(entry: JournalEntry, zone: ZoneInfo = LONDON) -> dict[str, str]:
    """Values by our names, the same for the same entry every time.

    ``movement``, ``sku``, ``site``, ``units`` (signed), ``reason``, ``account``, ``unit_cost`` (a decimal with a
    dot, empty where none is known), ``event_time`` (wall-clock of ``zone`` without an offset, as all times travel:
    Guide, "Encodings").
    """
    return {
        "movement": legal(entry.movement),
        "sku": legal(entry.sku),
        "site": legal(entry.site),
        "units": str(entry.units),
        "reason": legal(entry.reason),
        "account": legal(entry.account),
        "unit_cost": "" if entry.unit_cost is None else format(entry.unit_cost, "f"),
        "event_time": entry.event_at.astimezone(zone).strftime("%Y-%m-%dT%H:%M:%S"),
    }
