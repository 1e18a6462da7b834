"""What the fleet's processes do: schedules and queues in any order, beside each other, with deaths in between."""

from __future__ import annotations

import random
from collections.abc import Callable

from workers.broker.queues import LANES
from workers.simulator.clock import CLOCK
from workers.simulator.moments import Died, die
from workers.simulator.processes import Process
from workers.simulator.stage import Stage

TURN = (
    "orders khaos",
    "orders khaos",
    "sweep leeds",
    "stock",
    "read-back khaos",
    "movements Main Site",
    "files Derby",
    "files Derby",
)
DEEPEST = 60  # moments of a piece of work among which one is chosen


def turns(stage: Stage, dice: random.Random) -> str:
    """A short time in which some of what is due runs, in any order, and all queues are worked off."""
    CLOCK.wait(dice.choice((0.5, 1.0, 5.0, 30.0, 60.0)))
    process = dice.choice(stage.processes)
    names = [row["name"] for row in stage.store.rows("select name from schedule where due_at <= now() order by name")]
    chosen = dice.sample(names, min(len(names), dice.randint(2, 8)))
    for name in chosen:
        process.run(name)
    process.work_all()
    return f"{process.name} runs {', '.join(chosen)}, and works off all queues"


def runs(stage: Stage, dice: random.Random) -> str:
    """One schedule runs, due or not."""
    process, name = dice.choice(stage.processes), dice.choice(sorted(stage.processes[0].listed))
    process.run(name, now=True)
    return f"{process.name} runs {name}"


def works(stage: Stage, dice: random.Random) -> str:
    """A few messages of a queue are worked off."""
    process, lane, most = dice.choice(stage.processes), _lane(stage, dice), dice.randint(1, 3)
    done = process.work(lane, most, file_dead=dice.random() < 0.7)  # noqa: PLR2004  the rest of the bells are lost
    return f"{process.name} works off {done} of {lane}"


def dies(stage: Stage, dice: random.Random) -> str:
    """A process dies in the middle of its work."""
    process = dice.choice(stage.processes)
    name, work = _work(stage, process, dice)
    moment = dice.randint(1, DEEPEST)
    stage.moments.expect(moment, die, calls_only=False)
    try:
        work()
    except Died:
        process.die()
        return f"{process.name} dies in {name} at moment {moment}"
    finally:
        stage.moments.forget()
    return f"{process.name}: {name}"


def dies_on_the_phone(stage: Stage, dice: random.Random) -> str:
    """A process dies right before or after a partner's call."""
    process = dice.choice(stage.processes)
    name, work = _work(stage, process, dice)
    moment = dice.randint(1, 10)
    stage.moments.expect(moment, die, calls_only=True)
    try:
        work()
    except Died:
        process.die()
        return f"{process.name} dies in {name} at call {moment}"
    finally:
        stage.moments.forget()
    return f"{process.name}: {name}"


def meanwhile(stage: Stage, dice: random.Random, other: Callable[[], str | None] | None = None) -> str:
    """While one process waits for a partner, the other works, or anybody else does something."""
    first, second = dice.sample(stage.processes, 2)
    name, work = _work(stage, first, dice)
    second_name, second_work = _work(stage, second, dice)
    happened = ""

    def beside() -> None:
        nonlocal happened
        if other is not None:
            happened = other() or ""
        else:
            second_work()
            happened = f"{second.name}: {second_name}"

    stage.moments.expect(moment := dice.randint(1, 10), beside, calls_only=True)
    try:
        work()
    finally:
        stage.moments.forget()
    return f"{first.name}: {name}" + (f"; at its call {moment}, {happened}" if happened else "")


def time_passes(_stage: Stage, dice: random.Random) -> str:
    """The clock jumps."""
    seconds = dice.choice((60.0, 600.0, 3600.0, 6 * 3600.0, 26 * 3600.0))
    CLOCK.wait(seconds)
    return f"{seconds / 60:.0f} minutes pass"


def _work(stage: Stage, process: Process, dice: random.Random) -> tuple[str, Callable[[], object]]:
    kind = dice.choice(("turn", "turn", "queue", "schedule"))
    if kind == "turn":
        polls = dice.sample(TURN, 2)

        def turn() -> None:
            for poll in (*polls, "read"):
                process.run(poll, now=True)
            process.work_all()

        return f"{' and '.join(polls)}, and all queues", turn
    if kind == "queue":
        lane = _lane(stage, dice)
        return f"work on {lane}", lambda: process.work(lane)
    name = dice.choice(sorted(process.listed))
    return name, lambda: process.run(name, now=True)


def _lane(stage: Stage, dice: random.Random) -> str:
    waiting = stage.store.rows(
        "select distinct lane from message where state in ('queued', 'waiting') and due_at <= now() order by lane"
    )
    return str(dice.choice([row["lane"] for row in waiting] or list(LANES)))
