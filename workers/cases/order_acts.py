"""What a person does about one order: hold, release, send elsewhere, send again, read again now. Each has a reason.

Nothing here breaks the promise that an order is at one warehouse once: what may have been sent is not held back and not
sent elsewhere until its cancellation is proven, and what is sent again is looked up first.
"""

from __future__ import annotations

from datetime import UTC, datetime

from workers import recovery
from workers.config import Configuration
from workers.domain import transitions
from workers.domain.fulfilment import FulfilmentRow, State, read_row
from workers.domain.order_gates import person_gate, person_gates
from workers.domain.rereads import reread
from workers.edi.resend import resend
from workers.ledger.store import Connection, Store, run_effects, within
from workers.spine import acts
from workers.spine.people import CannotDo, Person
from workers.spine.runtime import Runtime

OVER = (State.CANCELLED, State.WITHDRAWN)
UNSENT = """
select id from message where subject = any (%s) and kind in ('order', 'change') and maybe_sent_at is null
   and state in ('queued', 'waiting', 'held') for update
"""

HELD_BY = """
select g.name from gate g where not g.open and (g.name = any (%s) or g.kind = 'person' and exists (
    select 1 from message_gate h join message m on m.id = h.message_id where h.gate = g.name and m.subject = any (%s)))
 order by 1
"""  # also by a name that its invoice had before


def hold(store: Store, code: str, person: Person, why: str) -> int:
    """Hold an order back, also one that Khaos Control has not released yet. Returns how many messages are held by it.

    ``code`` is the order's, or its invoice's or its reference in the shop: each holds what is read of it later.

    Raises CannotDo where it may be at its warehouse already: only a cancellation in Khaos Control reaches it there.
    """
    why = acts.reason_of(why, "a hold")
    with store.transaction() as db:
        rows, order = _find(db, code)
        gate = person_gate(order)
        db.execute("update gate set open = false, changed_at = now() where name = %s", (gate,))
        db.execute("insert into gate (name, kind) values (%s, 'person') on conflict do nothing", (gate,))
        held = db.execute(UNSENT, ([row.subject for row in rows],)).fetchall()
        # asked once what is held is locked: nothing of the order is claimed any more
        if any(row.state not in (State.NEW, *OVER) for row in rows) or _maybe_sent(db, rows):
            raise CannotDo(
                f"{order} is or may be at its warehouse: cancel it in Khaos Control, which takes it back there"
            )
        for message in held:
            db.execute("select hold(%s, array[%s])", (message["id"], gate))
        _keep(db, order, person, "held by a person", why)
        return len(held)


def release(store: Store, code: str, person: Person, why: str) -> int:
    """Let an order go that a person held. Returns how many messages go. Raises CannotDo where nobody holds it."""
    why = acts.reason_of(why, "a release")
    with store.transaction() as db:
        rows, order = _find(db, code)
        shut = _held_by(db, rows, order)
        if not shut:
            raise CannotDo(f"nobody holds {order}: `fleet order show {order}` says what it waits for")
        why_open = f"{person.name}: {why}"
        done = db.execute("select open_gates(%s, %s) as n", (shut, why_open)).fetchone()
        _keep(db, order, person, "released by a person", why)
        return int(done["n"]) if done else 0


def send_elsewhere(
    store: Store, configuration: Configuration, code: str, person: Person, connection: str, facility: str, why: str
) -> None:
    """Send an order to a warehouse of a person's choice: what was surely not sent is taken back and read anew.

    Raises CannotDo where it may have been sent and its cancellation is not proven, and for a place that does not serve
    its Khaos site.
    """
    why = acts.reason_of(why, "another route")
    with store.transaction() as db:
        rows, order = _find(db, code)
        if not rows:
            raise CannotDo(f"the ledger has not read {order} yet: put a routing rule for it, or wait until it is read")
        sites = _sites(configuration, connection, facility)
        standing = [row for row in rows if row.state not in OVER]
        for row in rows:
            if row.site and row.site != sites[facility]:
                raise CannotDo(f"{connection}/{facility} serves {sites[facility]!r}, and {order} is of {row.site!r}")
        if any((row.warehouse, row.facility) == (connection, facility) for row in standing):
            raise CannotDo(f"{order} goes to {connection}/{facility} already")
        for row in standing:
            _take_back(db, row, person)
        erp = rows[0].erp
        db.execute(
            "insert into order_route (erp, order_code, connection, facility, who, why) values (%s, %s, %s, %s, %s, %s)"
            " on conflict (erp, order_code) do update set connection = excluded.connection,"
            " facility = excluded.facility, who = excluded.who, why = excluded.why, at = now()",
            (erp, order, connection, facility, person.name, why),
        )
        db.execute("select want_order(%s, %s)", (erp, order))
        db.execute("select wake()")
        _keep(db, order, person, "sent elsewhere", f"to {connection}/{facility}: {why}")


def _sites(configuration: Configuration, connection: str, facility: str) -> dict[str, str]:
    places = {c.name: dict(getattr(c.settings, "sites", {})) for c in configuration.warehouses}
    if facility not in places.get(connection, {}):
        known = ", ".join(f"{name}/{one}" for name, sites in sorted(places.items()) for one in sorted(sites))
        raise CannotDo(f"there is no {connection}/{facility}; known are {known}")
    return places[connection]


