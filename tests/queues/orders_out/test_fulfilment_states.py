"""A fulfilment goes only from state to state as its table allows, whoever moves it; what is not allowed is refused."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from workers.domain import fulfilment, transitions
from workers.domain.fulfilment import NEXT, TAKEN_BACK, FulfilmentRow, State
from workers.domain.transitions import BY_THE_LEDGER, NotAllowed
from workers.ledger.store import Store, within

ROOT = Path(__file__).parents[3]
FLOWS = (ROOT / "docs" / "flows.md").read_text(encoding="utf-8")
ROW = FulfilmentRow(
    reference="SO1-1",
    erp="khaos",
    order_code="SO1",
    number=1,
    invoice_code="SI1",
    warehouse="leeds",
    facility="LDS1",
    fingerprint="f",
    requested={"MUG": 3},
    stage=9,
)

MOVES = {
    "withdraw": transitions.withdraw,
    "start_cancelling": lambda run, row: transitions.start_cancelling(run, row, resend=True),
    "take_back_refused": transitions.take_back_refused,
    "dispatch a part": lambda run, row: transitions.dispatch(run, row, {"MUG": 1}),
    "dispatch all": lambda run, row: transitions.dispatch(run, row, {"MUG": 3}),
    "dispatch_taken_back": lambda run, row: transitions.dispatch_taken_back(run, row, {"MUG": 1}, over=True),
}
LEADS_TO = {
    "withdraw": State.WITHDRAWN,
    "start_cancelling": State.CANCELLING,
    "take_back_refused": State.NEW,
    "dispatch a part": State.PART_DISPATCHED,
    "dispatch all": State.DISPATCHED,
    "dispatch_taken_back": State.DISPATCHED,
}


def put(store: Store, state: State) -> FulfilmentRow:
    """The fulfilment in a state, whatever it was before."""
    with store.transaction() as db:
        db.execute("delete from fulfilment")
        transitions.create(within(db), [replace(ROW, state=state)])
    return stands(store)


def stands(store: Store) -> FulfilmentRow:
    with store.transaction() as db:
        found = fulfilment.lock(within(db), "SO1-1")
    assert found is not None
    return found


def test_the_table_of_the_documents_is_the_table_of_the_code() -> None:
    table = FLOWS[FLOWS.index("| fulfilment is") : FLOWS.index("Any other step is refused")]
    drawn = {}
    for line in table.splitlines()[2:]:
        if not line.startswith("|"):
            continue
        first, _, following = line.strip("| ").split(" | ", 2)
        (state,) = re.findall(r"`(\w+)`", first)
        drawn[State(state)] = {State(word) for word in re.findall(r"`(\w+)`", following)}
    assert drawn == NEXT


def test_only_the_module_of_transitions_and_the_named_functions_change_a_fulfilment() -> None:
    words = re.compile(r"update fulfilment\b|into fulfilment\b")
    code = [path for path in (ROOT / "workers").rglob("*.py") if words.search(path.read_text(encoding="utf-8"))]
    assert [path.relative_to(ROOT / "workers").as_posix() for path in code if "bench" not in path.parts] == [
        "domain/transitions.py"
    ]
    sql = [path.read_text(encoding="utf-8") for path in (ROOT / "workers" / "ledger" / "functions").glob("*.sql")]
    pieces = [piece for text in sql for piece in re.split(r"^create or replace function ", text, flags=re.MULTILINE)]
    functions = {re.match(r"\w+", piece)[0] for piece in pieces if words.search(piece)}  # a name
    assert functions == set(BY_THE_LEDGER)


@pytest.mark.parametrize("move", MOVES)
def test_a_step_that_the_table_does_not_allow_is_refused_by_name_and_writes_nothing(store: Store, move: str) -> None:
    for state in State:
        row = put(store, state)
        with store.transaction() as db:
            if LEADS_TO[move] in NEXT[state]:
                assert MOVES[move](within(db), row).state is LEADS_TO[move]
                continue
            with pytest.raises(NotAllowed, match=rf"SO1-1 is {state} and cannot become {LEADS_TO[move]}"):
                MOVES[move](within(db), row)
        assert stands(store) == row


@pytest.mark.parametrize("move", MOVES)
def test_a_step_that_is_allowed_stands_in_the_ledger_as_it_was_answered(store: Store, move: str) -> None:
    for state in State:
        if LEADS_TO[move] not in NEXT[state]:
            continue
        row = put(store, state)
        with store.transaction() as db:
            after = MOVES[move](within(db), row)
        assert stands(store) == after


def test_a_row_that_was_read_before_somebody_else_moved_it_changes_nothing(store: Store) -> None:
    old = put(store, State.NEW)
    with store.transaction() as db:
        transitions.start_cancelling(within(db), old, resend=False)
    with store.transaction() as db, pytest.raises(NotAllowed, match="SO1-1 is not new any more"):
        transitions.dispatch(within(db), old, {"MUG": 3})
    assert stands(store).state is State.CANCELLING


def test_what_the_ledger_moves_itself_goes_only_where_the_table_allows(store: Store) -> None:
    about = {"reference": "SO1-1", "their_id": "7", "subject": "order:SO1-1", "story": "SO1", "connection": "leeds"}
    for state in State:
        put(store, state)
        store.run("select order_sent(jsonb_build_object('within', 60) || %s::jsonb)", json.dumps(about))
        sent = stands(store).state
        assert sent is (State.SENT if state is State.NEW else state)
        assert sent is state or sent in NEXT[state]
        put(store, state)
        effect = transitions.cancelled("SO1-1")
        store.run(effect.sql, *effect.values)
        gone = stands(store).state
        assert gone is (State.CANCELLED if State.CANCELLED in NEXT[state] else state)


@pytest.mark.parametrize("state", State)
def test_a_statement_of_a_settling_leaves_what_it_may_not_move(store: Store, state: State) -> None:
    put(store, state)
    effect = transitions.withdrawing("SO1-1")
    store.run(effect.sql, *effect.values)
    assert stands(store).state is (State.WITHDRAWN if State.WITHDRAWN in NEXT[state] else state)


@pytest.mark.parametrize("state", State)
def test_whoever_took_an_order_back_is_told_of_what_leaves_until_all_of_it_has(store: Store, state: State) -> None:
    row = put(store, state)
    with store.transaction() as db:
        after = transitions.dispatch_taken_back(within(db), row, {"MUG": 1}, over=False)
    assert (after.state, dict(stands(store).shipped)) == (state, {"MUG": 1})
    assert (State.DISPATCHED in NEXT[state]) or state not in TAKEN_BACK
