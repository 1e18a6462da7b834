"""Other queues beside the fleet: they post what all post, and the warehouse of the bench can be asked."""

from __future__ import annotations

import json

import pytest

from fleet_tests.places import ROOT
from workers.bench.answers import Book
from workers.bench.peers.sides import PEERS, installed
from workers.bench.trade import NAME

FOLDER = ROOT / "workers" / "bench" / "peers"


def body(reference: str, *quantities: int) -> bytes:
    lines = [{"attributes": {"product_id": str(n), "order_quantity": q}} for n, q in enumerate(quantities, 1)]
    return b'{"data":{"attributes":{"reference":"%b","lines_changes":%b}}}' % (
        reference.encode(),
        json.dumps(lines).encode(),
    )


def look_up(book: Book, **variables: object) -> list[dict[str, object]]:
    told = json.loads(book.look_up(json.dumps({"variables": {**variables, "list_after": None}}).encode()))
    return [edge["node"] for edge in next(iter(told["data"].values()))["all"]["edges"]]


def test_what_was_posted_can_be_looked_up_by_reference_with_its_lines() -> None:
    book = Book()
    book.post(body("F1-1", 2))
    book.post(body("F2-1", 3, 4))
    found = look_up(book, list={"reference": {"in": ["F2-1", "F9-1"]}})
    assert [(node["id"], node["reference"]) for node in found] == [(2, "F2-1")]
    lines = look_up(book, goods_out_lines_0={"goods_out_id": {"eq": "2"}})
    assert [line["order_quantity"] for line in lines] == [3, 4]
    assert json.loads(book.told(b"F")) == {"orders": 2, "posts": 2, "doubled": 0}


def test_peers_post_the_same_body() -> None:
    posting = (FOLDER / "posting.py").read_text(encoding="utf-8")  # it imports what only the peers' environment has
    assert f'NAME = b"{NAME.decode()}"' in posting


def test_every_peer_is_described_once_and_has_a_worker() -> None:
    assert {peer.module for peer in PEERS} == {path.stem.removesuffix("_worker") for path in FOLDER.glob("*_worker.py")}


def test_what_make_peers_installed_is_told() -> None:
    found = installed()
    if not found:
        pytest.skip("no peers are installed: `make peers` does it")
    assert {peer.name for peer in found} <= {peer.name for peer in PEERS}
