"""The model configuration is whole and loads; whatever is wrong in a configuration is one clear line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import BaseModel

from adapters.acs import settings as acs
from adapters.acs.file_settings import FileSettings
from adapters.clarus.settings import Settings as ClarusSettings
from adapters.gxo.settings import Facility as GxoFacility
from adapters.gxo.settings import Settings as GxoSettings
from adapters.khaos import settings
from adapters.khaos.courier_settings import ConsignmentFile, CourierHook
from fleet_tests.places import ROOT
from mappings.gxo.conditions import Conditions, Words
from mappings.gxo.items import COLUMNS
from mappings.gxo.movements import Effect
from mappings.gxo.tables import read_line_outcome
from workers import config
from workers.cli import checks
from workers.config import Fleet, Intervals, Limits, Misconfigured, Rule, Stock, When
from workers.config.adjust_by import AdjustBy
from workers.config.desk import Desk, Oidc
from workers.config.owners import ExceptionSettings, Hours, Mail, OwnerSettings
from workers.config.stock import Buffer, NonSellingSites
from workers.wiring import systems
from workers.wiring.systems import read_configuration as read

EXAMPLE = ROOT / "deploy" / "fleet.example.toml"
TEXT = EXAMPLE.read_text(encoding="utf-8")
# what stands in a section of its own, or instead of another key
ELSEWHERE = {
    "fleet": {"intervals", "limits"},
    "connections.khaos": {"extensions", "courier_hook", "consignment_file", "channel"},
    "connections.gxo": {"facilities"},
    "connections.acs": {"calendar", "hire", "files"},
    "routing": {"when"},
    "exceptions": {"hours"},
    "desk": {"oidc"},
    "desk.oidc": {"roles"},
    "stock": {"buffer", "sites", "adjust_by"},
    "stock.buffer": {"percent"},
}
# section of the example -> the model whose keys stand there
SECTIONS: dict[str, tuple[type[BaseModel], ...]] = {
    "fleet": (Fleet,),
    "fleet.intervals": (Intervals,),
    "fleet.limits": (Limits,),
    "connections.khaos": (settings.Settings,),
    "connections.khaos.extensions.confirm_shipment": (settings.Bound,),
    "connections.khaos.courier_hook": (CourierHook,),
    "connections.khaos.consignment_file": (ConsignmentFile,),
    "connections.khaos.channel": (settings.Channel,),
    "connections.leeds": (ClarusSettings,),
    "connections.gxo": (GxoSettings,),
    "connections.gxo.facilities.GBNH01": (GxoFacility,),
    "connections.acs": (acs.Settings,),
    "connections.acs.calendar": (acs.Calendar,),
    "connections.acs.hire": (acs.Hire,),
    "connections.acs.files": (FileSettings,),
    "stock": (Stock,),
    "stock.sites.Leeds": (NonSellingSites,),
    "stock.buffer": (Buffer,),
    "stock.adjust_by": (AdjustBy,),
    "exceptions": (ExceptionSettings,),
    "exceptions.hours": (Hours,),
    "owners.operations": (OwnerSettings,),
    "mail": (Mail,),
    "desk": (Desk,),
    "desk.oidc": (Oidc,),
    "routing": (Rule,),
    "routing.when": (When,),
}
SMALL = """
[connections.khaos]
system = "khaos"
url = "https://erp.example.com/LiveSoap/KhaosABC.exe"

[connections.leeds]
system = "clarus"
subdomain = "acme"
account = "ACME"
client_id = "env:CLARUS_CLIENT_ID"
client_secret = "env:CLARUS_CLIENT_SECRET"
webhook_token = "env:CLARUS_WEBHOOK_TOKEN"
sites = { LDS1 = "Leeds" }

