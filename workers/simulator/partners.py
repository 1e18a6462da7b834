"""What partners and their lines do: webhooks come late, twice, in any order or never; calls fail in every manner."""

from __future__ import annotations

import random
from datetime import timedelta

from workers.simulator.clock import CLOCK
from workers.simulator.settings import ACS, ACS_FILES, CLARUS, GXO, KHAOS
from workers.simulator.stage import ATTEMPTS, Hook, Stage, again
from workers.simulator.wire import FAULTS

AFTER_ALL = (*FAULTS, "silent", "cut", "error", "late")  # a write is best broken where it may have had its effect


def posts_one(stage: Stage, dice: random.Random) -> str | None:
    """Any webhook that is on its way arrives."""
    if not stage.post:
        return None
    return _arrive(stage, stage.post.pop(dice.randrange(len(stage.post))))


def posts_all(stage: Stage, dice: random.Random) -> str | None:
    """Every webhook that is on its way arrives, in any order."""
    if not stage.post:
        return None
    waiting, stage.post[:] = list(stage.post), []
    dice.shuffle(waiting)
    return "; ".join(_arrive(stage, hook) for hook in waiting)


def repeats(stage: Stage, dice: random.Random) -> str | None:
    """A webhook is sent twice."""
    if not stage.post:
        return None
    hook = dice.choice(stage.post)
    stage.post.append(again(hook))
    return f"{hook.name} will come twice"


def forgets(stage: Stage, dice: random.Random) -> str | None:
    """A webhook gets lost."""
    if not stage.post:
        return None
    hook = stage.post.pop(dice.randrange(len(stage.post)))
    stage.never_hears(hook)
    return f"{hook.name} is lost"


def signs_badly(stage: Stage, dice: random.Random) -> str | None:
    """A signed event comes first with a signature that is not right."""
    signed = [hook for hook in stage.post if hook.event]
    if not signed:
        return None
    hook = dice.choice(signed)
    hook.forged = True
    return f"{hook.name} will be signed badly"


def fails(stage: Stage, dice: random.Random) -> str | None:
    """The next calls to a partner fail."""
    host = dice.choice((KHAOS, CLARUS, GXO, ACS, ACS_FILES))
    faults = [dice.choice(FAULTS) for _ in range(dice.choice((1, 1, 1, 2, 5)))]
    skipped = dice.randint(0, 3)
    stage.wire.faults[host].extend([""] * skipped + faults)
    return f"calls to {host} will fail after {skipped}: {', '.join(faults)}"


def fails_on_writes(stage: Stage, dice: random.Random) -> str:
    """The next calls that would change something at a partner fail."""
    host = dice.choice((KHAOS, CLARUS, CLARUS, GXO, ACS))
    faults = [dice.choice(AFTER_ALL) for _ in range(dice.choice((1, 1, 2)))]
    stage.wire.on_writes[host].extend(faults)
    return f"writes to {host} will fail: {', '.join(faults)}"


def is_updated(stage: Stage, dice: random.Random) -> str:
    """A partner's service is being updated: its web server answers 404 with a page of its own for a while."""
    host, seconds = dice.choice((KHAOS, CLARUS, ACS)), dice.choice((20.0, 120.0, 600.0))
    stage.wire.updated[host] = CLOCK.at + timedelta(seconds=seconds)
    return f"{host} is updated for {seconds:.0f} s"


def recovers(stage: Stage, _dice: random.Random) -> str | None:
    """All partners answer again."""
    stage.wire.mend()
    return "all partners answer again"


def gxo_works(stage: Stage, dice: random.Random) -> str:
    """GXO takes files, works, and lays files of its own."""
    CLOCK.wait(dice.choice((5.0, 30.0, 120.0)))
    stage.gxo.works()
    return "GXO takes and lays files"


def gxo_counts(stage: Stage, _dice: random.Random) -> str:
    """GXO tells all its stock."""
    stage.gxo.tells_stock()
    return "GXO lays an 846"


def gxo_spoils(stage: Stage, dice: random.Random) -> str:
    """A file of GXO's comes late, twice, cut, not at all, or its number leaves others out."""
    return f"GXO: {stage.gxo.spoil(dice)}"


def gxo_lays_again(stage: Stage, _dice: random.Random) -> str | None:
    """Somebody has GXO lay again what was lost or cut."""
    names = stage.gxo.lays_again()
    return f"GXO lays again {', '.join(names)}" if names else None


def acs_works(stage: Stage, dice: random.Random) -> str:
    """ACS takes orders and files, works, and looks at garments that came back."""
    CLOCK.wait(dice.choice((5.0, 30.0, 120.0, 700.0)))
    for _ in range(dice.randint(1, 4)):
        stage.acs.works()
        CLOCK.wait(6.0)
    return "ACS works"


def acs_counts(stage: Stage, _dice: random.Random) -> str:
    """ACS lays a stock file."""
    stage.acs.counts()
    return "ACS lays a stock file"


def acs_spoils(stage: Stage, dice: random.Random) -> str:
    """A stock file will be missing, cut, or wrong."""
    return f"ACS: {stage.acs.spoils(dice)}"


def _arrive(stage: Stage, hook: Hook) -> str:
    if stage.deliver(hook):
        return f"{hook.name} arrives"
    if hook.tries < ATTEMPTS:
        stage.post.append(hook)
    else:
        stage.never_hears(hook)
    return f"{hook.name} is not taken"
