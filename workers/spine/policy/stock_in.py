"""Counts, movements, and the levels in Khaos Control."""

from __future__ import annotations

from workers.spine.policy.rows import FINANCE, MERCHANDISING, OPERATIONS, RETRY, SUPPORT, Verdict

VERDICTS = {
    "unknown_condition": Verdict(
        OPERATIONS,
        "error",
        "The warehouse holds units in a condition that no table knows, so they are not sold: add the row that the"
        " reason names, with `fleet tables add` or on the desk under Tables, then dismiss.",
    ),
    "clock_ahead": Verdict(
        SUPPORT,
        "warning",
        "A partner's clock is ahead: ask them to set it. What it tells counts from when it came, and nothing is lost.",
    ),
    "count_late": Verdict(
        OPERATIONS, "error", "The day's count of this building has not come: ask the warehouse for it."
    ),
    "stock_differs": Verdict(
        OPERATIONS,
        "warning",
        "The warehouse's count and its movements differ: ask it for what is missing, or take the count for true with"
        " `fleet stock-differences adopt SITE SKU --by NAME`.",
    ),
    "level_drift": Verdict(
        MERCHANDISING,
        "warning",
        "Somebody or something else changes levels in Khaos Control: find out who (a stock-take, an import, another"
        " integration). They are set right again; the figures of before and after stand in each SKU's story.",
    ),
    "absurd_quantity": Verdict(
        OPERATIONS,
        "error",
        "A figure that nobody can mean, and nothing counts by it: have it corrected where it was written; where a"
        f" message waits, `{RETRY}`.",
    ),
    "level_race": Verdict(
        OPERATIONS,
        "warning",
        "Khaos Control shows another level each time that it is set: see who else sets it. It goes on being set"
        " every minute.",
    ),
    "level_not_taken": Verdict(
        MERCHANDISING,
        "warning",
        "Khaos Control does not take this level: do what the reason says; the next comparison sets it by itself.",
    ),
    "wrong_site": Verdict(
        SUPPORT, "error", "fleet.toml names a site that Khaos Control does not have: correct the name and restart."
    ),
    "site_left_behind": Verdict(
        OPERATIONS,
        "error",
        "Bring these levels to 0 in Khaos Control, or put the site back into fleet.toml and restart. Whoever keeps the"
        " site now by other means dismisses this.",
    ),
    "stock_not_carried": Verdict(
        FINANCE,
        "warning",
        "Units stand in a condition that has no Khaos site: name one under [stock.sites] in fleet.toml and restart, or"
        " carry them by hand.",
    ),
    "unbalanced_status_change": Verdict(
        OPERATIONS,
        "error",
        "The warehouse's status change does not net to zero, so nothing of it was taken: ask it to send it right.",
    ),
    "snapshot_unbalanced": Verdict(
        OPERATIONS,
        "error",
        "The warehouse's count contradicts itself, so nothing of it was taken: ask it for another.",
    ),
    "short_at_warehouse": Verdict(
        OPERATIONS,
        "warning",
        "More is ordered than the warehouse holds beside its other orders: see whether goods are on their way.",
    ),
}
