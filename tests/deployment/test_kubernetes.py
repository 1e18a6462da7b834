"""The Kubernetes manifests, as kubectl renders them: valid by Kubernetes's schemas, and in step with the Procfile."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from fleet_tests.places import ROOT
from workers import config
from workers.broker.queues import FLOWS
from workers.cli import checks
from workers.embedded.procfile import read_procfile
from workers.spine.runtime import Runtime
from workers.wiring.systems import SYSTEMS

KUBERNETES = ROOT / "deploy" / "kubernetes"
SIZES = ("full", "peak", "small")
OLDEST, NEWEST = "1.29", "1.37"
KEDA = "keda.sh/v1alpha1"
MOUNT = "/etc/khaos-fleet/secrets"
SCALED_OBJECT = {  # what KEDA's schema has
    "scaleTargetRef", "pollingInterval", "cooldownPeriod", "initialCooldownPeriod", "idleReplicaCount",
    "minReplicaCount", "maxReplicaCount", "fallback", "advanced", "triggers",
}  # fmt: skip
MAX_CONNECTIONS, RESERVED = 220, 3  # as docs/operations.md asks for, and Postgres's own
OPERATIONS = (ROOT / "docs" / "operations.md").read_text()
Manifest = dict[str, Any]
READS = """
import pathlib, sys
from workers.wiring.systems import read_configuration
leeds = read_configuration(pathlib.Path(sys.argv[1])).connections["leeds"].settings
names = "client_id", "client_secret", "webhook_token"
print(*[name for name in names if getattr(leeds, name).startswith("our-own-")])
"""

sizes = pytest.mark.parametrize("size", SIZES)


@cache
def rendered(size: str) -> list[Manifest]:
    """What `kubectl apply -k` would send."""
    return built(KUBERNETES / size)


def built(folder: Path) -> list[Manifest]:
    kubectl = [str(Path(sys.executable).with_name("kubectl")), "kustomize", str(folder)]
    found = subprocess.run(kubectl, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
    return list(yaml.safe_load_all(found.stdout))


def named(size: str, kind: str) -> dict[str, Manifest]:
    return {one["metadata"]["name"]: one for one in rendered(size) if one["kind"] == kind}


def pods(size: str) -> dict[str, Manifest]:
    """The pod of each Deployment and Job, by its name."""
    found = named(size, "Deployment") | named(size, "Job")
    return {name: one["spec"]["template"]["spec"] for name, one in found.items()}


def container(pod: Manifest) -> Manifest:
    [only] = pod["containers"]
    return dict(only)


def variables(pod: Manifest) -> dict[str, str]:
    return {one["name"]: one["value"] for one in container(pod)["env"]}


def secrets_of(pod: Manifest) -> list[str]:
    """The Secrets that it has, all in one folder."""
    [volume] = [one for one in pod["volumes"] if one["name"] == "secrets"]
    return [source["secret"]["name"] for source in volume["projected"]["sources"]]


@sizes
@pytest.mark.parametrize("version", [OLDEST, NEWEST])
def test_kubernetes_own_schemas_take_every_object(size: str, version: str) -> None:
    found = [one for one in rendered(size) if one["apiVersion"] != KEDA]
    assert len(found) > 8
    for one in found:
        kubernetes_validate.validate(one, version, strict=True)


def test_the_schemas_refuse_a_misspelt_key() -> None:
    wrong = yaml.safe_load(yaml.safe_dump(named("full", "Deployment")["beat"]))
    wrong["spec"]["template"]["spec"]["terminationGracePeriod"] = 5
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, NEWEST, strict=True)


@pytest.mark.parametrize("size", ["full", "peak"])
def test_every_line_of_the_procfile_has_its_deployment_and_no_other_has(size: str) -> None:
    lines = {line.name for line in read_procfile(ROOT / "Procfile")}
    deployments = named(size, "Deployment")
    assert set(deployments) == lines
    assert {name: container(pods(size)[name])["args"] for name in lines} == {name: ["run", name] for name in lines}


def test_the_small_size_runs_the_small_procfile_which_the_image_holds() -> None:
    [line] = read_procfile(ROOT / "Procfile.small")
    assert container(pods("small")[line.name])["args"] == ["run", line.name, "--procfile", "Procfile.small"]
    assert set(named("small", "Deployment")) == {line.name}
    assert re.search(r"^COPY .*\bProcfile\.small\b", (ROOT / "deploy" / "Containerfile").read_text(), re.MULTILINE)


@sizes
def test_every_pod_has_few_rights_its_settings_and_its_needs(size: str) -> None:
    for name, pod in pods(size).items():
        only = container(pod)
        assert pod["securityContext"]["runAsNonRoot"], name
        assert pod["automountServiceAccountToken"] is False, name
        assert pod["enableServiceLinks"] is False, f"{name}: a Service named web would set WEB_PORT"
        assert only["securityContext"]["readOnlyRootFilesystem"], name
        assert only["securityContext"]["capabilities"] == {"drop": ["ALL"]}, name
        assert set(only["resources"]["requests"]) == {"cpu", "memory"}, name
        assert only["image"].startswith("khaos-fleet"), name
        mounts = {one["name"]: one["mountPath"] for one in only["volumeMounts"]}
        assert mounts == {"fleet-toml": "/etc/khaos-fleet/fleet.toml", "secrets": MOUNT, "tmp": "/tmp"}, name  # noqa: S108
        held = {one["name"]: one for one in pod["volumes"]}
        assert held["fleet-toml"]["configMap"]["name"] in named(size, "ConfigMap"), name
        assert "khaos-fleet" in secrets_of(pod), name


@sizes
def test_every_variable_is_listed_in_the_model_environment_and_every_secret_is_a_file(size: str) -> None:
    listed = re.findall(r"^(\w+)=", (ROOT / "deploy" / "env.example").read_text(), re.MULTILINE)
    for name, pod in pods(size).items():
        found = variables(pod)
        assert set(found) <= set(listed), name
        assert all(found[one].startswith(f"file:{MOUNT}/") for one in found if "PASSWORD" in one or "AUTH" in one), name


def test_every_secret_that_is_named_is_a_key_of_the_model_secret_which_holds_none() -> None:
    example = list(yaml.safe_load_all((KUBERNETES / "secret.example.yaml").read_text()))
    keys = {one["metadata"]["name"]: one["stringData"] for one in example}
    assert not any(value for data in keys.values() for value in data.values())
    text = "\n".join(path.read_text() for path in KUBERNETES.rglob("*") if path.is_file())
    files = set(re.findall(r"\"?file:([^\s\"'`]+)", text)) - {""}
    assert {path for path in files if not path.startswith(f"{MOUNT}/")} == set()
    held = [set(keys[name]) for name in ("khaos-fleet", "khaos-fleet-connections", "khaos-fleet-doors")]
    assert {path.removeprefix(f"{MOUNT}/") for path in files} == set.union(*held)
    assert sum(map(len, held)) == len(set.union(*held)), "a secret stands in one of them"
    [login] = [one for one in rendered("peak") if one["kind"] == "TriggerAuthentication"]
    asked = {(one["name"], one["key"]) for one in login["spec"]["secretTargetRef"]}
    assert asked == {("fleet-scaling", key) for key in keys["fleet-scaling"]}


@sizes
def test_a_process_has_the_secrets_that_it_uses_and_starts_without_the_others(size: str, tmp_path: Path) -> None:
    example = list(yaml.safe_load_all((KUBERNETES / "secret.example.yaml").read_text()))
    keys = {one["metadata"]["name"]: one["stringData"] for one in example}
    text = named(size, "ConfigMap").popitem()[1]["data"]["fleet.toml"]
    for name, pod in pods(size).items():
        worker = named(size, "Deployment").get(name, {}).get("metadata", {}).get("labels", {}).get("khaos-fleet/kind")
        more = {"worker": ["khaos-fleet-connections"], "web": ["khaos-fleet-doors"]}.get(str(worker), [])
        more = ["khaos-fleet-connections", "khaos-fleet-doors"] if size == "small" and name == "fleet" else more
        assert secrets_of(pod) == ["khaos-fleet", *more], name
        (folder := tmp_path / name).mkdir()
        for secret in secrets_of(pod):
            for key in keys[secret]:
                (folder / key).write_text(f"our-own-{key}-of-ours")
        (folder / "fleet.toml").write_text(text.replace(MOUNT, str(folder)))
        read = subprocess.run(
            [sys.executable, "-c", READS, str(folder / "fleet.toml")],
            env={"PATH": "/usr/bin:/bin", "FLEET_WITHHELD": variables(pod)["FLEET_WITHHELD"]},
            cwd=ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert read.returncode == 0, f"{name}: {read.stderr[-500:]}"
        held = {"worker": ["client_id", "client_secret"], "web": ["webhook_token"]}.get(str(worker), [])
        held = ["client_id", "client_secret", "webhook_token"] if name == "fleet" else held
        assert read.stdout.split() == held, name


def test_the_model_fleet_toml_is_one_that_the_fleet_takes(tmp_path: Path) -> None:
    text = named("full", "ConfigMap").popitem()[1]["data"]["fleet.toml"]
    for path in re.findall(rf"file:{MOUNT}/([\w-]+)", text):
        (tmp_path / path).write_text("an-unguessable-token-of-ours")
    (tmp_path / "fleet.toml").write_text(text.replace(MOUNT, str(tmp_path)))
    read = config.read(tmp_path / "fleet.toml", SYSTEMS)
    assert [rule.to for rule in read.routing] == ["leeds"]


def test_a_folder_of_one_s_own_takes_another_image_and_another_fleet_toml_as_the_documents_say(tmp_path: Path) -> None:
    [written] = re.findall(r"```\n(apiVersion: kustomize.+?)```", OPERATIONS, re.DOTALL)
    shutil.copytree(KUBERNETES, tmp_path / "kubernetes")
    mine = tmp_path / "kubernetes" / "mine"
    mine.mkdir()
    (mine / "kustomization.yaml").write_text(written)
    (mine / "fleet.toml").write_text("[fleet]  # ours\n")
    found = built(mine)
    [settings] = [one for one in found if one["kind"] == "ConfigMap"]
    assert settings["data"] == {"fleet.toml": "[fleet]  # ours\n"}
    assert settings["metadata"]["labels"]["khaos-fleet/step"] == "first"
    pods = [one["spec"]["template"]["spec"] for one in found if one["kind"] in {"Deployment", "Job"}]
    assert {container(pod)["image"] for pod in pods} == {"REGISTRY/khaos-fleet:1"}
    held = {volume["configMap"]["name"] for pod in pods for volume in pod["volumes"] if "configMap" in volume}
    assert held == {settings["metadata"]["name"]}
    first = {one["kind"] for one in found if one["metadata"].get("labels", {}).get("khaos-fleet/step") == "first"}
    assert first == {"Namespace", "ServiceAccount", "ConfigMap", "Job"}, "what the migration needs, and no worker"


def test_a_worker_has_the_time_that_its_longest_work_takes_and_is_asked_by_its_heart(tmp_path: Path) -> None:
    (tmp_path / "fleet.toml").write_text('[connections.khaos]\nsystem = "khaos"\nurl = "http://127.0.0.1:9/K.exe"\n')
    lease = Runtime(config.read(tmp_path / "fleet.toml", SYSTEMS)).lease
    for size in SIZES:
        for name, one in named(size, "Deployment").items():
            if one["metadata"]["labels"]["khaos-fleet/kind"] != "worker":
                continue
            pod = pods(size)[name]
            assert pod["terminationGracePeriodSeconds"] >= lease + 30, name
            for probe in ("startupProbe", "livenessProbe"):
                assert container(pod)[probe]["exec"]["command"] == ["python", "-I", "-S", "deploy/beating.py"], name


@sizes
def test_the_web_process_lives_by_itself_and_takes_requests_while_the_ledger_is_there(size: str) -> None:
    [pod] = [
        one["spec"]["template"]["spec"]
        for one in named(size, "Deployment").values()
        if "khaos-fleet/web" in one["spec"]["template"]["metadata"]["labels"]
    ]
    assert container(pod)["readinessProbe"]["httpGet"] == {"path": "/health", "port": "web"}
    assert "exec" not in container(pod)["readinessProbe"]
    if size != "small":  # there the hearts of its workers are asked
        assert container(pod)["livenessProbe"]["httpGet"]["path"] == "/health/live"
    selected = named(size, "Service")["web"]["spec"]["selector"]
    assert selected == {"khaos-fleet/web": "true"}


def test_partners_reach_their_doors_only_and_the_desk_has_a_name_of_its_own() -> None:
    ingresses = named("full", "Ingress")
    paths = {
        name: {(rule["host"], path["path"]) for rule in one["spec"]["rules"] for path in rule["http"]["paths"]}
        for name, one in ingresses.items()
    }
    assert paths == {
        "partners": {("fleet.example.com", "/hooks/"), ("fleet.example.com", "/khaos/")},
        "desk": {("desk.example.com", "/")},
    }
    assert all(one["spec"]["tls"] for one in ingresses.values())


def test_isolate_is_one_control_two_and_what_is_scaled_has_no_number_of_its_own() -> None:
    for size in ("full", "peak"):
        found = named(size, "Deployment")
        assert found["isolate"]["spec"]["replicas"] == 1
        assert found["isolate"]["spec"]["strategy"] == {"type": "Recreate"}
        assert found["control"]["spec"]["replicas"] == 2
        assert {name for name, one in found.items() if "replicas" not in one["spec"]} == set(FLOWS)
        several = {"control", "web", *FLOWS}
        budgets = named(size, "PodDisruptionBudget")
        assert {one["spec"]["selector"]["matchLabels"]["khaos-fleet/process"] for one in budgets.values()} == several
    assert named("small", "Deployment")["fleet"]["spec"]["strategy"] == {"type": "Recreate"}


def test_each_queue_is_scaled_by_half_the_threads_of_its_worker_and_never_to_none() -> None:
    threads = {
        line.name: int(re.findall(r"-c (\d+)", line.command)[0]) for line in read_procfile(ROOT / "Procfile")[:5]
    }
    scaled = named("peak", "ScaledObject")
    assert set(scaled) == set(FLOWS)
    for name, one in scaled.items():
        spec = one["spec"]
        assert set(one) == {"apiVersion", "kind", "metadata", "spec"}
        assert set(spec) <= SCALED_OBJECT
        assert spec["scaleTargetRef"] == {"name": name}
        assert 1 == spec["minReplicaCount"] < spec["maxReplicaCount"]
        [trigger] = spec["triggers"]
        assert (trigger["type"], trigger["metricType"]) == ("postgresql", "AverageValue")
        assert int(trigger["metadata"]["targetQueryValue"]) == threads[name] // 2
        assert trigger["authenticationRef"]["name"] in named("peak", "TriggerAuthentication")


@pytest.mark.parametrize("size", ["full", "peak"])
def test_the_most_processes_that_may_run_at_once_fit_the_database(size: str) -> None:
    scaled = {name: one["spec"]["maxReplicaCount"] for name, one in named(size, "ScaledObject").items()}
    scale = {
        name: scaled.get(name, one["spec"].get("replicas", 1))
        + one["spec"]["strategy"].get("rollingUpdate", {}).get("maxSurge", 0)
        for name, one in named(size, "Deployment").items()
    }
    found = checks.everything(ROOT / "Procfile", scale)
    assert found.database_connections + checks.SPARE <= MAX_CONNECTIONS - RESERVED
    assert f"`max_connections = {MAX_CONNECTIONS}`" in OPERATIONS
    if size == "peak":
        wanted = {name: count for name, count in scale.items() if count > 1}
        line = re.findall(r"^fleet check (--scale .+)$", OPERATIONS, re.MULTILINE)[-1]
        assert dict(one.split("=") for one in re.findall(r"--scale (\S+)", line)) == {
            name: str(count) for name, count in wanted.items()
        }
