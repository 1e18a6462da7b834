"""A ledger that was restored from a backup: what was sent since is looked up before anything goes, as on day one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from workers.ledger.store import Store, within
from workers.sku_sync import garment_setup
from workers.spine import restored
from workers.spine.live import NOT_LIVE

STEP = 10_000  # control numbers that are left out: more than any backup's age has used
# Numbers of our own that others have seen: of messages in Redis and Flower, of returns, of files for a courier.
SEEN = {"message_id_seq": 1_000_000, "return_number": STEP, "return_sequence": STEP, "consignment_number": STEP}


@dataclass(frozen=True, slots=True)
class Restored:
    """What became of a restored ledger: connections to go live anew, and the last control number of each series."""

    shut: tuple[str, ...]
    numbers: Mapping[str, int]


def take_back(
    store: Store, warehouses: list[str], who: str, above: Mapping[str, int], laid: Mapping[str, int] | None = None
) -> Restored:
    """Shut every warehouse until it goes live anew, and go on with control numbers that nobody has seen.

    ``above`` names the last control number that a partner has seen, by connection, and is believed. Other series leave
    out a wide step behind the ledger's last number and the last one ``laid`` in the partner's folders.
    Cursors stand where the backup left them, so what was said since is asked for again.
    """
    with store.transaction() as db:
        run = within(db)
        shut = run(
            "update connection set shut_kind = %s, shut_since = now(), shut_until = null, alerted = false,"
            " restored_at = now(), shut_reason = 'restored: run `fleet go-live ' || name || '`'"
            " where name = any (%s) returning name",
            NOT_LIVE,
            warehouses,
        )
        numbers = run(
            "update series s set last = greatest(s.last, coalesce((%s::jsonb->>s.connection)::bigint,"
            " greatest(s.last, coalesce((%s::jsonb->>s.connection)::bigint, 0)) + %s)) returning connection, last",
            json.dumps(dict(above)),
            json.dumps(dict(laid or {})),
            STEP,
        )
        for sequence, step in SEEN.items():
            run("select setval(%s::regclass, nextval(%s::regclass) + %s)", sequence, sequence, step)
        run(
            "update cursor set value = jsonb_build_object('n', (value->>'n')::bigint + %s), moved_at = now()"
            " where source = %s and connection = any (%s)",
            STEP,
            garment_setup.FILES,  # the partner has seen their names
            warehouses,
        )
        names = tuple(sorted(row["name"] for row in shut))
        for name in names:
            restored.over(run, name, "the ledger was restored: everything is looked up before it is sent", who)
            run(
                "insert into timeline (story, subject, connection, step, who) values (%s, %s, %s, 'restored', %s)",
                f"connection {name}",
                f"connection:{name}",
                name,
                who,
            )
    return Restored(names, {row["connection"]: row["last"] for row in numbers})
