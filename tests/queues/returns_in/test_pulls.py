"""What Khaos Control pulls over its channel: each return once, whatever gets lost on the way."""

from __future__ import annotations

from collections.abc import Callable

from fleet_tests.shop import Shop
from workers.returns_in import decisions, pulls


def test_a_lost_answer_and_repeated_pulls_import_each_return_once(open_shop: Callable[..., Shop]) -> None:
    shop = open_shop(page=2)
    order = shop.sold(("MUG", 5))
    for n in range(5):
        shop.back(f"RMA-{n}", shop.good("MUG", 1), external_system_reference2=order)
    shop.world.khaos.switch(channel_lost_answer_next={"CReturnDownload": 2})
    shop.pulled(8)
    channel = shop.channel()
    assert channel["lost"]["CReturnDownload"] == 2
    assert len(shop.credited()) == 5
    assert sorted(reference for reference, _ in shop.credited()) == [line["reference"] for line in shop.lines()]
    assert shop.read_credits() == 5


def test_a_continuation_that_khaos_forgot_begins_anew_with_what_is_not_credited(shop: Shop) -> None:
    order = shop.sold(("MUG", 3))
    for n in range(3):
        shop.back(f"RMA-{n}", shop.good("MUG", 1), external_system_reference2=order)
    references = [line["reference"] for line in shop.lines()]

    def pull(continuation: str, *named: str) -> tuple[list[str], str | None]:
        batch = pulls.pull(shop.store, "khaos", continuation, 2, named)
        return [made.reference for made in batch.returns], batch.continuation

    first, second = "2019-12-31 12:00:00Z", shop.lines()[1]["sequence"]
    assert pull(first) == (references[:2], str(second))
    assert pull(first) == (references[:2], str(second))  # the answer was lost
    assert shop.states() == ["offered", "offered", "offered"]
    assert pull(str(second)) == (references[2:], str(second + 1))
    assert shop.states() == ["presumed_imported", "presumed_imported", "offered"]
    assert pull(str(second + 1)) == ([], str(second + 1))
    assert shop.states() == ["presumed_imported"] * 3
    decisions.credited(shop.store, references[0], "CN-1", "Anna B")
    assert pull(first) == (references[1:], str(second + 1))
    assert pull(str(second)) == (references[2:], str(second + 1))
    assert pull(str(second + 1), references[1], references[0], "RT9999999") == ([references[1]], str(second + 1))
    assert pull(first, *references[1:]) == (references[1:], None)
    decisions.stop(shop.store, references[2], "Anna B", "never mind")
    assert pull(first) == ([references[1]], str(second))


def test_nothing_that_was_not_told_is_presumed_to_be_imported(shop: Shop) -> None:
    order = shop.sold(("MUG", 1))
    shop.back("RMA-1", shop.good("MUG", 1), external_system_reference2=order)
    far = str(shop.lines()[0]["sequence"] + 1000)
    batch = pulls.pull(shop.store, "khaos", far, 10)
    assert (len(batch.returns), batch.continuation) == (1, str(shop.lines()[0]["sequence"]))
    assert shop.states() == ["offered"]


def test_an_operators_retry_asks_for_certain_returns_and_gets_exactly_those(shop: Shop) -> None:
    order = shop.sold(("MUG", 2))
    shop.back("RMA-1", shop.good("MUG", 1), external_system_reference2=order)
    shop.back("RMA-2", shop.good("MUG", 1), external_system_reference2=order)
    shop.world.khaos.post("reasons", reasons=[])  # both are refused there
    shop.pulled()
    assert shop.states() == ["presumed_imported", "presumed_imported"]
    assert shop.credited() == []
    shop.world.khaos.post("reasons", reasons=[{"id": "1", "processing": "return_to_stock"}])
    second = shop.lines()[1]["reference"]
    shop.link()
    shop.world.khaos.post("channel/retry", refs=[second], endpoint="CReturnDownload")
    shop.world.until(shop.credited)
    shop.unlink()
    assert shop.credited() == [(second, {"MUG": 1})]


def test_the_channel_in_xml_credits_the_same(open_shop: Callable[..., Shop]) -> None:
    shop = open_shop(form="XML")
    order = shop.sold(("MUG", 2))
    shop.back("RMA-1", shop.good("MUG", 2), external_system_reference2=order)
    shop.pulled(3)
    assert shop.credited() == [(shop.lines()[0]["reference"], {"MUG": 2})]
    assert shop.read_credits() == 1
