"""What Khaos Control gets when it pulls: oldest offers first, and again until it shows that it has them.

It acknowledges nothing. We hand out the last served sequence with each answer; seeing it come back means that this
answer arrived (kcc-web-services, README, ``Sirion-Continuation``). A repeat is harmless: it refuses a reference twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mappings.canonical import CustomerReturn
from workers.ledger import locks
from workers.ledger.store import Connection, Store
from workers.returns_in.named_notes import SEEN_WITHIN

NOT_SEEN = "Khaos Control pulled it and shows no credit note: it may have refused it"
DIGITS = 19  # a larger number is none of the ledger's


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
    writable: Callable[[CustomerReturn], bool] = lambda _: True,
) -> Batch:
    """The next batch. What is named by ``references`` comes alone, and moves no continuation; a channel may put text
    before or behind a reference of ours (``{0}SPY``), and names it so.

    A return that is not ``writable`` is left out, does not count as pulled, and holds nobody up. Anything but a
    sequence of ours (the date-time of a first contact, or what a restored ledger never handed out) begins anew with
    all that is not credited. Credited and stopped returns are never in an answer.
    """
    reached = _sequence(continuation)
    with store.transaction() as db:
        locks.hold(db, locks.RETURN_SEQUENCE)
        last = db.execute("select last_value as n from return_sequence").fetchone()
        if reached is not None and last is not None and reached > last["n"]:
            reached = None
        if reached is not None:
            _arrived(db, erp, reached)
        if reached is not None and not references:
            _behind(db, erp, reached)
        served = _serve(db, erp, reached, len(references) if references else size, references, writable)
    returns = tuple(made for made, _ in served)
    if references:
        return Batch(returns, None if reached is None else str(reached))
    return Batch(returns, str(max([number for _, number in served], default=reached or 0)))


def _arrived(db: Connection, erp: str, reached: int) -> None:
    """Presume served offers up to a sequence imported, and expect their credit notes."""
    db.execute(
        "with arrived as (update return_line set state = 'presumed_imported', imported_at = now()"
        " where erp = %s and state = 'offered' and served_at is not null and sequence <= %s returning *)"
        " insert into expectation (subject, what, story, due_at, kind, flow, connection)"
        " select 'return:' || reference, %s, coalesce(nullif(order_code, ''), reference),"
        " now() + make_interval(secs => %s), 'return_not_seen', 'returns-in', erp from arrived on conflict do nothing",
        (erp, reached, NOT_SEEN, SEEN_WITHIN),
    )


def _behind(db: Connection, erp: str, reached: int) -> None:
    """Give offers that were left out so far a new sequence, so that their own arrival can be seen."""
    db.execute(
        "update return_line set sequence = nextval('return_sequence')"
        " where erp = %s and state = 'offered' and sequence <= %s",
        (erp, reached),
    )


def _serve(
    db: Connection,
    erp: str,
    reached: int | None,
    size: int,
    references: Sequence[str],
    writable: Callable[[CustomerReturn], bool],
) -> list[tuple[CustomerReturn, int]]:
    """The returns of the answer, each with its sequence."""
    given: list[tuple[CustomerReturn, int]] = []
    after = -1 if reached is None or references else reached
    while len(given) < size:
        rows = db.execute(
            "select sequence, offer from return_line where erp = %(erp)s and state in ('offered', 'presumed_imported')"
            " and sequence > %(after)s and (not %(named)s"
            " or exists (select 1 from unnest(%(refs)s::text[]) r where position(reference in r) > 0))"
            " order by sequence limit %(size)s for update",
            {"erp": erp, "named": bool(references), "refs": list(references), "after": after, "size": size},
        ).fetchall()
        for row in rows:
            made = CustomerReturn.model_validate_json(bytes(row["offer"]))
            if len(given) < size and writable(made):
                given.append((made, row["sequence"]))
        if len(rows) < size:
            break
        after = rows[-1]["sequence"]
    db.execute(
        "update return_line set served_at = clock_timestamp() where reference = any (%s)",
        ([made.reference for made, _ in given],),
    )
    return given


def _sequence(continuation: str) -> int | None:
    word = continuation.strip()
    return int(word) if word.isascii() and word.isdigit() and len(word) < DIGITS else None


def named(header: str) -> tuple[str, ...]:
    """The references of a ``SpecificIDs`` header: parted by commas, the whole or each in quotes or not."""
    return tuple(dict.fromkeys(word for part in header.split(",") if (word := part.strip().strip('"').strip())))
