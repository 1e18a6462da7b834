from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from adapters.clarus.client import Clarus
from adapters.clarus.settings import Settings
from adapters.clarus.token import InProcess
from adapters.errors import Garbled, Rejected, Throttled, Unauthorised, Unavailable
from fleet_tests.clarus_sandbox import Desk, Sandbox
from mappings.clarus import write_goods_out


def test_a_token_that_ends_in_mid_run_is_renewed_once_without_being_noticed(desk: Desk, sandbox: Sandbox) -> None:
    before = sandbox.books()["calls"]["token"]
    sandbox.switch(unauthorised_next=1)
    desk.send(desk.fulfilment(MUG=1))
    assert sandbox.books()["calls"]["token"] == before + 1


def test_a_fresh_token_that_is_refused_again_and_again_is_unauthorised(desk: Desk, sandbox: Sandbox) -> None:
    sandbox.switch(unauthorised_next=50)
    with pytest.raises(Unauthorised):
        desk.clarus.ping()
    sandbox.switch(unauthorised_next=0)
    desk.clarus.ping()


def test_many_threads_fetch_one_token_between_them(settings: Settings, sandbox: Sandbox) -> None:
    before = sandbox.books()["calls"].get("token", 0)
    clarus = Clarus(settings, InProcess())
    start = threading.Barrier(8)

    def go() -> None:
        start.wait(5)
        clarus.ping()

    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(go) for _ in range(8)]:
            done.result(10)
    assert sandbox.books()["calls"]["token"] == before + 1


def test_a_throttled_call_names_the_wait_and_was_not_done(desk: Desk, sandbox: Sandbox) -> None:
    sandbox.switch(throttle_next=1)
    wanted = desk.fulfilment(MUG=1)
    with pytest.raises(Throttled) as told:
        desk.send(wanted)
    assert told.value.retry_after == 1.0
    assert not told.value.maybe_done
    assert desk.clarus.goods_outs_by_reference([wanted.reference], desk.facts.account_id) == []


def test_an_error_before_the_effect_leaves_nothing_and_is_perhaps_done(desk: Desk, sandbox: Sandbox) -> None:
    sandbox.switch(error_next=1)
    wanted = desk.fulfilment(MUG=1)
    with pytest.raises(Unavailable) as told:
        desk.send(wanted)
    assert told.value.maybe_done
    assert desk.clarus.goods_outs_by_reference([wanted.reference], desk.facts.account_id) == []


@pytest.mark.parametrize("fault", ["effect_then_500_next", "effect_then_hang_next"])
def test_an_answer_lost_after_the_effect_is_perhaps_done_and_found_by_its_reference(
    desk: Desk, sandbox: Sandbox, settings: Settings, fault: str
) -> None:
    sandbox.switch(**{fault: {"create_goods_out": 1}}, hang_seconds=5)
    wanted = desk.fulfilment(MUG=1)
    hasty = Clarus(settings.model_copy(update={"deadline": 0.5}))
    with pytest.raises(Unavailable) as told:
        hasty.create_goods_out(write_goods_out(wanted, desk.facts))
    assert told.value.maybe_done
    assert len(desk.clarus.goods_outs_by_reference([wanted.reference], desk.facts.account_id)) == 1


@pytest.mark.parametrize("fault", ["html_next", "truncate_next"])
def test_a_page_or_half_an_answer_is_garbled_and_perhaps_done(desk: Desk, sandbox: Sandbox, fault: str) -> None:
    sandbox.switch(**{fault: 1})
    wanted = desk.fulfilment(MUG=1)
    with pytest.raises(Garbled) as told:
        desk.send(wanted)
    assert told.value.maybe_done
    assert len(desk.clarus.goods_outs_by_reference([wanted.reference], desk.facts.account_id)) == 1


def test_errors_of_a_read_that_are_no_verdict_may_pass(desk: Desk, sandbox: Sandbox) -> None:
    sandbox.switch(graphql_error_next=1)
    with pytest.raises(Unavailable) as told:
        desk.clarus.reference_data()
    assert not told.value.maybe_done
    desk.clarus.reference_data()


def test_a_refused_order_carries_clarus_symbol(desk: Desk, sandbox: Sandbox) -> None:
    wanted = desk.fulfilment(MUG=1)
    sandbox.switch(reject={wanted.reference: "customer_blocked"})
    with pytest.raises(Rejected) as told:
        desk.send(wanted)
    assert (told.value.symbol, told.value.status, told.value.maybe_done) == ("customer_blocked", 422, False)


def test_a_reference_is_refused_twice_only_where_the_tenant_enforces_it(desk: Desk, sandbox: Sandbox) -> None:
    wanted = desk.fulfilment(MUG=1)
    desk.send(wanted)
    desk.send(wanted)
    assert len(desk.clarus.goods_outs_by_reference([wanted.reference], desk.facts.account_id)) == 2
    sandbox.switch(enforce_unique_reference=True)
    with pytest.raises(Rejected):
        desk.send(wanted)


def test_an_absent_clarus_is_unavailable_and_comes_back(desk: Desk, sandbox: Sandbox) -> None:
    sandbox.switch(away_until=time.time() + 60)
    with pytest.raises(Unavailable):
        desk.clarus.ping()
    sandbox.switch(away_until=0)
    desk.clarus.ping()


def test_a_call_that_got_no_token_was_not_done(desk: Desk, sandbox: Sandbox, settings: Settings) -> None:
    newcomer = Clarus(settings, InProcess())
    sandbox.switch(away_until=time.time() + 60)
    with pytest.raises(Unavailable) as told:
        newcomer.create_goods_out(write_goods_out(desk.fulfilment(MUG=1), desk.facts))
    assert not told.value.maybe_done


def test_nobody_listening_means_not_done(settings: Settings) -> None:
    with pytest.raises(Unavailable) as told:
        Clarus(settings.model_copy(update={"base_url": "http://127.0.0.1:1"})).ping()
    assert not told.value.maybe_done
