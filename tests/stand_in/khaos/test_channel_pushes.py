"""What the channel's client pushes to a small server that stands where our side would: in which portions, and again."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from defusedxml.ElementTree import fromstring

from fleet_tests.channel import OURS, Until, channel, config
from fleet_tests.http_partner import Partner
from fleet_tests.khaos_sandbox import Sandbox


def test_at_the_first_link_up_the_whole_catalogue_comes_in_several_calls_and_then_what_changed(
    sandbox: Sandbox, link: Callable[..., Any], served: Partner, until: Until
) -> None:
    more = [{"code": f"N{n:03}", "description": f"Number {n}", "in_stock": n} for n in range(120)]
    sandbox.post("products", products=more)
    link()
    until(lambda: channel(sandbox)["gets"].get("CReturnDownload", {}).get("200", 0) >= 3)
    bodies = [json.loads(heard.body) for heard in served.to("/stock")]
    codes = [row["StockCode"] for body in bodies for row in body["Items"]]
    assert len(bodies) == 3
    assert sorted(codes) == sorted({*codes})
    assert len(codes) == 128
    sample = json.loads((OURS / "kcc_stock_upload_request.json").read_bytes())
    assert set(bodies[0]) == set(sample)
    assert set(bodies[0]["Items"][0]["Options"]) == set(sample["Items"][0]["Options"])
    assert {"StockID", "StockCode", "ShortDescription"} <= set(bodies[0]["Items"][0])
    sandbox.post("products", products=[{"code": "N007", "description": "Bond", "barcode": "5012"}])
    changed = json.loads(until(lambda: served.to("/stock")[3:])[0].body)
    assert [(row["StockCode"], row["ShortDescription"]) for row in changed["Items"]] == [("N007", "Bond")]


def test_levels_come_for_each_site_at_most_a_hundred_a_call_and_again_when_they_change(
    sandbox: Sandbox, link: Callable[..., Any], served: Partner, until: Until
) -> None:
    sandbox.post("products", products=[{"code": f"N{n:03}", "in_stock": n} for n in range(120)])
    link()
    until(lambda: channel(sandbox)["gets"].get("CReturnDownload", {}).get("200", 0) >= 3)
    bodies = [json.loads(heard.body)["Statuses"] for heard in served.to("/levels")]
    assert max(map(len, bodies)) <= 100
    rows = {(row["StockCode"], row["SiteID"]): row for body in bodies for row in body}
    assert sum(map(len, bodies)) == len(rows) == (120 + 7) * 2  # seven items, without the parent
    assert rows["MUG", 1]["Levels"] == {"Available": 100.0, "OnOrder": 0.0}
    assert "Levels" not in rows["ENGRAVE", 1]
    assert rows["SET", 1]["RelationshipPotential"] == {"FromChildren": 5.0, "FromParents": 0.0}
    before = len(served.to("/levels"))
    sandbox.post("shop", code="BOWL", quantity=2)
    until(lambda: len(served.to("/levels")) > before)
    told = [row for heard in served.to("/levels")[before:] for row in json.loads(heard.body)["Statuses"]]
    assert {(row["StockCode"], row["SiteID"]) for row in told} == {("BOWL", 1), ("SET", 1)}
    assert next(row for row in told if row["StockCode"] == "BOWL")["Levels"]["Available"] == 3.0


def test_in_xml_the_same_is_said_in_elements(link: Callable[..., Any], served: Partner, until: Until) -> None:
    served.answers["/config.xml"] = (200, {}, config(served.url, "XML"))
    served.answers["/returns"] = (
        200,
        {},
        b"<CustomerReturnImport><Returns/><ApiVersion>1000</ApiVersion></CustomerReturnImport>",
    )
    served.answers["/orders"] = (
        200,
        {},
        b"<SalesOrderImport><Orders/><ApiVersion>1000</ApiVersion></SalesOrderImport>",
    )
    link()
    stock = fromstring(until(lambda: served.to("/stock"))[0].body)
    mug = next(item for item in stock.iterfind("Items/StockItem") if item.findtext("StockCode") == "MUG")
    assert mug.findtext("Options/StockControlled") == "true"
    assert mug.find("StockType2").get("ID") == "1"
    levels = fromstring(until(lambda: served.to("/levels"))[0].body)
    rows = {(row.findtext("StockCode"), row.findtext("SiteID")): row for row in levels.iterfind("Statuses/StockStatus")}
    assert rows["MUG", "1"].findtext("Levels/Available") == "100"
    assert served.to("/levels")[0].headers["content-type"].startswith("application/xml")


def test_what_is_not_answered_200_comes_again_identical_until_it_is(
    sandbox: Sandbox, link: Callable[..., Any], served: Partner, until: Until
) -> None:
    refusals = iter([400, 500, 503, 401])
    served.answers["/levels"] = lambda _: (next(refusals, 200), {}, b"")
    link()
    until(lambda: channel(sandbox)["posts"].get("StockStatusUpload", {}).get("200"))
    bodies = [heard.body for heard in served.to("/levels")]
    assert len(bodies) == 5
    assert len(set(bodies)) == 1
    shown = channel(sandbox)
    assert shown["posts"]["StockStatusUpload"] == {"400": 1, "500": 1, "503": 1, "401": 1, "200": 1}
    assert shown["retries"]["StockStatusUpload"] == 4
    assert shown["waiting"] == 0


def test_a_repeat_waits_its_minutes_and_holds_nothing_newer_back(
    sandbox: Sandbox, link: Callable[..., Any], served: Partner, until: Until
) -> None:
    refusals = iter([500])
    served.answers["/levels"] = lambda _: (next(refusals, 200), {}, b"")
    link(60.0)  # the first repeat is due after one of our seconds
    until(lambda: served.to("/levels"))
    sandbox.post("shop", code="BOWL", quantity=1)
    until(lambda: len(served.to("/levels")) == 3)
    first, second, third = (heard.body for heard in served.to("/levels"))
    assert first == third != second
    assert b'"BOWL"' in second


def test_a_push_can_be_repeated_after_a_200(
    sandbox: Sandbox, link: Callable[..., Any], served: Partner, until: Until
) -> None:
    sandbox.post("switches", channel_repeat_rate=1.0)
    link()
    until(lambda: channel(sandbox)["repeats"].get("StockStatusUpload"))
    bodies = [heard.body for heard in served.to("/levels")]
    assert len(bodies) == 2
    assert len(set(bodies)) == 1