[[routing]]
name = "everything"
to = "leeds"
facility = "LDS1"
"""
LEEDS = SMALL[SMALL.index("[connections.leeds]") : SMALL.index("[[routing]]")]


def section(name: str) -> str:
    """The part of the example under one header, comments and all."""
    header = re.search(rf"^\[+{re.escape(name)}\]+.*$", TEXT, re.MULTILINE)
    assert header, f"deploy/fleet.example.toml has no section [{name}]"
    following = re.search(r"^\[", TEXT[header.end() :], re.MULTILINE)
    return TEXT[header.end() : header.end() + following.start() if following else None]


def uncommented(text: str) -> str:
    """The example with every shown default in force."""
    return re.sub(r"^# (?=\w+ = )", "", text, flags=re.MULTILINE)


def keys(text: str) -> set[str]:
    """The keys that a section sets or shows."""
    return set(re.findall(r"^(?:# )?(\w+) = ", text, re.MULTILINE))


def test_the_example_loads_with_the_variables_of_the_model_environment() -> None:
    found = read(EXAMPLE)
    assert sorted(found.connections) == ["acs", "gxo", "khaos", "leeds"]
    assert [(rule.to, rule.facility) for rule in found.routing] == [
        ("leeds", "LDS1"), ("gxo", "GBNH01"), ("gxo", "GBNH02"), ("acs", "ACS"), ("leeds", "LDS1"),
    ]  # fmt: skip
    assert found.tables["carriers"]["clarus"]


@pytest.mark.parametrize("system", ["acs", "clarus", "gxo"])
def test_the_example_shows_every_table_that_the_code_takes_from_a_merchant(system: str) -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "workers" / "systems" / system).glob("*.py"))
    taken = set(re.findall(rf'tables\.get\("(\w+)", \{{\}}\)\.get\("{system}"', code)) | {"adjustment_reasons"}
    assert {name for name, rows in read(EXAMPLE).tables.items() if system in rows} == taken


def test_the_tables_of_the_example_mean_something_to_gxos_readers() -> None:
    own = read(EXAMPLE).tables
    assert Conditions(own["stock_conditions"]["gxo"]).judge(Words.TYPE, "Q").trouble is None
    assert {Effect(meaning) for meaning in own["movement_causes"]["gxo"].values()}
    assert {read_line_outcome(word, own["line_statuses"]["gxo"]) for word in own["line_statuses"]["gxo"]}
    assert set(own["item_columns"]["gxo"]) <= set(COLUMNS)


@pytest.mark.parametrize("name", sorted(SECTIONS))
def test_the_example_names_every_key_and_no_other(name: str) -> None:
    wanted = {field for model in SECTIONS[name] for field in model.model_fields} - ELSEWHERE.get(name, set())
    if name.startswith("connections.") and name.count(".") == 1:
        wanted |= {"system", "shares"}  # a connection's own, beside its system's settings
        wanted |= set() if name == "connections.khaos" else {"dispatch_route"}
    assert keys(section(name)) == wanted


def test_what_the_example_shows_as_a_default_is_the_default(toml: Callable[[str], Path]) -> None:
    shown, plain = read(toml(uncommented(TEXT))), read(EXAMPLE)
    assert shown.fleet == plain.fleet
    for name, connection in plain.connections.items():
        said = shown.connections[name]
        differing = {
            field
            for field in type(connection.settings).model_fields
            if getattr(said.settings, field) != getattr(connection.settings, field)
        }
        assert differing <= {"dispatch_strategy", "receipt_kind", "credit_above"}, (
            f"{name}: not the defaults"
        )  # they have none to show
        assert said.shares == connection.shares


def test_every_key_of_the_example_has_a_comment_or_a_heading_that_explains_it() -> None:
    for line in TEXT.splitlines():
        if re.match(r"# \w+ = ", line) and "base_url" not in line and "token_path" not in line:
            assert line.count("#") == 2, f"say what it is: {line}"


def test_no_variable_of_the_example_is_missing_from_the_model_environment() -> None:
    listed = set(re.findall(r"^(\w+)=", (ROOT / "deploy" / "env.example").read_text(encoding="utf-8"), re.MULTILINE))
    in_force = str(tomllib.loads(TEXT))
    assert set(re.findall(r"env:(\w+)", in_force)) <= listed


WRONG: dict[str, tuple[Callable[[str], str], tuple[str, ...]]] = {
    "unknown key of a connection": (
        lambda t: t.replace('account = "ACME"', 'account = "ACME"\ncolour = "red"'),
        ("connections.leeds.colour", "unknown key"),
    ),
    "unknown key of the fleet": (lambda t: t + "[fleet]\nspeed = 1\n", ("fleet.speed", "unknown key")),
    "unknown section": (lambda t: t + "[flete]\n", ("flete", "unknown section", "known are")),
    "missing key": (lambda t: t.replace('subdomain = "acme"\n', ""), ("connections.leeds.subdomain", "is missing")),
    "secret not in the environment": (
        lambda t: t.replace("env:CLARUS_CLIENT_SECRET", "env:NOBODY_SET_THIS"),
        ("connections.leeds.client_secret", "NOBODY_SET_THIS", "is not set"),
    ),
    "secret in a file that is not there": (
        lambda t: t.replace("env:CLARUS_CLIENT_SECRET", "file:/nowhere/secret"),
        ("connections.leeds.client_secret", "/nowhere/secret", "cannot read"),
    ),
    "secret written down": (
        lambda t: t.replace("env:CLARUS_CLIENT_SECRET", "hunter2"),
        ("connections.leeds.client_secret", "never stands in fleet.toml", "env:NAME"),
    ),
    "one name twice": (lambda t: t + LEEDS, ("one name stands twice", "connections", "leeds", "a name of its own")),
    "one name twice but for case": (
        lambda t: t + LEEDS.replace("connections.leeds", "connections.Leeds").replace('"Leeds" }', '"York" }'),
        ("connections.Leeds", "leeds", "but for case"),
    ),
    "a road that is not known": (
        lambda t: t.replace('account = "ACME"', 'account = "ACME"\ndispatch_route = "pigeon"'),
        ("connections.leeds.dispatch_route", "pigeon", "known are: soap_extension, courier_hook, consignment_file"),
    ),
    "a road whose table is missing": (
        lambda t: t.replace('account = "ACME"', 'account = "ACME"\ndispatch_route = "courier_hook"'),
        ("connections.leeds.dispatch_route", "needs the table [connections.khaos.courier_hook]"),
    ),
    "a road of Khaos itself": (
        lambda t: t.replace('system = "khaos"', 'system = "khaos"\ndispatch_route = "courier_hook"'),
        ("connections.khaos.dispatch_route", "a warehouse's connection has it"),
    ),
    "a file's name that does not count": (
        lambda t: t.replace(
            'system = "khaos"', 'system = "khaos"\nconsignment_file = { folder = "/x", name = "S.CSV" }'
        ),
        ("connections.khaos.consignment_file.name", "{number}"),
    ),
    "a courier's password written down": (
        lambda t: t.replace(
            'system = "khaos"', 'system = "khaos"\ncourier_hook = { user = "k", password = "hunter2" }'
        ),
        ("connections.khaos.courier_hook.password", "never stands in fleet.toml", "env:NAME"),
    ),
    "a rule to nowhere": (
        lambda t: t.replace('to = "leeds"', 'to = "york"'),
        ("'everything'", "'york'", "is no connection", "khaos, leeds"),
    ),
    "a rule to a building that is not there": (
        lambda t: t.replace('facility = "LDS1"', 'facility = "YRK1"'),
        ("'everything'", "'YRK1'", "known are: LDS1"),
    ),
    "a site that two buildings serve": (
        lambda t: t.replace('{ LDS1 = "Leeds" }', '{ LDS1 = "Leeds", LDS2 = "Leeds" }'),
        ("connections.leeds.sites.LDS2", "already served"),
    ),
    "an unknown system": (
        lambda t: t.replace('system = "clarus"', 'system = "klarus"'),
        ("connections.leeds.system", "klarus", "known are: acs, clarus, gxo, khaos"),
    ),
    "no Khaos Control": (lambda t: t[t.index("[connections.leeds]") :], ("exactly one connection", "khaos")),
    "a webhook written down": (
        lambda t: t + '[owners.support]\nwebhook = "https://hunter2.example.com/x"\n',
        ("owners.support.webhook", "never stands in fleet.toml", "env:NAME"),
    ),
    "an owner who cannot be told": (
        lambda t: t + '[owners.support]\nemail = "on-call@example.com"\n',
        ("owners.support.email", "needs the section [mail]"),
    ),
    "no address": (
        lambda t: t + '[mail]\nhost = "m"\n[owners.support]\nemail = "on-call"\n',
        ("owners.support.email", "is no e-mail address"),
    ),
    "hours that end before they begin": (
        lambda t: t + "[exceptions.hours]\nbegin = 18:00:00\n",
        ("exceptions.hours", "is not after begin"),
    ),
    "an owner of nobody": (
        lambda t: t + '[owners.support]\nescalate_to = "boss"\n',
        ("owners.support.escalate_to", "boss"),
    ),
    "not TOML": (lambda t: t + "what is this\n", ("is not TOML",)),
}


@pytest.mark.parametrize("name", sorted(WRONG))
def test_a_wrong_configuration_is_exactly_one_line_that_names_the_place(name: str, toml: Callable[[str], Path]) -> None:
    change, words = WRONG[name]
    changed = change(SMALL)
    assert changed != SMALL
    with pytest.raises(Misconfigured) as caught:
        read(toml(changed))
    said = str(caught.value)
    assert "\n" not in said
    for word in words:
        assert word in said
    assert "hunter2" not in said


def test_a_configuration_that_is_not_there_names_the_model(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"copy deploy/fleet\.example\.toml, or set FLEET_CONFIG"):
        read(tmp_path / "none.toml")


def test_the_small_configuration_of_these_tests_is_right(toml: Callable[[str], Path]) -> None:
    assert read(toml(SMALL)).routing[0].to == "leeds"


@pytest.mark.parametrize("name", sorted(WRONG))
def test_fleet_check_finds_one_problem_and_says_it_in_one_line(
    name: str, toml: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    change, words = WRONG[name]
    monkeypatch.setenv("FLEET_CONFIG", str(toml(change(SMALL))))
    config.environment.cache_clear()
    systems._read_once.cache_clear()
    try:
        found = checks.everything(ROOT / "Procfile", {})
    finally:
        config.environment.cache_clear()
        systems._read_once.cache_clear()
    (problem,) = found.problems
    assert "\n" not in problem
    assert all(word in problem for word in words)


def test_rates_need_a_redis_of_their_own_beside_rabbitmq(
    toml: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BROKER_URL", "amqp://fleet:x@127.0.0.1:5672/fleet")
    monkeypatch.delenv("REDIS_URL", raising=False)
    with pytest.raises(Misconfigured, match=r"redis_url.*set REDIS_URL"):
        config.read_fleet(toml(""))
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:6379/3")
    assert config.read_fleet(toml("")).redis == "redis://127.0.0.1:6379/3"
    monkeypatch.setenv("BROKER_URL", "redis://127.0.0.1:6379/1")
    monkeypatch.delenv("REDIS_URL")
    assert config.read_fleet(toml("")).redis == "redis://127.0.0.1:6379/1"
