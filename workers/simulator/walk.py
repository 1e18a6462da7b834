"""A walk: steps drawn from a seed, played one by one and followed by the promises; and the shortest that fails."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from workers.simulator import customers, desk, fleet, partners, people, restores, returns, staff
from workers.simulator.broken import Broken
from workers.simulator.promises import after_step
from workers.simulator.rest import at_rest, come_to_rest, wait_long
from workers.simulator.stage import Stage

Action = Callable[[Stage, random.Random], str | None]


def _meanwhile_somebody(stage: Stage, dice: random.Random) -> str | None:
    """While a process waits for a partner, somebody outside the fleet does something."""
    outside = dice.choice(OUTSIDE)
    return fleet.meanwhile(stage, dice, lambda: outside(stage, dice))


OUTSIDE: tuple[Action, ...] = (
    customers.buys, customers.orders, customers.cancels, customers.moves_away, customers.comes_back,
    customers.hires, customers.changes_lines, customers.changes_address, staff.loses, staff.finds, staff.holds,
    staff.releases, partners.posts_all, people.retries, people.dismisses, desk.holds, desk.releases, desk.pauses,
    desk.edits,
)  # fmt: skip
ACTIONS: dict[str, tuple[int, Action]] = {
    "turns": (24, fleet.turns),
    "runs": (8, fleet.runs),
    "works": (8, fleet.works),
    "dies": (4, fleet.dies),
    "dies on the phone": (4, fleet.dies_on_the_phone),
    "goes on": (3, fleet.goes_on),
    "loses an answer": (3, fleet.loses_an_answer),
    "dies after an effect": (3, fleet.dies_after_an_effect),
    "falls silent": (2, fleet.falls_silent),
    "meanwhile": (6, fleet.meanwhile),
    "meanwhile somebody": (4, _meanwhile_somebody),
    "time passes": (4, fleet.time_passes),
    "buys": (5, customers.buys),
    "orders": (6, customers.orders),
    "hires": (4, customers.hires),
    "cancels": (2, customers.cancels),
    "moves away": (2, customers.moves_away),
    "comes back": (3, customers.comes_back),
    "changes lines": (2, customers.changes_lines),
    "changes address": (1, customers.changes_address),
    "changes note": (1, customers.changes_note),
    "recodes": (1, customers.recodes),
    "floor works": (12, staff.works),
    "is short": (1, staff.is_short),
    "splits": (3, staff.splits),
    "loses": (1, staff.loses),
    "finds": (1, staff.finds),
    "holds": (1, staff.holds),
    "releases": (1, staff.releases),
    "moves unheard": (4, staff.moves_unheard),
    "mislays": (1, staff.mislays),
    "puts aside": (1, staff.puts_aside),
    "gives up": (1, staff.gives_up),
    "posts one": (6, partners.posts_one),
    "posts all": (8, partners.posts_all),
    "repeats": (2, partners.repeats),
    "forgets": (3, partners.forgets),
    "signs badly": (1, partners.signs_badly),
    "fails": (5, partners.fails),
    "fails on writes": (9, partners.fails_on_writes),
    "recovers": (3, partners.recovers),
    "gxo works": (10, partners.gxo_works),
    "gxo counts": (1, partners.gxo_counts),
    "gxo spoils": (6, partners.gxo_spoils),
    "gxo lays again": (1, partners.gxo_lays_again),
    "acs works": (8, partners.acs_works),
    "acs counts": (2, partners.acs_counts),
    "acs spoils": (1, partners.acs_spoils),
    "sends back": (4, returns.sends_back),
    "garments come back": (3, returns.garments_come_back),
    "pulls": (3, returns.pulls),
    "processes": (2, returns.processes),
    "retries": (2, people.retries),
    "dismisses": (1, people.dismisses),
    "replays": (1, people.replays),
    "opens": (1, people.opens),
    "writes off": (1, people.writes_off),
    "pauses": (2, desk.pauses),
    "resumes": (3, desk.resumes),
    "holds order": (3, desk.holds),
    "lets order go": (3, desk.releases),
    "sends again": (1, desk.sends_again),
    "edits": (1, desk.edits),
    "retries group": (1, desk.retries_group),
    "changes table": (1, desk.changes_table),
    "is updated": (1, partners.is_updated),
    "backs up": (0, restores.backs_up),  # not drawn while restores leave findings: docs/simulator.md names them
    "is restored": (0, restores.is_restored),
    "goes live": (0, restores.goes_live),
}


@dataclass(frozen=True, slots=True)
class Step:
    """What is done, and the seed of the dice that choose the rest."""

    action: str
    dice: int


@dataclass(slots=True)
class Outcome:
    """How a walk ended. ``story`` has a line for each step that did something."""

    seed: int
    steps: tuple[Step, ...]
    walked: int = 0
    broken: list[Broken] = field(default_factory=list)
    story: list[str] = field(default_factory=list)
    did: Counter[str] = field(default_factory=Counter)


def draw(seed: int, length: int) -> tuple[Step, ...]:
    """The steps of a seed."""
    dice = random.Random(f"walk {seed}")  # noqa: S311  a play, not a secret
    names, weights = list(ACTIONS), [weight for weight, _ in ACTIONS.values()]
    return tuple(Step(name, dice.randrange(1 << 30)) for name in dice.choices(names, weights, k=length))


def walk(stage: Stage, seed: int, steps: Sequence[Step]) -> Outcome:
    """Play the steps until a promise is broken, or come to rest after the last one."""
    outcome = Outcome(seed, tuple(steps))
    stage.begin(seed)
    for step in steps:
        dice = random.Random(step.dice)  # noqa: S311  as above
        what = ACTIONS[step.action][1](stage, dice)
        outcome.walked += 1
        if what is None:
            continue
        outcome.did[step.action] += 1
        outcome.story.append(f"{step.action}: {what}")
        stage.see()
        outcome.broken = after_step(stage)
        if outcome.broken:
            return outcome
    come_to_rest(stage)
    outcome.story.append("all come to rest")
    found = at_rest(stage) or wait_long(stage)
    outcome.broken = found
    return outcome


def shrink(stage: Stage, found: Outcome, tries: int = 60) -> Outcome:
    """A shorter walk that breaks the same promise: ever smaller runs of steps are left out while it still does."""
    promise, best = found.broken[0].promise, found
    steps = list(found.steps[: found.walked])
    size = max(1, len(steps) // 2)
    while tries > 0:
        at, shorter = 0, False
        while at < len(steps) and tries > 0:
            tries -= 1
            fewer = steps[:at] + steps[at + size :]
            again = walk(stage, found.seed, fewer)
            if any(one.promise == promise for one in again.broken):
                steps, best, shorter = fewer[: again.walked], again, True
            else:
                at += size
        if size == 1 and not shorter:
            break
        size = max(1, size // 2)
    return best
