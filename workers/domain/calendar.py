"""The merchant's calendar: months, days of dispatch and event dates are the merchant's own, also in summer time."""

from __future__ import annotations

from datetime import date, datetime

from workers.spine.runtime import Runtime


def install(runtime: Runtime) -> None:
    """Write the merchant's time zone into the ledger, whose functions reckon months in it."""
    runtime.store.run(
        "insert into merchant (zone) values (%s) on conflict (one) do update set zone = excluded.zone",
        runtime.configuration.fleet.time_zone,
    )


def day(runtime: Runtime, moment: datetime) -> date:
    """The merchant's day on which something happened."""
    return moment.astimezone(runtime.configuration.fleet.zone).date()
