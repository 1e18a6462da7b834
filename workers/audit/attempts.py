"""One attempt at a part of an audit: what fails is said in its section with what to do, and the rest goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import structlog

from adapters.errors import Garbled, ReachError, Rejected, Throttled, Unauthorised, Unavailable
from mappings.errors import Unmappable
from workers.audit.report import Section
from workers.spine.polling import Failures, chunks
from workers.spine.runtime import Runtime

T = TypeVar("T")

log = structlog.get_logger(__name__)

CURES: dict[type[Exception], str] = {
    Unauthorised: "renew the credentials of the connection",
    Throttled: "wait, or lower the connection's rate in fleet.toml",
    Rejected: "correct what it names, in fleet.toml or over there",
    Garbled: "ask the partner what their system answered",
    ReachError: "see whether it is up and its address in fleet.toml is right",
}


def attempt(section: Section, what: str, work: Callable[[], T]) -> T | None:
    """Do a part; None where it failed, and the section says why."""
    try:
        return work()
    except ReachError as error:
        cure = next(text for kind, text in CURES.items() if isinstance(error, kind))
        section.failed.append(f"{what}: {error.what}: {cure}; then run `fleet audit` again")
    except Unmappable as error:
        section.failed.append(f"{what}: {error.field} {error.value!r}: {error.why}; then run `fleet audit` again")
    except Exception as error:
        log.exception("a part of the audit failed", section=section.name, part=what)
        section.failed.append(
            f"{what}: broke off with {type(error).__name__}: the log names the place; report it, the rest is good"
        )
    return None


def paced(runtime: Runtime, connection: str, pages: Iterator[T]) -> Iterator[T]:
    """Pages, each asked for at the connection's rate."""
    while True:
        runtime.pace(connection)
        page = next(pages, None)
        if page is None:
            return
        yield page


def bisected(
    runtime: Runtime, connection: str, codes: Sequence[Any], size: int, ask: Callable[[Sequence[Any]], T]
) -> Iterator[tuple[Sequence[Any], T | Exception]]:
    """Ask for codes, ``size`` a call. What is refused is halved down to the code, which comes with its error.

    So is what breaks their server (HTTP 5xx); raises that when too many calls in a row do.
    """
    waiting, failures = list(reversed(list(chunks(codes, size)))), Failures()
    while waiting:
        some = waiting.pop()
        runtime.pace(connection)
        try:
            answer: T | Exception = ask(some)
        except (Garbled, Rejected, Unavailable, Unmappable) as error:
            if isinstance(error, Unavailable):
                failures.count(error, alone=False)
            half = len(some) // 2
            if half:
                waiting += [some[half:], some[:half]]
                continue
            answer = error
        else:
            failures.over()
        yield some, answer
