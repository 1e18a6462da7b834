"""What becomes history: counted once, so that no page counts all of it, and purged by age."""

from __future__ import annotations

from workers.spine.polling import Busy
from workers.spine.runtime import Runtime


def count_settled(runtime: Runtime) -> None:
    """Add what was settled since the last time to the counts that the front page shows."""
    runtime.store.run("select count_settled()")


def purge(runtime: Runtime) -> None:
    """Make next month's partition of records, and drop those that are too old. Raises Busy when a backup runs."""
    row = runtime.store.row("select keep_partitions_v2(%s) as left_out", runtime.configuration.fleet.keep_bodies_months)
    if row and row["left_out"]:
        raise Busy(f"somebody reads all records (a backup?), so these partitions wait: {', '.join(row['left_out'])}")
