"""What Khaos Control gets when it pulls: oldest offers first, and again until it shows that it has them.

It acknowledges nothing. We hand out the last served sequence with each answer; seeing it come back means that this
answer arrived (kcc-web-services, README, ``Sirion-Continuation``). A repeat is harmless: it refuses a reference twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mappings.canonical import CustomerReturn
from workers.ledger.store import Store

LARGEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Batch:
    """Returns to answer with, and the continuation to hand out; None where none is to be handed out."""

    returns: tuple[CustomerReturn, ...]
    continuation: str | None


def pull(
    store: Store,
    erp: str,
    continuation: str,
    size: int,
    references: Sequence[str] = (),
    tellable: Callable[[CustomerReturn], bool] = lambda _: True,
) -> Batch:
    """The next batch. What is named by ``references`` comes alone, and moves no continuation.

    What is not ``tellable`` is left out, and does not count as told. Anything but a sequence of ours (the date-time of
    a first contact, for instance) begins anew with all that is not credited. What was credited or stopped is never
    told again, whoever asks.
    """
    reached = _sequence(continuation)
    with store.transaction() as db:
        if reached is not None:
            db.execute(
                "update return_line set state = 'presumed_imported', imported_at = now()"
                " where erp = %s and state = 'offered' and served_at is not null and sequence <= %s",
                (erp, reached),
            )
        rows = db.execute(
            "select reference, sequence, offer from return_line where erp = %(erp)s"
            " and state in ('offered', 'presumed_imported') and case when %(named)s then reference = any (%(refs)s)"
            " else state = 'offered' or sequence > %(reached)s end order by sequence limit %(size)s for update",
            {
                "erp": erp,
                "named": bool(references),
                "refs": list(references),
                "reached": -1 if reached is None else reached,
                "size": len(references) if references else size,
            },
        ).fetchall()
        told = tuple(made for row in rows if tellable(made := CustomerReturn.model_validate_json(bytes(row["offer"]))))
        db.execute(
            "update return_line set served_at = clock_timestamp() where reference = any (%s)",
            ([made.reference for made in told],),
        )
    if references:
        return Batch(told, None if reached is None else str(reached))
    last = max([row["sequence"] for row in rows], default=-1)
    return Batch(told, str(max(last, reached or 0)))


def _sequence(continuation: str) -> int | None:
    word = continuation.strip()
    return int(word) if word.isascii() and word.isdigit() and int(word) <= LARGEST else None


def named(header: str) -> tuple[str, ...]:
    """The references of a ``SpecificIDs`` header: parted by commas, the whole or each in quotes or not."""
    return tuple(dict.fromkeys(word for part in header.split(",") if (word := part.strip().strip('"').strip())))
