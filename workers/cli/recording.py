"""Records that a command acted: every command that asks who acts leaves an entry, its own or this one."""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextlib import closing
from typing import Any

import typer

WHO = {"--as", "--by"}  # a command that takes one of them acts


def record_acts(command: Any, words: tuple[str, ...]) -> None:
    """Have a command, and each below it, record that it acted. ``words`` are those by which it is called."""
    for name, inner in getattr(command, "commands", {}).items():
        record_acts(inner, (*words, name))
    asks = next((p for p in getattr(command, "params", ()) if WHO & set(p.opts)), None)
    if asks is not None and command.callback is not None:
        command.callback = _recording(command.callback, " ".join(words), asks.name)


def _recording(act: Callable[..., Any], words: str, asks: str) -> Callable[..., Any]:
    @functools.wraps(act)
    def run(**given: Any) -> Any:
        try:
            answer = act(**given)
        except typer.Exit as ended:
            if not ended.exit_code:
                _record(words, given, asks)
            raise
        _record(words, given, asks)
        return answer

    return run


def _record(words: str, given: dict[str, Any], asks: str) -> None:
    from workers.access import audit  # noqa: PLC0415  `fleet --help` need not wait for them
    from workers.cli import connect, who  # noqa: PLC0415  as above

    if who.is_named():
        return

    told = {name: str(value) for name, value in given.items() if value not in (None, "", False) and name != asks}
    with closing(connect.store()) as store:
        reason = str(given.get("why") or given.get("reason") or "")
        audit.record(store, who.actor(str(given.get(asks) or "")), "command run", words, after=told, reason=reason)
