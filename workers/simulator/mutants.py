"""Faults on purpose: one line of the product is made wrong, and seeds are walked until one of them notices."""

from __future__ import annotations

import contextlib
import inspect
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import psycopg

from workers.simulator.stage import Stage
from workers.simulator.walk import Outcome, draw, walk


@dataclass(frozen=True, slots=True)
class Mutant:
    """One line made wrong: in a function of Python (``module:name``) or of the ledger (``sql:name``)."""

    name: str
    where: str
    right: str
    wrong: str


MUTANTS = (
    Mutant(
        "what may have arrived is sent again without a look",
        "workers.spine.delivery:_wire",
        "if message.doubt_since is None or handler.repeatable:",
        "if True:",
    ),
    Mutant(
        "an answer that never came counts as nothing done",
        "adapters.http:_ours",
        'return Unavailable(f"{host}: {_brief(error)}", maybe_done=sent)',
        'return Unavailable(f"{host}: {_brief(error)}")',
    ),
    Mutant(
        "an error after the effect counts as nothing done",
        "adapters.http:_judge",
        "maybe_done=True, answered=True",
        "answered=True",
    ),
    Mutant(
        "a process's death raises no doubt",
        "sql:release_lost",
        "maybe_sent_at = case when v.frozen then now() else v.maybe_sent_at end",
        "maybe_sent_at = v.maybe_sent_at",
    ),
    Mutant(
        "what may have arrived is looked up at once, while it may still arrive",
        "workers.spine.delivery:_retry",
        "doubt = slot.doubt_wait(message.connection) if outcome.maybe_done else 0.0",
        "doubt = 0.0",
    ),
    Mutant(
        "a look-up never finds anything",
        "workers.orders_out.handlers:Order.look_up",
        "if found is None:",
        "if True:",
    ),
    Mutant(
        "a level is what is there, whatever is owed",
        "sql:figures",
        "greatest(0, i.shown - i.counted, i.there + i.uncounted) as owed",
        "0 as owed",
    ),
    Mutant(
        "what is ready is seen and not asked for",
        "workers.orders_out.polls:poll_orders",
        "detail.add(invoice.order_code)",
        "pass",
    ),
    Mutant(
        "a cancellation is read and not passed on",
        "workers.orders_out.withdrawals:cancel",
        'kind="cancel",',
        'kind="cancel", gates=("never",),',
    ),
    Mutant(
        "a sent order's dispatch is not awaited",
        "sql:orders_sent",
        "from sent s where s.state = 'sent'",
        "from sent s where false",
    ),
    Mutant(
        "what is overdue is noted and files nothing",
        "workers.spine.expectations:check",
        "for row in missed:",
        "for row in ():",
    ),
    Mutant(
        "a dead message whose bell was lost is nobody's",
        "workers.spine.ringer:ring_dead",
        "for row in runtime.store.rows(UNFILED):",
        "for row in ():",
    ),
    Mutant(
        "every webhook of one kind counts as a repeat",
        "workers.web.warehouse_hooks:receipt_key",
        "return hashlib.sha256(",
        "return event or (",
    ),
    Mutant(
        "a sweep of the warehouse finds nothing",
        "workers.dispatch_in.polls:sweep",
        "and state in ('sent', 'part_dispatched', 'cancelling')",
        "and false",
    ),
    Mutant(
        "a second dispatch of an order is not told",
        "workers.dispatch_in.parcels:new_parcels",
        "if (p.tracking, p.shipment) not in told",
        "if not told",
    ),
    Mutant(
        "what moved at the warehouse is written down and not counted",
        "sql:take_movements",
        "perform want_recount(v_home.site, array[v.sku], v.word);",
        "",
    ),
    Mutant(
        "a process that falls silent counts as alive",
        "workers.spine.ringer:release_lost",
        "runtime.configuration.fleet.limits.process_silent,",
        "1e9,",
    ),
    Mutant(
        "leases of the dead are never freed",
        "sql:release_lost",
        "and (m.lease_until < now() or is_silent(p.beat_at, p_silent, v_gap.gap_ended_at, v_gap.gap))",
        "and false",
    ),
    Mutant(
        "an adjustment is written down and not entered into the journal",
        "workers.journal.entries:_enter",
        "if not due:",
        "if True:",
    ),
    Mutant(
        "a number that GXO's series leaves out is nobody's",
        "sql:take_file",
        "if v_number > v_last + 1 then",
        "if false then",
    ),
    Mutant(
        "what GXO says has moved is written down and moves nothing",
        "sql:tell_moves",
        "perform hold_as_told(v_home, v_skus);",
        "",
    ),
    Mutant(
        "a shipment that GXO tells again leaves again",
        "workers.dispatch_in.shipment_advices:_dispatch",
        "if row is None or not _first_time(reading, document, row, advice.shipped):",
        "if row is None:",
    ),
    Mutant(
        "an event of ACS that is signed badly is believed",
        "workers.systems.acs.events:AcsEvents.refuse_body",
        "return None if why is None else Refusal.SIGNATURE",
        "return None",
    ),
    Mutant(
        "an older event of a garment counts after a newer one",
        "mappings.garment_words:hear",
        "word.at < before.at or (",
        "False or (",
    ),
    Mutant(
        "a hired garment that comes back is offered for a credit",
        "workers.returns_in.garment_returns:read_return",
        "if left.kind is LineKind.SALE and returned.kind is not LineKind.HIRE:",
        "if True:",
    ),
    Mutant(
        "a garment that left stays where it was",
        "workers.dispatch_in.garment_departures:leave",
        "for one in reading.run(TAGGED, row.reference, sorted(tags)):",
        "for one in ():",
    ),
    Mutant(
        "a person's hold holds nothing",
        "workers.orders_out.posting:_held",
        "return {reference: tuple(sorted(shut.intersection(some))) for reference, some in gates.items()}",
        "return dict.fromkeys(gates, ())",
    ),
    Mutant(
        "a paused connection is asked all the same",
        "workers.spine.limits:_take",
        "c.shut_kind is null and (c.turn_lane",
        "(c.turn_lane",
    ),
    Mutant(
        "a garment changes its state and no level hears of it",
        "sql:hold_garments",
        "perform touch_levels(p_home, v_changed);",
        "",
    ),
)


