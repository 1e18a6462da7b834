"""What becomes history: counted once, so that no page counts all of it, and purged by age."""

from __future__ import annotations

from workers.spine import exceptions
from workers.spine.polling import Busy
from workers.spine.runtime import Runtime

BODIES_LEAVE = "bodies_leave"
TOLD_BEFORE = 30  # days
DATED = {"record": "received_at", "message_settled": "settled_at", "timeline": "at"}  # by what its rows lie in months
BATCH = 5000  # rows that one commit purges: nobody waits for it


def count_settled(runtime: Runtime) -> None:
    """Add what was settled since the last time to the counts that the front page shows; free what was left behind."""
    runtime.store.run("select count_settled()")
    runtime.store.run("select free_forgotten()")


def purge(runtime: Runtime) -> None:
    """Forget bodies and keys that are too old, make the months to come of each table, drop those that are too old.

    Each by itself, so that no lock is held while another is waited for. Raises Busy with what must wait: a backup runs.
    """
    keep = runtime.configuration.fleet
    tell_owner(runtime)
    in_batches(runtime, "select purge_live_bodies(%s, %s) as n", keep.keep_bodies_months)
    in_batches(runtime, "select purge_bodies(%s, %s) as n", keep.keep_bodies_months)
    in_batches(runtime, "select purge_other_records(%s, %s) as n", keep.keep_bodies_months)
    in_batches(runtime, "select purge_message_keys(%s, %s) as n", keep.keep_keys_months)
    in_batches(runtime, "select purge_record_keys(%s, %s) as n", keep.keep_bodies_months)
    in_batches(runtime, "select purge_act_details(%s, %s) as n", keep.keep_bodies_months)
    runtime.store.run(
        "delete from message_edit where at < now() - make_interval(months => %s)", keep.keep_bodies_months
    )
    runtime.store.run(
        "update edit_proposal set state = 'refused', before = null, body = null, decided_at = now(),"
        " decided_by = 'fleet', decided_why = 'nobody decided' where state = 'waiting'"
        " and at < now() - make_interval(months => %s)",
        keep.keep_bodies_months,
    )
    runtime.store.run(
        "delete from partner_words where at < now() - make_interval(months => %s)", keep.keep_bodies_months
    )
    left_out: list[str] = []
    for table, months in (
        ("record", keep.keep_bodies_months),
        ("message_settled", keep.keep_story_months),
        ("timeline", keep.keep_story_months),
    ):
        left_out += _make_months(runtime, table) + _drop_months(runtime, table, months)
    if left_out:
        raise Busy(
            f"these partitions wait, because somebody reads all of their table (a backup?): {', '.join(left_out)}"
        )


def tell_owner(runtime: Runtime) -> None:
    """File that messages which nobody ends will leave within a month with their bodies, or close it when none will."""
    months = runtime.configuration.fleet.keep_bodies_months
    row = runtime.store.row("select n, since from bodies_that_leave(%s, %s)", months, TOLD_BEFORE)
    if row is None or not row["n"]:
        exceptions.close(runtime.store.run, BODIES_LEAVE, "retention:bodies", "none is as old any more")
        return
    exceptions.file(
        runtime.store.run,
        BODIES_LEAVE,
        subject="retention:bodies",
        story="retention",
        flow="",
        connection="",
        why=f"{row['n']} messages wait or are dead since {row['since']:%Y-%m-%d} or later; what is {months} months old"
        " (keep_bodies_months) is dismissed by the fleet, and its body forgotten",
        once=exceptions.Once.WHILE_OPEN,
    )


def in_batches(runtime: Runtime, statement: str, *values: int) -> None:
    """Run a purge of the ledger's, which takes the size of a batch last, until it finds no full batch any more."""
    while (row := runtime.store.row(statement, *values, BATCH)) and row["n"] >= BATCH:
        pass


def _make_months(runtime: Runtime, table: str) -> list[str]:
    """Make what a table lacks until two months from now. Returns the partition that must wait.

    One that rows of that month keep from being made does not wait: it is a person's.
    """
    while (row := runtime.store.row("select name, made from add_month(%s)", table)) and row["name"]:
        if not row["made"]:
            return [] if _file_strays(runtime, table, row["name"]) else [row["name"]]
    exceptions.close(runtime.store.run, "month_not_made", f"month:{table}", "all months to come are there")
    return []


def _file_strays(runtime: Runtime, table: str, month: str) -> bool:
    """File what lies in the partition of no month. False where nothing does."""
    at = DATED[table]
    strays = runtime.store.row(f"select count(*) as n, min({at}) as first, max({at}) as last from {table}_other")  # noqa: S608  our own names
    if strays is None or not strays["n"]:
        return False
    exceptions.file(
        runtime.store.run,
        "month_not_made",
        subject=f"month:{table}",
        story=f"table {table}",
        flow="",
        connection="",
        why=f"{strays['n']} rows of {table} are dated {strays['first']:%Y-%m-%d} to {strays['last']:%Y-%m-%d}, for"
        f" which there was no partition: they lie in {table}_other, and {month} cannot be made beside them",
        once=exceptions.Once.WITH_THIS_REASON,
    )
    return True


def _drop_months(runtime: Runtime, table: str, months: int) -> list[str]:
    """Drop the partitions that ended so many months before this one. Returns those that must wait."""
    old = runtime.store.rows(
        "select name from months_of(%s) where ends <= date_trunc('month', now()) - make_interval(months => %s)"
        " order by ends",
        table,
        months,
    )
    left_out = []
    for row in old:
        dropped = runtime.store.row("select drop_month(%s) as done", row["name"])
        if not (dropped and dropped["done"]):
            left_out.append(row["name"])
    return left_out
