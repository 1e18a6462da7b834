"""What Khaos Control refuses to export: found among many by halves, left out, and somebody's until it goes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from adapters.errors import Rejected
from workers.spine import exceptions
from workers.spine.polling import call
from workers.spine.runtime import Runtime

KIND = "not_exported"

Part = tuple[Sequence[str], bytes]  # the codes that were asked for together, and what was answered


def export_apart(
    runtime: Runtime, flow: str, what: str, codes: Sequence[str], fetch: Callable[[Sequence[str]], bytes]
) -> list[Part]:
    """Export products or orders together; where that is refused, all but those that are refused alone.

    Each of those is an exception until it is exported. Raises the refusal when it holds for every one of several: it
    speaks of the export then. Raises what adapters raise, and Busy.
    """
    connection = runtime.configuration.erp.name
    parts, refused = _halves(codes, lambda some: call(runtime, connection, what, lambda: fetch(some)))
    if refused and not parts and len(codes) > 1:
        raise next(iter(refused.values()))
    for code, error in refused.items():
        exceptions.file(
            runtime.store.run,
            KIND,
            subject=f"export:{connection}:{flow}:{code}",
            story=code,
            flow=flow,
            connection=connection,
            why=f"Khaos Control does not export {code}, and every other: {error.what}",
        )
    _went(runtime, flow, [code for some, _ in parts for code in some], "it is exported")
    return parts


def refused_before(runtime: Runtime, flow: str) -> list[str]:
    """Codes that were refused alone and wait to be asked for again."""
    rows = runtime.store.rows(
        "select story from exception where kind = %s and flow = %s and state = 'open' order by story", KIND, flow
    )
    return [row["story"] for row in rows]


def forget_refused(runtime: Runtime, flow: str, codes: Iterable[str], why: str) -> None:
    """Close the exceptions of codes that nobody asks for any more."""
    _went(runtime, flow, list(codes), why)


def _went(runtime: Runtime, flow: str, codes: list[str], why: str) -> None:
    exceptions.close_all(
        runtime.store.run, "e.kind = %s and e.flow = %s and e.story = any (%s)", KIND, flow, codes, why=why
    )


def _halves(codes: Sequence[str], ask: Callable[[Sequence[str]], bytes]) -> tuple[list[Part], dict[str, Rejected]]:
    try:
        return [(codes, ask(codes))], {}
    except Rejected as error:
        if len(codes) == 1:
            return [], {codes[0]: error}
    middle = len(codes) // 2
    first, refused = _halves(codes[:middle], ask)
    second, more = _halves(codes[middle:], ask)
    return first + second, refused | more
