"""The forms on a return's page do what the commands of ``fleet returns`` do, for those who may, and are recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from fastapi.testclient import TestClient

from fleet_tests.desk import desk
from fleet_tests.shop import Shop
from workers.access import audit
from workers.access.roles import Role
from workers.views.snapshot import reading_engine


@pytest.fixture
def finance(shop: Shop, database: str) -> Iterator[TestClient]:
    engine = reading_engine(database)
    yield desk(engine, Role.FINANCE, store=shop.store)
    engine.dispose()


def page(client: TestClient, reference: str) -> str:
    answer = client.get(f"/returns/{reference}")
    assert answer.status_code == 200
    return str(answer.text)


def act(client: TestClient, deed: str, reference: str, **fields: str) -> None:
    answer = client.post(f"/return-acts/{deed}", data={"reference": reference, **fields}, follow_redirects=False)
    assert (answer.status_code, answer.headers.get("location")) == (303, f"/returns/{reference}"), answer.text


def refused(client: TestClient, deed: str, reference: str, **fields: str) -> str:
    answer = client.post(f"/return-acts/{deed}", data={"reference": reference, **fields}, follow_redirects=False)
    assert answer.status_code == 409, answer.text
    return str(answer.text)


def test_a_return_is_offered_credited_refunded_and_stopped_on_its_page(shop: Shop, finance: TestClient) -> None:
    order = shop.sold(("MUG", 2))
    shop.back("RMA-1", shop.good("MUG", 1), kind="return")
    one = shop.lines()[0]["reference"]
    assert "Have Khaos Control credit it" in page(finance, one)
    assert "needs a reason" in refused(finance, "offer", one, order=order)
    assert "is no amount" in refused(finance, "offer", one, order=order, price="ten", why="x")
    assert "order SO-NOBODY is not known" in refused(finance, "offer", one, order="SO-NOBODY", why="x")
    act(finance, "offer", one, order=order, price="9.50", why="her letter names the order")
    shop.world.go()
    assert shop.states() == ["offered"]
    assert "Have Khaos Control credit it" not in page(finance, one)
    assert "is offered; this can be done only while" in refused(finance, "grade", one, condition="good")
    assert "write the credit note" in refused(finance, "credited", one)
    act(finance, "credited", one, note="CN000017")
    act(finance, "refunded", one, why="by card")
    assert shop.states() == ["refunded"]
    assert "nothing of it stands" in refused(finance, "released", one)
    assert "there is no act" in refused(finance, "juggle", one)
    shop.back("RMA-2", shop.good("MUG", 1), external_system_reference2=order)
    two = shop.lines()[1]["reference"]
    assert "needs a reason" in refused(finance, "stop", two, why=" ")
    act(finance, "stop", two, why="credited by hand")
    assert shop.states() == ["refunded", "stopped"]
    assert "credited by hand" in page(finance, two)
    assert [(e["action"], e["object"], e["subject"], e["reason"]) for e in audit.entries(shop.store)] == [
        ("return stopped", f"return {two}", "local:wanda", "credited by hand"),
        ("return's refund confirmed", f"return {one}", "local:wanda", "by card"),
        ("return's credit note named", f"return {one}", "local:wanda", ""),
        ("return offered", f"return {one}", "local:wanda", "her letter names the order"),
    ]
    assert '"price": "9.50"' in str(audit.entries(shop.store)[3]["detail"])


def test_goods_without_a_condition_are_graded_on_the_page(open_shop: Callable[..., Shop], database: str) -> None:
    shop = open_shop(tables='[tables.return_dispositions.good]\n"*" = { reason = "1" }\n')
    order = shop.sold(("MUG", 1))
    shop.back("RMA-1", shop.held("MUG", 1, "DMGHOLD"), external_system_reference2=order)
    one = shop.lines()[0]["reference"]
    engine = reading_engine(database)
    operations = desk(engine, Role.OPERATIONS, store=shop.store)
    assert "Grade it" in page(operations, one)
    assert "condition &#39;shiny&#39; is none" in refused(operations, "grade", one, condition="shiny")
    act(operations, "grade", one, condition="good")
    engine.dispose()
    shop.world.go()
    assert [(line["condition"], line["state"]) for line in shop.lines()] == [("good", "offered")]


def test_whoever_may_not_decide_returns_sees_no_form_and_does_nothing(shop: Shop, database: str) -> None:
    order = shop.sold(("MUG", 1))
    shop.back("RMA-1", shop.good("MUG", 1), external_system_reference2=order)
    one = shop.lines()[0]["reference"]
    engine = reading_engine(database)
    service = desk(engine, Role.CUSTOMER_SERVICE, store=shop.store)
    assert "return-acts" not in page(service, one)
    assert service.post("/return-acts/stop", data={"reference": one, "why": "x"}).status_code == 403
    engine.dispose()
    assert shop.states() == ["offered"]
