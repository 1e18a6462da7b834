"""A count of a whole building under way: it is taken over whole, or not at all."""

from __future__ import annotations

from collections.abc import Iterable

from mappings.canonical import StockLine
from mappings.errors import Unreadable
from workers.ledger.store import Row
from workers.ledger.text import copied
from workers.ports.api import CountPage
from workers.spine.polling import Busy
from workers.spine.runtime import Runtime

LINES_AT_ONCE = 5000
COPY = "copy snapshot_line (snapshot_id, sku, condition, units) from stdin"


def begin_snapshot(runtime: Runtime, home: str) -> int:
    """Open a count of a building; one that an earlier process left open is broken."""
    runtime.store.run(
        "update snapshot set state = 'broken', note = 'left open' where home = %s and state = 'open'", home
    )
    runtime.store.run("delete from snapshot_line l using snapshot s where s.id = l.snapshot_id and s.state = 'broken'")
    row = runtime.store.row("insert into snapshot (home, began_at) values (%s, clock_timestamp()) returning id", home)
    assert row is not None
    snapshot: int = row["id"]
    return snapshot


def take_pages(runtime: Runtime, snapshot: int, pages: Iterable[CountPage]) -> tuple[int, list[Unreadable]]:
    """Take the pages of an open count in, some at a time: memory is bounded, however large the building.

    Returns how many lines there were, and what could not be read.
    """
    complaints: dict[tuple[str, str], Unreadable] = {}
    waiting: list[StockLine] = []
    lines = 0
    for page in pages:
        complaints |= {(entry.subject, entry.error.kind): entry for entry in page.unreadable}
        waiting += page.lines
        lines += len(page.lines)
        if len(waiting) >= LINES_AT_ONCE:
            add_lines(runtime, snapshot, waiting)
            waiting = []
    add_lines(runtime, snapshot, waiting)
    return lines, list(complaints.values())


def add_lines(runtime: Runtime, snapshot: int, lines: Iterable[StockLine]) -> None:
    """Add lines to an open count."""
    with (
        runtime.store.transaction() as db,
        db.cursor().copy(COPY) as copy,
    ):
        copy.write("".join([f"{snapshot}\t{copied(sku)}\t{condition}\t{units}\n" for sku, condition, units in lines]))


def break_snapshot(runtime: Runtime, snapshot: int, why: str) -> None:
    """Break a count: nothing of it is used, ever."""
    runtime.store.run(
        "update snapshot set state = 'broken', ended_at = now(), note = %s where id = %s and state <> 'complete'",
        why,
        snapshot,
    )
    runtime.store.run("delete from snapshot_line where snapshot_id = %s", snapshot)


def end_snapshot(runtime: Runtime, snapshot: int, lines: int, *, consistent: bool, absent: int) -> int:
    """Take a count over, once its last page was read. Returns how many SKUs differed.

    ``lines`` is how many were read. The table that holds them is emptied by a crash of Postgres, so a count that has
    fewer now is broken, as one is that another process has ended. Raises Busy then: it is counted again soon.
    """
    with runtime.store.transaction() as db:
        row = db.execute(
            "update snapshot s set state = case when c.n = %s then 'complete' else s.state end,"
            " ended_at = clock_timestamp(), lines = c.n"
            " from (select count(*)::integer as n from snapshot_line where snapshot_id = %s) c"
            " where s.id = %s and s.state = 'open' returning s.state, s.lines, s.home, s.ended_at",
            (lines, snapshot, snapshot),
        ).fetchone()
        if row is not None and row["state"] == "complete":
            taken = db.execute("select take_snapshot(%s, %s, %s) as n", (snapshot, consistent, absent)).fetchone()
            db.execute("select begin_books(%s, %s)", (row["home"], row["ended_at"]))
            assert taken is not None
            return int(taken["n"])
    why = _lost(row, lines)
    break_snapshot(runtime, snapshot, why)
    raise Busy(why)


def _lost(row: Row | None, lines: int) -> str:
    if row is None:
        return "the count was broken off while it was read: another process began one"
    return (
        f"the ledger has {row['lines']} of the {lines} lines of the count: was Postgres restarted? It is counted again"
    )
