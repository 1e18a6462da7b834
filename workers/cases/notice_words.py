"""What a notice says: kind, how many, since when, one reference, a link. Nothing of a customer or of a reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from workers.ledger.store import Row
from workers.views.wording import span


@dataclass(frozen=True, slots=True)
class Words:
    """A notice in words. ``link`` is empty where fleet.toml does not say where the desk is."""

    title: str
    lines: tuple[str, ...]
    link: str

    @property
    def text(self) -> str:
        """All of it as plain text."""
        return "\n".join([*self.lines, *([self.link] if self.link else [])]) + "\n"


def words_of(notice: Row, groups: Sequence[Row], desk: str, zone: ZoneInfo, now: datetime) -> Words:
    """Word a notice. ``groups`` are what stands open of the owner, for a digest."""
    if notice["what"] == "digest":
        return _digest(notice, groups, desk, zone)
    what = f"{_plain(notice['kind'])}{_at(notice)}"
    since = _moment(notice["since"], zone)
    link = f"{desk}/exceptions/groups/{notice['group_key']}" if desk else ""
    if notice["what"] == "cured":
        lasted = span((now - notice["since"]).total_seconds()) if notice["since"] else ""
        return Words(f"Over: {what}", (f"Nothing of it stands open any more. It began {since}, {lasted} ago.",), link)
    many = f"1 exception, {notice['reference']}" if notice["n"] == 1 else f"{notice['n']} exceptions"
    step = f"What to do: docs/runbook.md#{notice['kind']}; `fleet exceptions groups --kind {notice['kind']}`"
    if notice["what"] == "late":
        first = f"{many}, since {since}, owner {notice['owner']}."
        if notice["assignee"]:
            lines = (first, f"{notice['assignee']} has had it for its whole response time, and it stands open.", step)
            return Words(f"Taken and not closed in time: {what}", lines, link)
        lines = (first, "Nobody has taken it in its response time.", step)
        return Words(f"Not taken in time: {what}", lines, link)
    return Words(f"{notice['severity'].capitalize()}: {what}", (f"{many}, since {since}.", step), link)


def _digest(notice: Row, groups: Sequence[Row], desk: str, zone: ZoneInfo) -> Words:
    total = sum(group["n"] for group in groups)
    lines = [
        f"{group['n']:>6} x {_plain(group['kind'])}{_at(group)}, since {_moment(group['first_at'], zone)}"
        + (", answer overdue" if group["overdue"] else "")
        for group in groups
    ]
    link = f"{desk}/exceptions?owner={notice['owner'].replace(' ', '+')}" if desk else ""
    return Words(f"{total} open for {notice['owner']}", tuple(lines), link)


def _plain(kind: str) -> str:
    return kind.replace("_", " ")


def _at(row: Row) -> str:
    places = row.get("connections") or [row.get("connection")]
    named = ", ".join(place for place in places if place)
    return f" at {named}" if named else ""


def _moment(at: datetime | None, zone: ZoneInfo) -> str:
    return at.astimezone(zone).strftime("%a %d %b %H:%M") if at else "some time"
