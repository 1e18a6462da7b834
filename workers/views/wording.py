"""Figures and states in words, the same in a terminal and on the desk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from workers.views.snapshot import Row

MINUTE, HOUR, DAY = 60, 3600, 86400
FLEET = "fleet"  # who did what nobody did by hand


def span(seconds: float | None) -> str:
    """A length of time in its largest two units; a dash for None."""
    if seconds is None:
        return "-"
    whole = max(0, round(seconds))
    if whole < MINUTE:
        return f"{whole} s"
    if whole < HOUR:
        return f"{whole // MINUTE} min {whole % MINUTE} s"
    if whole < DAY:
        return f"{whole // HOUR} h {whole % HOUR // MINUTE} min"
    return f"{whole // DAY} d {whole % DAY // HOUR} h"


def units(lines: Mapping[str, int]) -> int:
    """The sum of {sku: units}."""
    return sum(lines.values())


def system_user(step: Row) -> str:
    """The system's user behind a person's step in a timeline; empty for a step of the fleet's own."""
    return "" if step["who"] == FLEET else str(step["os_user"])


def by_condition(held: Mapping[str, int]) -> str:
    """Units by their condition, the good ones first: ``12 good, 1 damaged``."""
    listed = sorted(held.items(), key=lambda one: (one[0] != "good", one[0]))
    return ", ".join(f"{n} {condition.replace('_', ' ')}" for condition, n in listed) or "nothing"


def tracking(parcels: Iterable[Row]) -> str:
    """The parcels' tracking numbers with their carriers."""
    return ", ".join(f"{p.get('tracking') or '(no number)'} {p.get('carrier', '')}".strip() for p in parcels)


def why(row: Row) -> str:
    """Why a message stands where it stands; empty where its state says enough."""
    if row["state"] == "held":
        return "held by " + ", ".join(row["held_by"])
    if row.get("error_kind"):
        return f"{row['error_kind']}: {row['error']}"
    return "it was there already" if row.get("proven_before") else ""
