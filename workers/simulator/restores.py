"""A night's backup and the day on which it is needed: the ledger is as it was, and all others go on."""

from __future__ import annotations

import random
from contextlib import suppress

from adapters.errors import ReachError
from adapters.khaos.sandbox import returning
from adapters.khaos.sandbox.records import Refused
from workers.cases import connection_acts
from workers.edi.control_numbers import highest_laid
from workers.going_live import going, restoring
from workers.simulator.clock import CLOCK
from workers.simulator.desk import ANNA
from workers.simulator.stage import Backup, Stage, again
from workers.spine.live import NOT_LIVE
from workers.spine.polling import Busy
from workers.spine.restored import SHUT as SUSPECTED

WHILE_STOPPED = (600.0, 3600.0, 8 * 3600.0)  # seconds in which no process runs
SHUT = "select name from connection where shut_kind = %s order by name"


def backs_up(stage: Stage, _dice: random.Random) -> str:
    """The ledger is backed up."""
    stage.backup = Backup(stage.ledger.dump(), frozenset(stage.ended), frozenset(stage.retired))
    stage.taken.clear()
    return "the ledger is backed up"


def is_restored(stage: Stage, dice: random.Random) -> str | None:
    """The ledger is lost, and restored from its backup as `docs/operations.md` has it.

    ACS is asked to send its events again, and in Khaos Control returns that it has taken are processed first.
    """
    backup = stage.backup
    if backup is None or stage.restored:  # what a second one leaves is held for a person: see the document
        return None
    CLOCK.wait(dice.choice(WHILE_STOPPED))
    stage.wire.mend()
    for found in list(stage.books.returns.values()):
        if not found.processed:
            with suppress(Refused):
                returning.process(stage.books, found)
    stage.comes_from(backup)
    runtime = stage.processes[0].runtime
    names = [one.name for one in runtime.configuration.warehouses]
    laid = {name: highest_laid(runtime, name) for name in names}
    restoring.take_back(stage.store, names, ANNA.name, {}, laid)
    stage.post += [again(hook) for hook in stage.taken]
    return "the ledger is restored from its backup"


def goes_live(stage: Stage, dice: random.Random) -> str | None:
    """A person has a warehouse go live again after the restore."""
    names = _shut(stage, NOT_LIVE)
    if not names:
        return None
    name = dice.choice(names)
    return f"{name} goes live: {_go_live(stage, name)}"


def all_go_live(stage: Stage) -> bool:
    """Warehouses go live, and open where the restore was noticed once more. Whether any was shut."""
    waiting, suspected = _shut(stage, NOT_LIVE), _shut(stage, SUSPECTED)
    for name in waiting:
        _go_live(stage, name)
    for name in suspected:
        connection_acts.open_(stage.store, name, ANNA)
    return bool(waiting or suspected)


def _shut(stage: Stage, why: str) -> list[str]:
    return [row["name"] for row in stage.store.rows(SHUT, why)]


def _go_live(stage: Stage, name: str) -> str:
    try:
        counts = going.go_live(stage.processes[0].runtime, going.Wish(name, ANNA.name, CLOCK.at))
    except (going.NotReady, Busy, ReachError) as error:
        return f"it stays as it was, {error}"
    return ", ".join(f"{units} {what}" for what, units in sorted(counts.items()) if units) or "nothing was waiting"
