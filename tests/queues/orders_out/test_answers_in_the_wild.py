"""Acknowledgements as translators really write them: short, contradictory, of numbers that are nobody's."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fleet_tests.gxo import ByFile

Build = Callable[..., ByFile]
Told = tuple[str, ...]


@pytest.fixture
def gxo(build_gxo: Build) -> ByFile:
    """Stock is told, and nobody there takes what is laid."""
    built = build_gxo()
    built.stock(MUG=20)
    return built


def answer(gxo: ByFile, number: object, *rest: Told) -> None:
    gxo.tell("997", ("AK1", "OW", str(number)), *rest)


def test_a_group_that_was_refused_without_a_word_on_its_sets_is_a_persons(gxo: ByFile) -> None:
    order = gxo.order(("MUG", 1))
    answer(gxo, gxo.number(), ("AK9", "R", "1", "1", "0", "5"))
    assert (gxo.state(order), gxo.world.exceptions()) == ("new", ["refused_by_warehouse"])


def test_a_group_that_was_taken_without_a_word_on_its_sets_was_read(gxo: ByFile) -> None:
    order = gxo.order(("MUG", 1))
    answer(gxo, f"{gxo.number():09d}", ("AK9", "A", "1", "1", "1"))
    assert (gxo.state(order), gxo.expected(), gxo.world.exceptions()) == ("sent", ["accepted"], [])


def test_a_set_that_was_refused_in_a_group_that_was_taken_was_refused(gxo: ByFile) -> None:
    order = gxo.order(("MUG", 1))
    refused = (("AK2", "940", "0001"), ("AK3", "N4", "7"), ("AK4", "3", "", "1"), ("AK5", "R", "5"))
    answer(gxo, gxo.number(), *refused, ("AK9", "A", "1", "1", "1"))
    assert (gxo.state(order), gxo.world.exceptions()) == ("new", ["refused_by_warehouse"])
    assert "segment N4 at 7" in gxo.world.exception("refused_by_warehouse")["reason"]


def test_what_was_taken_with_errors_is_taken_and_the_errors_are_a_persons(gxo: ByFile) -> None:
    order = gxo.order(("MUG", 1))
    noted = (("AK2", "940", "0001"), ("AK3", "N4", "7"), ("AK4", "3", "", "1"), ("AK5", "E", "5"))
    answer(gxo, gxo.number(), *noted, ("AK9", "E", "1", "1", "1"))
    assert (gxo.state(order), gxo.expected(), gxo.world.exceptions()) == ("sent", ["accepted"], ["accepted_with_error"])
    assert "segment N4 at 7" in gxo.world.exception("accepted_with_error")["reason"]


@pytest.mark.parametrize("number", ["0", "²"])
def test_a_refusal_of_a_group_that_nobody_sent_is_somebodys(gxo: ByFile, number: str) -> None:
    answer(gxo, number, ("AK9", "R", "1", "1", "0"))
    assert gxo.world.exceptions() == ["answer_unmatched"]
    assert number in gxo.world.exception("answer_unmatched")["subject"]


def test_a_group_of_nobodys_that_was_taken_troubles_nobody(gxo: ByFile) -> None:
    answer(gxo, "0", ("AK9", "A", "1", "1", "1"))
    assert gxo.world.exceptions() == []
