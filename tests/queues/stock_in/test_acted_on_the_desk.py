"""A count is taken for true on the page of stock, and a file is read again on that of files."""

from __future__ import annotations

import re
from collections.abc import Callable

from fastapi.testclient import TestClient

from fleet_tests.desk import desk
from fleet_tests.gxo import ByFile
from workers.access import audit
from workers.access.roles import Role

ADOPT, REPLAY = "/stock-acts/adopt", "/file-acts/replay"


def seen(client: TestClient) -> str:
    """The version of the one difference that Stock shows."""
    found = re.search(r'name="seen" value="([0-9a-f]+)"', client.get("/stock").text)
    assert found is not None
    return found[1]


def test_a_count_is_taken_for_true_by_those_who_keep_the_books(build_gxo: Callable[..., ByFile]) -> None:
    gxo = build_gxo(stock="[stock]\n")
    gxo.stock(MUG=20, BOWL=10)
    gxo.switch(floor=False, snapshot_off_by={"MUG": -4})
    gxo.count()
    assert "stock_differs" in gxo.world.exceptions()
    finance = desk(gxo.world.engine, Role.FINANCE, store=gxo.store)
    row = {"site": "Main Site", "sku": "MUG", "seen": seen(finance), "why": "counted twice, they are gone"}
    gxo.switch(snapshot_off_by={"MUG": -7})
    gxo.count()
    assert "has changed since you looked" in finance.post(ADOPT, data=row).text
    assert gxo.store.rows("select * from movement where reason = 'COUNT'") == []
    gxo.switch(snapshot_off_by={"MUG": -4})
    gxo.count()
    row["seen"] = seen(finance)
    assert "needs a reason" in finance.post(ADOPT, data={**row, "why": " "}).text
    answer = finance.post(ADOPT, data=row, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/stock")
    gxo.hear()
    assert (gxo.position("MUG"), "stock_differs" in gxo.world.exceptions()) == ((16, {}), False)
    assert "count and movements agree" in finance.post(ADOPT, data=row).text
    assert ADOPT not in finance.get("/stock").text
    (entry,) = audit.entries(gxo.store)
    assert (entry["action"], entry["object"], entry["reason"]) == ("count adopted", "SKU MUG at Main Site", row["why"])
    support = desk(gxo.world.engine, Role.SUPPORT, store=gxo.store)
    assert support.post(ADOPT, data=row).status_code == 403


def test_a_file_is_read_again_once_at_a_time(build_gxo: Callable[..., ByFile]) -> None:
    gxo = build_gxo(stock="[stock]\n")
    gxo.stock(MUG=20)
    support = desk(gxo.world.engine, Role.SUPPORT, store=gxo.store)
    found = gxo.store.row("select record_id from partner_file where record_id is not null order by id desc limit 1")
    assert found is not None
    record = str(found["record_id"])
    assert f'name="record" value="{record}"' in support.get("/files").text
    answer = support.post(REPLAY, data={"record": record, "why": "the table is mended"}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/files")
    assert gxo.store.row("select record_id from record_unread") == found
    assert "waits to be read already" in support.post(REPLAY, data={"record": record}).text
    gxo.hear()
    assert (gxo.store.rows("select * from record_unread"), gxo.position("MUG")) == ([], (20, {}))
    assert "there is no record 999999" in support.post(REPLAY, data={"record": "999999"}).text
    assert "write a whole number" in support.post(REPLAY, data={"record": "soon"}).text
    (entry,) = audit.entries(gxo.store)
    assert (entry["action"], entry["object"], entry["reason"]) == (
        "record replayed",
        f"record {record}",
        "the table is mended",
    )
    viewer = desk(gxo.world.engine, Role.VIEWER, store=gxo.store)
    assert REPLAY not in viewer.get("/files").text
    assert viewer.post(REPLAY, data={"record": record}).status_code == 403