def _take_back(db: Connection, row: FulfilmentRow, person: Person) -> None:
    """Withdraw what was surely not sent. Raises CannotDo, with nothing written, where it may have been."""
    if row.state is not State.NEW or row.sent_at is not None or _maybe_sent(db, [row]):
        raise CannotDo(
            f"{row.reference} is or may be at {row.warehouse}: cancel it in Khaos Control first; once its cancellation"
            " is proven it can be sent elsewhere"
        )
    db.execute(
        "select finish(id, 'withdrawn', 'sent elsewhere', %s) from (select id from message where subject = %s"
        " and kind <> 'cancel' and state in ('queued', 'waiting', 'held', 'dead') and maybe_sent_at is null"
        " for update) m",
        (person.name, row.subject),
    )
    if db.execute("select 1 from message where subject = %s limit 1", (row.subject,)).fetchone():
        raise CannotDo(f"{row.reference} is being worked on: wait a moment")
    db.execute("delete from expectation where subject = %s", (row.subject,))
    transitions.withdraw(within(db), row)


def send_again(store: Store, code: str, person: Person, why: str) -> list[str]:
    """Send again what of an order could not go, or a file that its warehouse may have lost. Returns the references.

    What may have been sent is looked up first; a file is laid under its own name. Raises CannotDo where there is
    nothing to send again, and where a person holds the order.
    """
    why = acts.reason_of(why, "sending again")
    with store.transaction() as db:
        rows, order = _find(db, code)
        if _held_by(db, rows, order):
            raise CannotDo(f"a person holds {order}: let it go first, `fleet order release {order}`")
        dead = db.execute(
            "select e.id from exception e join message m on m.id = e.message_id where m.subject = any (%s)"
            " and m.state = 'dead' and e.state = 'open' order by e.id",
            ([row.subject for row in rows],),
        ).fetchall()
        again = [recovery.retry_within(db, one["id"], person) for one in dead]
        for row in rows if not dead else ():
            if row.state is State.SENT and row.accepted_at is None and not row.shipments:
                laid = resend(db, order, row.subject, f"{person.name} at {datetime.now(UTC).isoformat()}")
                again += [laid] if laid else []
        if not again:
            raise CannotDo(
                f"nothing of {order} can be sent again: it waits, or its warehouse has it. `fleet order show {order}`"
            )
        db.execute("select wake()")
        _keep(db, order, person, "sent again", why)
        return again


def read_again(store: Store, configuration: Configuration, code: str, person: Person, why: str) -> list[str]:
    """Have an order read now, in Khaos Control and at each warehouse that can be asked. Returns who is asked."""
    why = acts.reason_of(why, "reading again")
    runtime = Runtime(configuration)
    runtime.__dict__["store"] = store
    with store.transaction() as db:
        rows, order = _find(db, code)
        erp = configuration.erp.name
        db.execute("select want_order(%s, %s)", (erp, order))
        asked = [erp]
        for row in rows:
            reads = configuration.connections.get(row.warehouse) and runtime.warehouse(row.warehouse).parts.order_reads
            if row.state in (State.NEW, *OVER) or not reads:
                continue
            mark = f"{person.name} at {datetime.now(UTC).isoformat()}"
            run_effects(
                db, [reread(row.warehouse, row.their_id or "", row.reference, order, "a person asks", mark=mark)]
            )
            asked.append(row.warehouse)
        db.execute("select wake()")
        _keep(db, order, person, "read again by a person", why)
        return asked


def _find(db: Connection, code: str) -> tuple[list[FulfilmentRow], str]:
    """The fulfilments of an order, locked, and its code; a fulfilment's, an invoice's or the shop's name will do."""
    code = code.strip()
    if not code:
        raise CannotDo("name an order")
    found = db.execute(
        "select order_code from fulfilment where reference = %s or order_code = %s or invoice_code = %s limit 1",
        (code, code, code),
    ).fetchone()
    if not found:
        shop = db.execute(
            "select distinct order_code from fulfilment where associated_ref = %s and associated_ref <> '' limit 2",
            (code,),
        ).fetchall()
        found = shop[0] if len(shop) == 1 else None  # a reference of several orders names none of them
    order = str(found["order_code"]) if found else code
    rows = db.execute("select * from fulfilment where order_code = %s order by number for update", (order,)).fetchall()
    return [read_row(row) for row in rows], order


def _held_by(db: Connection, rows: list[FulfilmentRow], order: str) -> list[str]:
    """The gates at which a person holds an order, by any of its names."""
    named = sorted({gate for row in rows for gate in person_gates(row)} | {person_gate(order)})
    found = db.execute(HELD_BY, (named, [row.subject for row in rows])).fetchall()
    return [row["name"] for row in found]


def _maybe_sent(db: Connection, rows: list[FulfilmentRow]) -> bool:
    return bool(
        db.execute(
            "select 1 from message where subject = any (%s) and (maybe_sent_at is not null or state = 'working')"
            " limit 1",
            ([row.subject for row in rows if row.state not in OVER],),
        ).fetchone()
    )


def _keep(db: Connection, order: str, person: Person, step: str, why: str) -> None:
    acts.of_subject(db, order, f"order:{order}", person, step, why)
    acts.keep(db, person, f"order {step}", f"order {order}", why=why)
