"""What the fleet's processes do: schedules and queues in any order, beside each other, with deaths in between."""

from __future__ import annotations

import random
from collections.abc import Callable

from workers.broker.queues import LANES
from workers.simulator import customers
from workers.simulator.clock import CLOCK
from workers.simulator.moments import Died, die
from workers.simulator.processes import Process
from workers.simulator.settings import ACS, CLARUS, DERBY, GLASGOW, GXO, KHAOS, SITE
from workers.simulator.stage import Stage
from workers.spine.schedule_names import RING

TURN = (
    "orders khaos",
    "orders khaos",
    "sweep leeds",
    "stock",
    "read-back khaos",
    "movements Main Site",
    "files Derby",
    "files Derby",
    "sweep acs",
    "stock files acs",
)
SITE_OF = {CLARUS: SITE, GXO: DERBY, ACS: GLASGOW, KHAOS: ""}  # orders are written there for a site; Khaos has all
WRITTEN = (CLARUS, CLARUS, GXO, ACS, KHAOS)  # where calls change something
SETTLED = "select count(*) as n from message_settled"
NOTICED = 16  # times two seconds: longer than a process may be silent, and shorter than a lease
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


def goes_on(stage: Stage, dice: random.Random) -> str | None:
    """The fleet works on, second by second, as it does all day."""
    before = stage.store.row(SETTLED)
    for _ in range(dice.randint(6, 14)):
        CLOCK.wait(1.0)
        dice.choice(stage.processes).work_all()
    return "the fleet goes on second by second" if stage.store.row(SETTLED) != before else None


def loses_an_answer(stage: Stage, dice: random.Random) -> str:
    """A call has its effect, and its caller does not hear of it or gives it up before; the fleet goes on meanwhile."""
    host, what = _ordered(stage, dice)
    fault = dice.choice(("late", "late", "error", "cut"))
    stage.wire.on_writes[host].append(fault)
    _trades(stage, dice)
    goes_on(stage, dice)
    return f"{what}; the answer of {host} is lost ({fault}), and the fleet goes on second by second"


def dies_after_an_effect(stage: Stage, dice: random.Random) -> str:
    """A call is refused at first; when it is tried again it has its effect, and the process dies before it knows."""
    host, what = _ordered(stage, dice)
    stage.wire.on_writes[host].appendleft("refused")
    _trades(stage, dice)
    CLOCK.wait(dice.choice((10.0, 60.0)))
    process = dice.choice(stage.processes)
    stage.moments.expect_effect(host, die)
    try:
        process.work_all()
    except Died:
        process.die()
        return f"{what}; calls to {host} are refused, then one has its effect, and {process.name} dies before it knows"
    finally:
        stage.moments.forget()
    return f"{what}; calls to {host} are refused, and tried again"


def falls_silent(stage: Stage, dice: random.Random) -> str:
    """A process is cut off in the middle of its work, and its heart with it; the other soon notices."""
    first, second = dice.sample(stage.processes, 2)
    host, what = _ordered(stage, dice)
    stage.moments.expect_effect(host, die)
    try:
        _trades(stage, dice, first)
    except Died:
        silent = first.fall_silent()
    else:
        return what
    finally:
        stage.moments.forget()
    for _ in range(NOTICED):
        CLOCK.wait(2.0)
        second.run(RING, now=True)
    stage.gone.add(silent)
    return f"{what}; {first.name} falls silent, and {second.name} notices"


def _ordered(stage: Stage, dice: random.Random) -> tuple[str, str]:
    """An order comes in; the host to which it will be written, and what happened."""
    host = dice.choice(WRITTEN)
    return host, customers.orders(stage, dice, SITE_OF[host])


def _trades(stage: Stage, dice: random.Random, process: Process | None = None) -> None:
    """What is ordered is read and sent."""
    process = process or dice.choice(stage.processes)
    for poll in ("orders khaos", "read"):
        process.run(poll, now=True)
    process.work_all()


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
