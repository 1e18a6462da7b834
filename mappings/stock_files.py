"""Which daily stock file counts: not half a file, not yesterday's again, the later one of two on one day."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from enum import StrEnum

from mappings.errors import Unmappable

LEAST_SHARE = Decimal("0.5")  # of yesterday's rows
KIND = "stock_file_refused"


class Verdict(StrEnum):
    """The verdict on a file."""

    TAKE = "take"
    CORRECT = "correct"  # a later file of a day that had one: it counts instead, and as the same day
    REPEATED = "repeated"  # the same file again: nothing
    STALE = "stale"  # of before the last file that counted: kept, and nothing


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A file: when it was written, on which day of the warehouse, its rows, and its content's hash."""

    at: datetime
    on: date
    rows: int
    content: str


def judge_file(
    file: Snapshot, last: Snapshot | None, day_before: Snapshot | None, *, least_share: Decimal = LEAST_SHARE
) -> Verdict:
    """Say what becomes of a file. ``last`` is the last one that counted, ``day_before`` the last of an earlier day.

    One that is laid again under its name with other content is the mended file: it corrects the first.

    Raises:
        Unmappable: kind ``stock_file_refused``, for a file with fewer rows than ``least_share`` of the day before's;
            of the first file's of that day, where there is no earlier day. And, unless ``least_share`` is 0, for one
            that is laid again with fewer.
    """
    if last is not None and file.content == last.content and file.at == last.at:
        return Verdict.REPEATED
    if last is not None and file.at < last.at:
        return Verdict.STALE
    if last is not None and file.at == last.at and file.rows < last.rows and least_share:
        why = (
            f"{file.rows} garments, {last.rows} in the file of the same name that counted: ask the warehouse which is"
            " right; the earlier one stays"
        )
        raise Unmappable("rows", str(file.rows), why, kind=KIND)
    measure = day_before or last
    if measure is not None and file.rows < measure.rows * least_share:
        why = (
            f"{file.rows} garments, {measure.rows} on {measure.on.isoformat()}: ask the warehouse for a whole file; the"
            " last good one stays. If so many truly left, adopt the file"
        )
        raise Unmappable("rows", str(file.rows), why, kind=KIND)
    return Verdict.CORRECT if last is not None and last.on == file.on else Verdict.TAKE


def read_name(name: str, pattern: str, account: str, zone: tzinfo) -> tuple[datetime, date] | None:
    """When a file was written, by its name, and the warehouse's day; None for another account's or another's name.

    ``pattern`` is as ``acs_stock_{account}_{day}_{time}.csv``: the day as yyyymmdd, the time as hhmm or hhmmss on the
    warehouse's clock.
    """
    form = re.escape(pattern)
    for part, digits in (
        ("account", re.escape(account)),
        ("day", r"(?P<day>\d{8})"),
        ("time", r"(?P<time>\d{4}|\d{6})"),
    ):
        form = form.replace(re.escape(f"{{{part}}}"), digits)
    found = re.fullmatch(form, name, re.IGNORECASE)
    if found is None:
        return None
    clock = f"{found.groupdict().get('time') or '0000':0<6}"
    try:
        local = datetime.strptime(f"{found['day']}{clock}", "%Y%m%d%H%M%S").replace(tzinfo=zone)
        return local.astimezone(UTC), local.date()
    except (ValueError, OverflowError):
        return None
