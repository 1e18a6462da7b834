"""References that another integration gave orders which are at a warehouse: theirs to ours, and ours to theirs."""

from __future__ import annotations

from collections.abc import Sequence

from workers.domain.fulfilment import Rows


def ours(run: Rows, connection: str, reference: str) -> str:
    """Our number of an order that a warehouse speaks of; what it says where that is no alias."""
    rows = run("select reference from reference_alias where connection = %s and alias = %s", connection, reference)
    return str(rows[0]["reference"]) if rows else reference


def theirs(run: Rows, connection: str, references: Sequence[str]) -> dict[str, str]:
    """What a warehouse calls some orders of ours, by our number; only those that it calls otherwise."""
    rows = run(
        "select reference, alias from reference_alias where connection = %s and reference = any (%s)",
        connection,
        list(references),
    )
    return {row["reference"]: row["alias"] for row in rows}


def keep(run: Rows, connection: str, alias: str, reference: str) -> None:
    """Keep what a warehouse calls an order of ours."""
    if alias != reference:
        run(
            "insert into reference_alias (connection, alias, reference) values (%s, %s, %s) on conflict do nothing",
            connection,
            alias,
            reference,
        )
