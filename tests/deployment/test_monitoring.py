"""The alert rules and the dashboard ask for figures that /metrics shows, and name what the runbook has."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
import yaml

from fleet_tests.places import ROOT
from workers.ledger.store import Store
from workers.views.gauges import figures
from workers.views.snapshot import reading_engine
from workers.web.monitoring import exposition

FOLDER = ROOT / "deploy" / "monitoring"
RULES = [rule for group in yaml.safe_load((FOLDER / "alerts.yaml").read_text())["groups"] for rule in group["rules"]]
DASHBOARD = json.loads((FOLDER / "dashboard.json").read_text())
EXPRESSIONS = [rule["expr"] for rule in RULES] + [
    target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]
]


@pytest.fixture
def shown(store: Store, database: str) -> Iterator[str]:
    store.run("insert into connection (name, system) values ('leeds', 'clarus')")
    store.run("insert into schedule (name, every, failures, failing_since) values"
              " ('sweep leeds', '1 minute', 9, now() - interval '1 hour')")  # fmt: skip
    engine = reading_engine(database)
    yield exposition(figures(engine, 60.0)).decode()
    engine.dispose()


def families(text: str) -> set[str]:
    return set(re.findall(r"^# TYPE (fleet_\w+) gauge$", text, re.MULTILINE))


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_each_rule_and_panel_asks_for_figures_that_there_are(expression: str, shown: str) -> None:
    asked = set(re.findall(r"\bfleet_\w+", expression))
    assert asked <= families(shown)
    assert asked or "up{" in expression


def test_a_schedule_that_keeps_failing_is_a_trouble_and_its_age_is_told(shown: str) -> None:
    assert 'fleet_trouble{kind="schedule_failing",subject="schedule:sweep leeds"} 1.0' in shown
    assert 'fleet_schedule_age_seconds{connection="",schedule="sweep leeds"}' in shown


def test_each_rule_tells_what_to_do_and_names_sections_that_the_runbook_has() -> None:
    runbook = (ROOT / "docs" / "runbook.md").read_text()
    for rule in RULES:
        words = rule["annotations"]
        assert words["summary"]
        assert words["do"]
        for kind in re.findall(r"\b([a-z]+_[a-z_]+) in the runbook", words["do"]):
            assert re.search(rf"^#+ .*{kind}", runbook, re.MULTILINE), kind


def test_no_two_panels_lie_on_each_other() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        cells = {(at["x"] + dx, at["y"] + dy) for dx in range(at["w"]) for dy in range(at["h"])}
        assert not cells & taken, panel["title"]
        taken |= cells
