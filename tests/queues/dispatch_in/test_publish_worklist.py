"""What waits for a person to publish it at the warehouse."""

from __future__ import annotations

from fleet_tests.world import World
from workers.views import worklists
from workers.views.worklists import WORKLISTS


def test_the_publish_worklist_names_what_the_warehouse_has_not_confirmed(world: World) -> None:
    world.store.run("insert into home (site, connection, facility) values ('Main Site', 'leeds', 'LDS1')"
                    " on conflict do nothing")  # fmt: skip
    world.poll()
    assert worklists.entries(world.engine, WORKLISTS["publish"]) == []
    world.store.run("delete from sku where code = 'MUG'")
    found = worklists.entries(world.engine, WORKLISTS["publish"])
    assert [(e["sku"], e["warehouse"], e["sites"], e["state"]) for e in found] == [
        ("MUG", "leeds", "Main Site", "not confirmed")
    ]
    assert {"dispatch": 0, "publish": 1}.items() <= worklists.counts(world.engine).items()
