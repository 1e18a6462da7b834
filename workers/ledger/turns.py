"""A slot's turn in the ledger: several messages settled, what was not sent given back, the next claimed; one commit."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, LiteralString

from psycopg.rows import tuple_row

from workers.ledger.store import Claimed, Connection, Effect, Store, run_effects

# late, and the columns of a claim: in the order in which Claimed has them
TURN = "select * from turn_v4(%s, %s, %s, make_interval(secs => %s), %s, %s, %s)"
CLAIM = "select null, c.* from claim_some_v2(%s, %s, make_interval(secs => %s), %s, %s, %s) c"


@dataclass(frozen=True, slots=True)
class Ending:
    """How one attempt at a message ended."""

    message: Claimed
    state: str
    note: str = ""
    args: dict[str, Any] = field(default_factory=dict)
    effects: tuple[Effect, ...] = ()

    @property
    def callable(self) -> bool:
        """Whether all effects are functions of the ledger, so that one statement takes them along."""
        return all(effect.function for effect in self.effects)


@dataclass(frozen=True, slots=True)
class Wish:
    """What to claim: ``most`` messages of a lane at a connection that is one of ``quick``, else one; 0 claims none."""

    lane: str
    lease: float
    most: int = 1
    quick: tuple[str, ...] = ()


def claim(store: Store, wish: Wish) -> list[Claimed]:
    """Claim at one connection. Raises UniqueViolation when another claims of the same subject at this moment."""
    if wish.most < 1:
        return []
    with store.naming_claim() as token, store.connection() as db:
        return _claimed(_ask(db, CLAIM, _values(store, wish, token)))


def take_turn(
    store: Store, endings: Sequence[Ending], unsent: Sequence[Claimed], wish: Wish
) -> tuple[set[int], list[Claimed]]:
    """Settle, give back and claim in one commit. Returns the ids that were settled too late, and what was claimed.

    Where something came too late nothing is claimed. Raises, with nothing done, what the ledger says of any of them.
    """
    done = f"[{','.join([*map(_ended, endings), *map(_unsent, unsent)])}]"
    with store.naming_claim() as token, store.connection() as db:
        if all(ending.callable for ending in endings):
            # one statement, so one commit, without a transaction's own round trips
            rows = _ask(db, TURN, (done, *_values(store, wish, token)))
            return set(rows[0][0]), _claimed(rows)
        with db.transaction():
            late = _settle(db, done, endings)
            if late or wish.most < 1:
                return late, []
            return late, _claimed(_ask(db, CLAIM, _values(store, wish, token)))


def _ask(db: Connection, sql: LiteralString, values: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    """Run a statement whose answer comes in binary: bytes that are frozen would be twice as long as text."""
    return db.cursor(binary=True, row_factory=tuple_row).execute(sql, values).fetchall()


def _settle(db: Connection, done: str, endings: Sequence[Ending]) -> set[int]:
    row = db.execute("select settle_some(%s) as late", (done,)).fetchone()
    late: set[int] = set(row["late"]) if row else set()
    for ending in endings:
        if not ending.callable and ending.message.id not in late:
            run_effects(db, ending.effects)
    return late


def _values(store: Store, wish: Wish, token: int) -> tuple[Any, ...]:
    return (wish.lane, store.process_id, wish.lease, token, wish.most, list(wish.quick))


def _ended(ending: Ending) -> str:
    """The ending as settle_some reads it. Effects that are statements of their own are run beside it."""
    calls = ending.effects if ending.callable else ()
    return (
        f'{{"id":{ending.message.id},"attempt":{ending.message.attempt},"state":"{ending.state}",'
        f'"note":{json.dumps(ending.note)},"args":{json.dumps(ending.args) if ending.args else "{}"},'
        f'"calls":[{",".join(f"""["{effect.function}",{effect.values[0]}]""" for effect in calls)}]}}'
    )


def _unsent(message: Claimed) -> str:
    doubt = message.doubt_since.isoformat() if message.doubt_since else None
    return json.dumps(
        {
            "id": message.id,
            "attempt": message.attempt,
            "back": True,
            "maybe_sent": doubt,
            "resends": message.resends,
        }
    )


def _claimed(rows: Sequence[tuple[Any, ...]]) -> list[Claimed]:
    """The messages in the order in which they may go."""
    return [Claimed(*row[1:]) for row in rows if row[1] is not None]
