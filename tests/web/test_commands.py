"""What the desk does a command does, and the reverse; and nobody at the desk is sent to a terminal without need."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.routing import APIRoute
from sqlalchemy import create_engine

from fleet_tests.places import ROOT
from workers.cli.commands import installed, load
from workers.spine.policy import VERDICTS
from workers.views.worklists import WORKLISTS
from workers.web.desk import login
from workers.web.desk.page_words import COMMAND, WORDS, page_words, words_for
from workers.web.desk.routes import routers

# Commands that act and that no page has, each for a reason.
SERVER_ALONE = {
    "go-live", "restored", "settings take",  # of a release, or of a backup: whoever does them is on the server
    "person find", "person export", "person erase",  # given out as a file, by a few, seldom
    "garments announce", "garments withdraw",  # a file of thousands, from where it was made
    "exceptions show",  # acts only in that a look at a body is recorded; the page's look is a GET, and recorded too
    "audit-trail export",  # likewise: the page saves it by a GET
}  # fmt: skip
REFUSING = {"CannotDo", "CannotMap", "NotAllowed", "Refused"}
TOLD_AT_THE_DESK = ("cases", "returns_in", "stock_in", "journal", "spine", "domain", "access", "recovery.py", "web")


def acting_routes() -> Iterator[APIRoute]:
    engine = create_engine("postgresql+psycopg://nobody@127.0.0.1:9/none")
    for router in (*routers(engine), login.routes(None)):
        for route in router.routes:
            if isinstance(route, APIRoute) and route.methods & {"POST", "PUT", "DELETE", "PATCH"}:
                yield route


def commands(command: Any, words: str) -> Iterator[tuple[str, set[str]]]:
    """Each command below this one with its options."""
    yield words, {option for parameter in command.params for option in parameter.opts}
    for name, inner in getattr(command, "commands", {}).items():
        yield from commands(inner, f"{words} {name}")


@pytest.fixture(scope="module")
def known() -> dict[str, set[str]]:
    return {words: options for one in installed() for words, options in commands(load(one), one.name)}


def test_each_act_of_the_desk_names_the_commands_that_do_the_same_with_json(known: dict[str, set[str]]) -> None:
    routes = list(acting_routes())
    assert len(routes) > 30
    for route in routes:
        alone = getattr(route.endpoint, "of_browsers_alone", "")
        named = getattr(route.endpoint, "commands", ())
        assert bool(alone) != bool(named), f"{route.path}: write @same_as(…) beside it, or @of_browsers_alone(…)"
        for command in named:
            assert command in known, f"{route.path}: there is no `fleet {command}`"
            assert "--json" in known[command], f"`fleet {command}` takes no --json"


def test_each_command_that_acts_has_a_place_on_the_desk_or_a_reason_for_none(known: dict[str, set[str]]) -> None:
    acting = {words for words, options in known.items() if options & {"--as", "--by"}}
    on_the_desk = {command for route in acting_routes() for command in getattr(route.endpoint, "commands", ())}
    assert acting - on_the_desk - SERVER_ALONE == set()
    assert set(known) >= SERVER_ALONE


def test_the_pages_words_are_for_commands_that_there_are(known: dict[str, set[str]]) -> None:
    assert [command for command in WORDS if not any(f"{one} ".startswith(f"{command} ") for one in known)] == []


def told_at_the_desk() -> Iterator[tuple[str, str]]:
    """Texts that the desk shows: next steps, worklists, and each sentence that says why something cannot be done."""
    for kind, verdict in VERDICTS.items():
        yield kind, verdict.next_step
    for name, worklist in WORKLISTS.items():
        yield name, worklist.what
    for place in TOLD_AT_THE_DESK:
        at = ROOT / "workers" / place
        for path in [at] if at.is_file() else sorted(at.rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in REFUSING:
                    yield (
                        f"{path.name}:{node.lineno}",
                        " ".join(
                            one.value
                            for one in ast.walk(node)
                            if isinstance(one, ast.Constant) and isinstance(one.value, str)
                        ),
                    )


def test_no_text_that_the_desk_shows_names_an_option_or_a_command_that_a_page_replaces() -> None:
    on_the_desk = {command for route in acting_routes() for command in getattr(route.endpoint, "commands", ())}
    texts = list(told_at_the_desk())
    assert len(texts) > 200
    for where, text in texts:
        shown = page_words(text)
        for found in COMMAND.finditer(shown):
            command = " ".join(found[1].split()[:2])
            assert not any(f"{command} ".startswith(f"{one} ") for one in on_the_desk), f"{where}: {shown}"
        without = COMMAND.sub("", shown)
        assert " --" not in without, f"{where}: {shown}"
    assert words_for("exceptions retry 12") == "“Retry”"
    assert page_words("`fleet go-live leeds` and `fleet status`") == "`fleet go-live leeds` and the page Flows"
