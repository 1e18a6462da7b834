"""Dispatches that Khaos Control reads from a courier's files: each invoice is shipped there once."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest

from fleet_tests.departures import Build, is_over, left, part_left, to_do, tracking_of
from fleet_tests.world import World
from workers import recovery
from workers.dispatch_in import polls
from workers.spine import reading, ringer
from workers.spine.people import Person
from workers.wiring.handlers import handler_for
from workers.wiring.readers import reader_for


class Filed(World):
    """A world whose dispatches lie as files in a courier's folder."""

    def __init__(self, world: World, folder: Path) -> None:
        super().__init__(world.khaos, world.clarus, world.runtime, world.engine)
        self.folder = folder

    def khaos_reads(self, *assigned: str, **columns: str) -> Any:
        """Khaos's operator reads the folder."""
        places = {"invoice": "Invoice", "consignment": "Consignment", "tracking": "Tracking", **columns}
        return self.khaos.post(
            "courier_files", folder=str(self.folder), mask="SHIP*.CSV", columns=places, assign=list(assigned)
        )


@pytest.fixture
def filed(build: Build, tmp_path: Path) -> Filed:
    return filing(build, tmp_path)


def filing(build: Build, tmp_path: Path, more: str = "") -> Filed:
    folder = tmp_path / "courier"
    folder.mkdir()
    world = build(
        khaos_more=f'consignment_file = {{ folder = "{folder}"{more} }}',
        clarus_more='dispatch_route = "consignment_file"',
    )
    return Filed(world, folder)


def rows_of(world: Filed, name: str) -> list[dict[str, str]]:
    text = (world.folder / name).read_bytes().decode()
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_each_dispatch_is_one_file_that_khaos_reads_and_the_worklist_empties_itself(filed: Filed) -> None:
    orders = [filed.order(("MUG", 2)), filed.order(("BOWL", 1))]
    filed.poll()
    filed.ship()
    filed.sweep()
    names = sorted(path.name for path in filed.folder.iterdir())
    assert len(names) == 2
    assert all(name.startswith("SHIP") and name.endswith(".CSV") for name in names)
    assert sorted(e["file"] for e in to_do(filed)) == names
    tracking = {filed.invoice(order): tracking_of(filed, order)[0] for order in orders}
    assert [rows_of(filed, name) for name in names] == [
        [{"Invoice": invoice, "Consignment": number, "Tracking": number}]
        for invoice, number in sorted(tracking.items(), key=lambda pair: names_of(filed)[pair[0]])
    ]
    assert filed.khaos_reads(*tracking)["shipped"] == sorted(tracking, key=lambda code: names_of(filed)[code])
    assert filed.read_back() == 2
    assert {i["invoice"]: i["consignment"] for order in orders for i in filed.invoices(order)} == tracking
    is_over(filed)


def names_of(world: World) -> dict[str, str]:
    rows = world.store.rows(
        "select s.invoice_code, c.name from consignment_file c join shipment s on s.reference = c.shipment"
    )
    return {row["invoice_code"]: row["name"] for row in rows}


def dies_with(world: World, *, after_the_file: bool) -> None:
    """A worker takes the only message, and is gone before it has laid the file, or right after that."""
    claimed = world.store.claim("dispatch-in", world.runtime.lease)
    handler = handler_for(world.runtime, claimed.flow, claimed.connection, claimed.kind)
    wire = claimed.wire
    if wire is None:
        written = handler.write(claimed)
        assert isinstance(written, bytes)
        wire = written
        world.store.freeze(claimed, wire)
    if after_the_file:
        handler.push(claimed, wire)
        world.store.run("update consignment_file set written_at = null")  # it did not come to that
    world.store.run("update message set lease_until = now() - interval '1 second' where state = 'working'")
    assert len(ringer.release_lost(world.runtime)) == 1
    world.store.run("update message set due_at = now()")


def test_a_crash_between_storing_and_writing_lays_the_same_bytes_under_the_same_name(filed: Filed) -> None:
    filed.clarus.switch(webhook_loss_rate=1.0)  # the sweep alone brings the dispatch: one message, which is the one
    order = filed.order(("MUG", 1))
    filed.poll()
    filed.ship()
    polls.sweep(filed.runtime, "leeds")
    reading.read_inbox(filed.runtime, lambda c, s: reader_for(filed.runtime, c, s))
    dies_with(filed, after_the_file=False)
    stored = filed.store.row("select name, body from consignment_file")
    assert list(filed.folder.iterdir()) == []
    dies_with(filed, after_the_file=True)
    filed.go()
    laid = [(path.name, path.read_bytes()) for path in filed.folder.iterdir()]
    assert laid == [(stored["name"], bytes(stored["body"]))]
    assert filed.store.row("select count(*) as n from consignment_file where written_at is not null")["n"] == 1
    assert filed.khaos_reads(filed.invoice(order))["shipped"] == [filed.invoice(order)]
    assert filed.read_back() == 1
    is_over(filed)


