"""What the documents name exists: commands, options, make targets, files, states, queues, webhook addresses."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import typer
from fastapi.routing import APIRoute

from fleet_tests.places import ROOT
from workers.broker.queues import FLOWS
from workers.cli.commands import installed, load
from workers.cli.main import app
from workers.demo.reconciliation.compare import Report
from workers.domain.fulfilment import State
from workers.embedded.procfile import read_procfile
from workers.spine.policy import VERDICTS
from workers.web import warehouse_hooks

DOCUMENTS = [
    *(ROOT / name for name in ("README.md", "CHANGELOG.md", "deploy/flower.md", "deploy/fleet.example.toml")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
INSTALL = (ROOT / "docs" / "install.md").read_text(encoding="utf-8")
DEMO = (ROOT / "docs" / "demo.md").read_text(encoding="utf-8")
FLOWS_TEXT = (ROOT / "docs" / "flows.md").read_text(encoding="utf-8")
LEDGER = "".join(
    path.read_text(encoding="utf-8") for path in (ROOT / "workers" / "ledger" / "migrations").rglob("*.sql")
)
CODE = re.compile(r"`([^`\n]+)`|^(?: {4}|)((?:make|fleet|FLEET_CONFIG=\S+ fleet) .*)$", re.MULTILINE)

documents = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)


def said(document: Path) -> list[str]:
    """Every piece of code in a document, without comments behind it."""
    pieces = ["".join(found) for found in CODE.findall(document.read_text(encoding="utf-8"))]
    return [part.strip() for piece in pieces for part in re.sub(r"\s+#.*", "", piece).split("|")]


def commands(program: Any, words: tuple[str, ...] = ()) -> dict[tuple[str, ...], set[str]]:
    """Every command below a command, with the options that it takes."""
    found = {words: {option for parameter in program.params for option in parameter.opts}}
    for name, command in getattr(program, "commands", {}).items():
        found |= commands(command, (*words, name))
    return found


COMMANDS = commands(typer.main.get_command(app))
for _one in installed():
    COMMANDS |= commands(load(_one), (_one.name,))


@documents
def test_every_fleet_command_that_a_document_names_exists_with_its_options(document: Path) -> None:
    for piece in said(document):
        line = re.sub(r"^(?:\w+=\S+ )*(?:xargs -n 1 )?", "", piece)
        if not re.match(r"fleet [a-z]", line):
            continue
        words = line.split()[1:]
        known = tuple(words[: 2 if tuple(words[:2]) in COMMANDS else 1])
        assert known in COMMANDS, f"{document.name}: `{piece}` is no command"
        options = set(re.findall(r"--[a-z-]+", line)) - {"--help"}
        assert options <= COMMANDS[known], f"{document.name}: `{piece}` has an option that there is not"


def test_the_page_of_commands_names_every_command() -> None:
    named = {piece.split()[1] for piece in said(ROOT / "docs" / "commands.md") if re.match(r"fleet [a-z]", piece)}
    assert {words[0] for words in COMMANDS if words} <= named


@documents
def test_every_make_target_that_a_document_names_exists(document: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {piece.split()[1] for piece in said(document) if re.match(r"make [a-z]", piece)}
    assert named <= targets


@documents
def test_every_link_leads_to_a_file_and_a_section_that_exist(document: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", document.read_text(encoding="utf-8")):
        if link.startswith("https://"):
            continue
        place, _, section = link.partition("#")
        target = (document.parent / place) if place else document
        assert target.exists(), f"{document.name}: {link} leads nowhere"
        if section:
            assert re.search(rf"^#+ {section}$", target.read_text(encoding="utf-8"), re.MULTILINE), link


@documents
def test_every_path_of_the_project_that_a_document_names_exists(document: Path) -> None:
    made_by_people = {"deploy/.env", "deploy/.env.connections", "deploy/.env.web", "deploy/kubernetes/mine"}
    for piece in said(document):
        for path in re.findall(r"(?<![\w/.-])(?:docs|deploy|workers|adapters|mappings|tests)/[\w./-]*\w", piece):
            assert path in made_by_people or (ROOT / path).exists(), f"{document.name}: {path} is not there"


@documents
def test_every_kind_of_exception_that_a_document_names_is_in_the_verdict_table(document: Path) -> None:
    likely = re.compile(r"(?:sku|dispatch|order|shipped|changed|cancel|refused|route|bad|short|over|unknown)_[a-z_]+")
    others = {
        "order_code", "dispatch_strategy", "dispatch_route", "sku_confirmed", "orders_ready", "short_lines",
        "shipped_before_accepted", "sku_sync", "order_reads", "sku_mode",
    }  # fmt: skip
    named = {piece for piece in said(document) if likely.fullmatch(piece)} - others
    assert named <= set(VERDICTS)


def test_the_flows_have_a_section_for_each_queue_named_as_the_queue() -> None:
    sections = re.findall(r"^## ([a-z]+-[a-z]+)$", FLOWS_TEXT, re.MULTILINE)
    assert sections == list(FLOWS)
    assert set(sections) <= {line.name for line in read_procfile(ROOT / "Procfile")}


def test_the_state_diagram_and_its_table_hold_exactly_the_ledgers_states() -> None:
    checks = re.findall(r"state\s+text not null(?: default '\w+')?\s+check \(state in \(([^)]+)\)\)", LEDGER)
    tables = [set(re.findall(r"'(\w+)'", check)) for check in checks]
    states = next(t for t in tables if "working" in t) | next(t for t in tables if "superseded" in t)
    diagram = FLOWS_TEXT[FLOWS_TEXT.index("```mermaid") : FLOWS_TEXT.index("### Outcomes")]
    drawn = set(re.findall(r"^ +(\w+) -->|--> (\w+)", diagram, re.MULTILINE))
    assert {word for pair in drawn for word in pair if word} == states
    table = FLOWS_TEXT[FLOWS_TEXT.index("### States") : FLOWS_TEXT.index("### Doubt")]
    assert {
        state for row in re.findall(r"^\| (`[^|]+) \|", table, re.MULTILINE) for state in re.findall(r"`(\w+)`", row)
    } == states


def test_the_fulfilment_states_are_the_ledgers() -> None:
    check = re.search(r"check \(state in \(('new'[^)]+)\)", LEDGER)
    assert check
    table = FLOWS_TEXT[FLOWS_TEXT.index("| fulfilment is") : FLOWS_TEXT.index("**A further invoice")]
    states = set(re.findall(r"^\| [^|`]*`(\w+)` \|", table, re.MULTILINE))
    assert states == set(re.findall(r"'(\w+)'", check[1])) == {state.value for state in State}


def test_the_webhook_addresses_of_the_installation_are_those_that_the_web_process_answers() -> None:
    named = re.findall(r"https://fleet\.example\.com(/hooks/\S+)", INSTALL)
    assert len(named) == 3
    router = warehouse_hooks.routes(warehouse_hooks.Inbox(None, None, {}))  # nothing is asked of it
    (route,) = [route for route in router.routes if isinstance(route, APIRoute)]
    for path in named:
        found = route.path_regex.match(path)
        assert found
        assert warehouse_hooks.EVENT.fullmatch(found["event"])


@documents
def test_no_document_holds_an_empty_section(document: Path) -> None:
    text = re.sub(r"```.*?```", "code", document.read_text(encoding="utf-8"), flags=re.DOTALL)
    if document.suffix == ".md":
        assert not re.search(r"^(##+) .*\n+\1 ", text, re.MULTILINE)


def test_the_page_of_the_demo_explains_only_figures_that_its_report_has() -> None:
    table = DEMO[DEMO.index("| figure |") :]
    named = {
        name for row in re.findall(r"^\| (`[^|]+) \|", table, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)
    }
    assert named <= set(Report.model_fields)
    assert named >= {"orders_ready", "fulfilments_sent", "shipments_confirmed", "lost", "doubled", "held", "exceptions"}
