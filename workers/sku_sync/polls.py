"""Polls of Khaos for ``sku-sync``: products that changed, and SKUs that orders wait for."""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from adapters.errors import Garbled
from workers.ports.sources import Source
from workers.spine.polling import Units, call, now, receipt
from workers.spine.runtime import Runtime

PRODUCTS_A_CALL = 50
FEW, FEW_OF = 50, 10  # products that may be gone at once, or a tenth of all: more is a list that is not whole
CLOCKS_DIFFER = timedelta(hours=2)  # by how much their word of when something was edited may be off


def poll_catalogue(runtime: Runtime) -> int:
    """Ask Khaos for products that changed. The cursor moves when every call was made, and never past this moment.

    A product that cannot be exported stands in the exception table, and is asked for again each time.
    """
    name, asked_at = runtime.configuration.erp.name, now(runtime)
    row = runtime.store.row("select value from cursor where connection = %s and source = 'catalogue'", name)
    # a moment of their clock that lies ahead of ours would hide what is edited until then
    since = min(datetime.fromisoformat(row["value"]["until"]), asked_at) if row else None
    codes, until = call(runtime, name, "catalogue", lambda: runtime.erp.fetch_changed_products(since))
    new = _export(runtime, {*codes, *_units(runtime).owed()}, str(until))
    if until is not None:
        runtime.store.run(
            "insert into cursor (connection, source, value) values (%s, 'catalogue', %s)"
            " on conflict (connection, source) do update set value = excluded.value, moved_at = now()",
            name,
            json.dumps({"until": min(until, asked_at).isoformat()}),
        )
    return new


def compare_catalogue(runtime: Runtime) -> int:
    """Compare Khaos's whole list of products with ours: export what the cursor missed, and look after what is gone."""
    name = runtime.configuration.erp.name
    if runtime.store.row("select 1 as one from cursor where connection = %s and source = 'catalogue'", name) is None:
        return 0  # the first poll of the catalogue asks for all of it
    listed = call(runtime, name, "whole catalogue", runtime.erp.fetch_catalogue)
    seen = {
        row["code"]: row["seen_at"]
        for row in runtime.store.rows("select code, seen_at from product where erp = %s", name)
    }
    missed = {
        item.export_as
        for item in listed
        if item.code not in seen or (item.edited_at is not None and item.edited_at > seen[item.code] - CLOCKS_DIFFER)
    }
    gone = _gone(runtime, {item.code for item in listed})
    if len(gone) > FEW and len(gone) * FEW_OF > len(seen):
        raise Garbled(
            f"Khaos Control's whole list lacks {len(gone)} of {len(seen)} products, such as {gone[0]}: see whether the"
            " login may read all of them; nothing was taken for deleted",
            maybe_done=False,
        )
    return _export(runtime, missed, str(time.time_ns())) + _look_after(runtime, gone)


def _gone(runtime: Runtime, listed: Collection[str]) -> list[str]:
    rows = runtime.store.rows(
        "select code from product where erp = %s and deleted_at is null and for_warehouse order by code",
        runtime.configuration.erp.name,
    )
    return [row["code"] for row in rows if row["code"] not in listed]


def _look_after(runtime: Runtime, gone: Sequence[str]) -> int:
    """Keep as vanished those codes that Khaos does not export either; what it exports is there."""
    name, units = runtime.configuration.erp.name, _units(runtime)
    vanished: list[str] = []
    for some, body in units.fetch(gone, runtime.erp.fetch_products):
        products, unreadable = runtime.erp.read_products(body)
        there = {product.code for product in products} | {entry.subject for entry in unreadable}
        vanished += [code for code in some if code not in there]
    if not vanished:
        return 0
    body, moment = json.dumps(vanished).encode(), str(time.time_ns()).encode()
    return int(runtime.store.receive(name, Source.VANISHED_PRODUCTS, receipt(body + moment), body) is not None)


def _export(runtime: Runtime, codes: Collection[str], moment: str) -> int:
    """Store what Khaos exports of some codes. ``moment`` makes the same words news: A, B and A again."""
    name, units, new = runtime.configuration.erp.name, _units(runtime), 0
    if odd := sorted(code for code in codes if "," in code):
        body = json.dumps(odd).encode()
        new += int(runtime.store.receive(name, Source.CODE_WITH_COMMA, receipt(body), body) is not None)
    wanted = sorted(code for code in codes if "," not in code)
    for some, body in units.fetch(wanted, runtime.erp.fetch_products):
        key = receipt(body + moment.encode())
        new += int(runtime.store.receive(name, Source.PRODUCTS, key, body) is not None)
        units.exported(some)
    return new


def _units(runtime: Runtime) -> Units:
    return Units(runtime, runtime.configuration.erp.name, "sku-sync", "product", PRODUCTS_A_CALL)


def poll_asked(runtime: Runtime) -> int:
    """Export the SKUs that orders wait for and that the catalogue has not brought yet, many to a call."""
    name = runtime.configuration.erp.name
    wanted = runtime.store.rows(
        "update gate g set changed_at = now() where kind = 'sku' and not open and changed_at < now() - interval"
        " '10 seconds'"
        " and exists (select 1 from message_gate h where h.gate = g.name)"
        " and not exists (select 1 from product p where p.erp = %s and p.code = gated_sku(g.name)) returning"
        " gated_sku(g.name) as code",
        name,
    )
    # asked because something waits: worth a reading each time
    return _export(runtime, {row["code"] for row in wanted if "," not in row["code"]}, str(time.time_ns()))