def test_a_file_of_somebody_else_under_the_name_is_an_exception_and_stays(filed: Filed) -> None:
    number = filed.store.row("select nextval('consignment_number') as n")["n"] + 1
    foreign = filed.folder / f"SHIP{number:06}.CSV"
    foreign.write_bytes(b"somebody else's")
    order = left(filed, ("MUG", 1))
    assert filed.exceptions() == ["consignment_conflict"]
    assert foreign.read_bytes() == b"somebody else's"
    foreign.unlink()
    recovery.retry(filed.store, filed.exception("consignment_conflict")["id"], Person("Mo"))
    filed.go()
    assert rows_of(filed, foreign.name)[0]["Invoice"] == filed.invoice(order)
    filed.khaos_reads(filed.invoice(order))
    filed.read_back()
    is_over(filed)


def test_a_folder_that_is_away_shuts_no_connection_and_is_tried_again(filed: Filed) -> None:
    filed.folder.rename(filed.folder.with_name("away"))
    order = left(filed, ("MUG", 1))
    assert [(m["state"], m["error_kind"]) for m in filed.live_messages()] == [("waiting", "consignment_folder")]
    for _ in range(5):
        filed.hurry()
    assert filed.store.row("select shut_kind from connection where name = 'khaos'")["shut_kind"] is None
    filed.folder.with_name("away").rename(filed.folder)
    filed.hurry()
    filed.khaos_reads(filed.invoice(order))
    filed.read_back()
    is_over(filed)


def test_no_file_is_laid_for_a_part_until_the_invoice_was_split(filed: Filed) -> None:
    order = part_left(filed, ("MUG", 5))
    invoice = filed.invoice(order)
    assert filed.exceptions() == ["split_in_khaos"]
    assert list(filed.folder.iterdir()) == []
    filed.read_back()
    assert [m["state"] for m in filed.live_messages()] == ["held"]
    assert [(e["invoice"], bool(e["split"])) for e in to_do(filed)] == [(invoice, True)]
    rest = filed.khaos.post("split", invoice=invoice, lines={"MUG": 2})["remainder"]
    filed.read_back()
    filed.go()
    assert [rows_of(filed, path.name)[0]["Invoice"] for path in filed.folder.iterdir()] == [invoice]
    assert filed.exceptions() == []
    assert filed.khaos_reads(invoice)["shipped"] == [invoice]
    filed.ship()
    filed.sweep()
    assert filed.khaos_reads(rest)["shipped"] == [rest]
    assert filed.read_back() == 2
    is_over(filed)


def test_what_left_in_two_goes_is_one_file_with_all_parcels(build: Build, tmp_path: Path) -> None:
    columns = 'invoice = "Invoice", consignment = "Ref", box = "Box", parcels = "Of", shipment = "Ours"'
    world = filing(build, tmp_path, f', rows = "parcel", delimiter = ";", columns = {{ {columns} }}')
    order = part_left(world, ("MUG", 5))
    world.ship()
    world.sweep()
    (path,) = world.folder.iterdir()
    lines = path.read_bytes().decode().split("\r\n")
    parcels = tracking_of(world, order)
    invoice = world.invoice(order)
    assert lines == [
        "Invoice;Ref;Box;Of;Ours",
        *(f"{invoice};{number};{n};2;{order}-1/S{n}" for n, number in enumerate(parcels, 1)),
        "",
    ]
    said = world.khaos.post(
        "courier_files", folder=str(world.folder), mask="SHIP*.CSV", delimiter=";", assign=[invoice],
        columns={"invoice": "Invoice", "consignment": "Ref", "box": "Box"},
    )  # fmt: skip
    assert (said["shipped"], said["errors"]) == ([invoice], [])
    assert world.read_back() == 2
    is_over(world)


def test_an_invoice_split_between_two_goes_whose_parcels_lie_in_one_file_gets_a_second_file(filed: Filed) -> None:
    order = part_left(filed, ("MUG", 5))
    invoice = filed.invoice(order)
    filed.ship()
    filed.sweep()  # both have left: one file for the whole invoice
    assert len(list(filed.folder.iterdir())) == 1
    rest = filed.khaos.post("split", invoice=invoice, lines={"MUG": 2})["remainder"]
    filed.read_back()
    filed.go()
    assert sorted(rows_of(filed, path.name)[0]["Invoice"] for path in filed.folder.iterdir()) == [invoice, rest]
    filed.khaos_reads(invoice, rest)
    filed.read_back()
    is_over(filed)
