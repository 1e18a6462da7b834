"""Scripts in every field of what each partner really sends, read as records are: no page of the desk runs one."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterator
from typing import Any
from xml.sax.saxutils import escape

import pytest

from fleet_tests.desk import desk
from fleet_tests.scripts import SCRIPT, harmful, walk
from fleet_tests.world import World
from workers.spine import reading
from workers.wiring.readers import reader_for

MOST = 120  # fields of one record that are tried
Path = tuple[Any, ...]


def clarus(request: pytest.FixtureRequest) -> World:
    world: World = request.getfixturevalue("world")
    world.opening(MUG=50)
    world.order(("MUG", 2))
    world.poll()
    world.ship()
    world.sweep()
    return world


def gxo(request: pytest.FixtureRequest) -> World:
    site = request.getfixturevalue("gxo")
    site.switch(floor=True)
    site.order(("MUG", 2))
    site.round()
    site.count()
    world: World = site.world
    return world


def acs(request: pytest.FixtureRequest) -> World:
    place = request.getfixturevalue("build_acs")()
    place.stock(DRESS=6)
    place.order(("DRESS", 2))
    place.pass_time()
    place.hear()
    world: World = place.world
    return world


def variants(body: bytes) -> Iterator[bytes]:
    """The record with the script in one of its fields, for each field: of JSON, of XML, or between separators."""
    text = body.decode("utf-8", "replace")
    try:
        whole = json.loads(text)
    except ValueError:
        field, fill = (
            (r"(?<=>)[^<>]*\w[^<>]*(?=<)", escape(SCRIPT))
            if text.lstrip().startswith("<")
            else (r"[^*|,~\r\n]+", SCRIPT)
        )
        for found in list(re.finditer(field, text))[:MOST]:
            yield f"{text[: found.start()]}{fill}{text[found.end() :]}".encode()
        return
    for path in list(fields(whole))[:MOST]:
        changed = copy.deepcopy(whole)
        at = changed
        for step in path[:-1]:
            at = at[step]
        at[path[-1]] = SCRIPT
        yield json.dumps(changed).encode()


def fields(value: Any, path: Path = ()) -> Iterator[Path]:
    """Where the texts of a JSON document stand."""
    if isinstance(value, str) and path:
        yield path
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, part in parts:
        yield from fields(part, (*path, step))


@pytest.mark.parametrize("partner", [clarus, gxo, acs])
def test_a_script_in_any_field_of_a_partners_record_is_shown_as_text(
    request: pytest.FixtureRequest, partner: Callable[[pytest.FixtureRequest], World]
) -> None:
    world = partner(request)
    sent = world.store.rows(
        "select distinct on (connection, source) connection, source, body from record"
        " order by connection, source, id desc"
    )
    assert {row["connection"] for row in sent} >= {"khaos"}
    told = 0
    for row in sent:
        for body in variants(bytes(row["body"])):
            told += 1
            world.store.receive(row["connection"], row["source"], f"script {told}", body)
    while reading.read_inbox(world.runtime, lambda c, s: reader_for(world.runtime, c, s)):
        pass
    walked = walk(desk(world.engine, store=world.store, settings=world.runtime.configuration), most=400)
    assert told > 30
    assert any("alert(1)" in text for path, text in walked.items() if "script" not in path.lower()), sorted(walked)
    assert harmful(walked) == []