@dataclass(frozen=True, slots=True)
class Found:
    """A mutant, the seeds that it survived, and what noticed it in the end."""

    mutant: Mutant
    survived: int
    by: Outcome | None


def hunt(stage: Stage, mutant: Mutant, seeds: Iterable[int], steps: int) -> Found:
    """Walk seeds with the mutant in place until one breaks a promise that it keeps when the line is right."""
    survived = 0
    for seed in seeds:
        drawn = draw(seed, steps)
        with planted(stage, mutant):
            outcome = walk(stage, seed, drawn)
        if outcome.broken and not _breaks_anyway(stage, outcome):
            return Found(mutant, survived, outcome)
        survived += 1
    return Found(mutant, survived, None)


def _breaks_anyway(stage: Stage, outcome: Outcome) -> bool:
    """Whether the seed breaks one of the same promises with the right line as well: then it has noticed nothing."""
    usual = walk(stage, outcome.seed, outcome.steps)
    return not {one.promise for one in outcome.broken} - {one.promise for one in usual.broken}


@contextlib.contextmanager
def planted(stage: Stage, mutant: Mutant) -> Iterator[None]:
    """The product with its line made wrong, for as long as the block lasts."""
    place, _, name = mutant.where.partition(":")
    with _in_ledger(stage, name, mutant) if place == "sql" else _in_python(place, name, mutant):
        yield


@contextlib.contextmanager
def _in_ledger(stage: Stage, name: str, mutant: Mutant) -> Iterator[None]:
    with psycopg.connect(stage.ledger.dsn, autocommit=True) as door:
        row = door.execute("select pg_get_functiondef(oid) from pg_proc where proname = %s", [name]).fetchone()
        assert row is not None, f"the ledger has no function {name}: mend the mutant {mutant.name!r}"
        door.execute(_spoiled(row[0], mutant).encode())
        try:
            yield
        finally:
            door.execute(row[0].encode())


@contextlib.contextmanager
def _in_python(place: str, name: str, mutant: Mutant) -> Iterator[None]:
    """The function itself gets the wrong code, so that tables and partials which hold it run that as well."""
    module = import_module(place)
    owner, _, method = name.rpartition(".")
    home: Any = getattr(module, owner) if owner else module
    found = vars(home)[method]
    function = found.__func__ if isinstance(found, staticmethod) else found
    scope = dict(vars(module))
    code = compile(_spoiled(textwrap.dedent(inspect.getsource(function)), mutant), str(module.__file__), "exec")
    exec(code, scope)  # noqa: S102  the product's own source, one line changed
    wrong, right = scope[method], function.__code__
    function.__code__ = (wrong.__func__ if isinstance(wrong, staticmethod) else wrong).__code__
    try:
        yield
    finally:
        function.__code__ = right


def _spoiled(source: str, mutant: Mutant) -> str:
    assert mutant.right in source, f"{mutant.where} has no line {mutant.right!r}: mend the mutant {mutant.name!r}"
    return source.replace(mutant.right, mutant.wrong, 1)
