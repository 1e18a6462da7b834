"""What is kept of one person: found by name, e-mail, postcode or order, given out as one document, and erased.

Erasing keeps the books: references, quantities, money and the times of what happened stay, and no word of the person.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html import escape
from typing import Any

from workers.access import audit
from workers.ledger.store import Connection, Row, Store
from workers.spine.people import CannotDo, Person

ERASED = "erased"
BY_KEY = """
select distinct coalesce(m.story, s.story) as story from message_body b
  left join message m on m.id = b.message_id left join message_settled s on s.id = b.message_id
 where b.body ?| array['address', 'invoice_address', 'delivery_address', 'fulfilment'] and person_keys(b.body) @> %s
 order by 1 limit 1000
"""
MESSAGES = """
select id, flow, connection, kind, reference, state, created_at, null::timestamptz as settled_at, record_id
  from message where story = %(story)s
union all
select id, flow, connection, kind, reference, state, created_at, settled_at, record_id
  from message_settled where story = %(story)s order by created_at, id
"""
PERSONAL = frozenset(
    ("name", "organisation", "line1", "line2", "line3", "town", "county", "postcode", "email", "phone")
)
BESIDE = frozenset(("first_name", "last_name", "note", "notes", "gift_message"))
TELLING = frozenset(("name", "line1", "email", "phone", "note", "notes", "gift_message"))  # by these a record is theirs
COMMON = frozenset(("town", "county"))  # in a record these words are everybody's
SHORTEST = 4  # characters of a word that is taken out of a record: shorter ones stand in other words


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whom is asked for. Of what is given all must fit; an order is a person by itself."""

    email: str = ""
    postcode: str = ""
    surname: str = ""
    orders: tuple[str, ...] = ()

    @property
    def keys(self) -> list[str]:
        """The keys that the index knows."""
        given = {
            "email": self.email.strip().lower(),
            "postcode": "".join(self.postcode.split()).upper(),
            "surname": (self.surname.strip().lower().split() or [""])[-1],
        }
        return [f"{kind}:{value}" for kind, value in given.items() if value]

    @property
    def certain(self) -> bool:
        """Whether it names one person: an order, an e-mail address, or a surname at a postcode."""
        return bool(self.orders or self.email.strip() or (self.postcode.strip() and self.surname.strip()))


@dataclass(slots=True)
class Words:
    """What stood in a person's addresses: by ``telling`` ones a record is theirs, ``others`` go with them."""

    telling: set[str] = field(default_factory=set)
    others: set[str] = field(default_factory=set)


def find(store: Store, wanted: Wanted, person: Person) -> list[str]:
    """The orders (stories) of a person, at most 1,000; who asked is recorded, by what kind of word and not by the word.

    Raises CannotDo when nothing is asked for.
    """
    with store.transaction() as db:
        found = _orders(db, wanted)
        kinds = [key.partition(":")[0] for key in wanted.keys] + ["order"] * bool(wanted.orders)
        audit.record(db, person.actor, "person searched", f"{len(found)} orders", reason=f"by {', '.join(kinds)}")
    return found


def export(store: Store, wanted: Wanted, person: Person, why: str) -> dict[str, Any]:
    """All that is kept of a person, by order, as JSON holds it. Raises CannotDo where one person is not named."""
    _certain(wanted)
    with store.transaction() as db:
        found = _orders(db, wanted)
        given = {"orders": {story: _all_of(db, story) for story in found}}
        for story in found:
            audit.record(db, person.actor, "person exported", f"order {story}", reason=why)
    return given


def erase(store: Store, wanted: Wanted, person: Person, why: str) -> dict[str, int]:
    """Erase a person from bodies, bytes, edits, partners' words, offers, records and the audit's details.

    Returns how many rows of each were changed. Raises CannotDo, with nothing erased, where one person is not named,
    nothing is found, or a message of theirs is still to be done.
    """
    _certain(wanted)
    with store.transaction() as db:
        orders = _orders(db, wanted)
        if not orders:
            raise CannotDo("nothing is kept of such a person: see `fleet person find`")
        busy = db.execute("select distinct story from message where story = any (%s)", (orders,)).fetchall()
        if busy:
            raise CannotDo(
                f"{', '.join(row['story'] for row in busy)}: a message is still to be done and would go without an"
                " address; see `fleet order`, end it (retry, or dismiss with a reason), and erase then"
            )
        words = Words()
        done = {"bodies": _bodies(db, orders, words), "offers": _offers(db, orders, words)}
        done["edits"] = _edits(db, orders, words)
        done["partners' words"] = db.execute("delete from partner_words where story = any (%s)", (orders,)).rowcount
        done["notes"] = db.execute(
            "update garment_return set note = '' where order_code = any (%s) and note <> ''", (orders,)
        ).rowcount
        done["reasons"] = _reasons(db, words)
        done["records"] = _records(db, orders, words)
        done["audit details"] = _details(db, orders, words)
        for story in orders:
            audit.record(db, person.actor, "person erased", f"order {story}", reason=why)
    return done


def _certain(wanted: Wanted) -> None:
    if not wanted.certain:
        raise CannotDo("many people may fit: name orders, an e-mail address, or a surname with its postcode")


def _orders(db: Connection, wanted: Wanted) -> list[str]:
    if wanted.orders:
        return sorted(set(wanted.orders))
    if not wanted.keys:
        raise CannotDo("say whom: an order, an e-mail address, a postcode or a surname")
    return [row["story"] for row in db.execute(BY_KEY, (wanted.keys,)).fetchall() if row["story"]]


def _all_of(db: Connection, story: str) -> dict[str, Any]:
    messages = db.execute(MESSAGES, {"story": story}).fetchall()
    ids = [row["id"] for row in messages]
    bodies = db.execute("select message_id, body from message_body where message_id = any (%s)", (ids,)).fetchall()
    said = {row["message_id"]: row["body"] for row in bodies}
    return {
        "messages": [{**row, "body": said.get(row["id"])} for row in messages],
        "partners_words": _rows(db, "select at, connection, words from partner_words where story = %s", story),
        "returns": [
            {**row, "offer": bytes(row["offer"]).decode(errors="replace") if row["offer"] else None}
            for row in _rows(
                db, "select reference, sku, units, state, offer from return_line where order_code = %s", story
            )
        ],
        "garments": _rows(db, "select tag, sku, note from garment_return where order_code = %s", story),
        "story": _rows(db, "select at, step, note, who from timeline where story = %s order by id", story),
    }


def _rows(db: Connection, sql: str, story: str) -> list[Row]:
    return db.execute(sql, (story,)).fetchall()


def _ids(db: Connection, orders: list[str]) -> list[int]:
    rows = db.execute("select id from message_settled where story = any (%s)", (orders,)).fetchall()
    return [row["id"] for row in rows]


def _bodies(db: Connection, orders: list[str], words: Words) -> int:
    """Erase bodies and the bytes that were sent; gather the person's words."""
    rows = db.execute(
        "select message_id, body from message_body where message_id = any (%s) for update", (_ids(db, orders),)
    ).fetchall()
    for row in rows:
        db.execute(
            "update message_body set body = %s, wire = null where message_id = %s",
            (json.dumps(_without(row["body"], words)), row["message_id"]),
        )
    return len(rows)


def _offers(db: Connection, orders: list[str], words: Words) -> int:
    rows = db.execute(
        "select reference, offer from return_line where order_code = any (%s) and offer is not null for update",
        (orders,),
    ).fetchall()
    for row in rows:
        _without(json.loads(bytes(row["offer"])), words)
        db.execute("update return_line set offer = null where reference = %s", (row["reference"],))
    return len(rows)


def _edits(db: Connection, orders: list[str], words: Words) -> int:
    rows = db.execute(
        "select ctid::text as place, before, after from message_edit where message_id = any (%s)", (_ids(db, orders),)
    ).fetchall()
    for row in rows:
        both = [json.dumps(_without(row[name], words)) for name in ("before", "after")]
        db.execute("update message_edit set before = %s, after = %s where ctid = %s::tid", (*both, row["place"]))
    return len(rows)


def _reasons(db: Connection, words: Words) -> int:
    """Reasons of exceptions that name the person all the same: an earlier release wrote some."""
    done = 0
    for word in sorted(words.telling, key=len, reverse=True):
        done += db.execute(
            "update exception set reason = replace(reason, %s, %s) where strpos(reason, %s) > 0", (word, ERASED, word)
        ).rowcount
    return done


def _records(db: Connection, orders: list[str], words: Words) -> int:
    """Overwrite the person's words in what partners sent since the first of the orders, byte for byte."""
    spelt = sorted({form for word in words.telling for form in _spellings(word)}, key=len, reverse=True)
    also = sorted({form for word in words.telling | words.others for form in _spellings(word)}, key=len, reverse=True)
    since = db.execute(
        "select min(created_at) - interval '7 days' as it from message_settled where story = any (%s)", (orders,)
    ).fetchone()
    if not spelt or since is None:
        return 0
    rows = db.execute(
        "select id, received_at, body from record where received_at >= %s"
        " and exists (select 1 from unnest(%s::bytea[]) w where position(w in body) > 0)",
        (since["it"], spelt),
    ).fetchall()
    for row in rows:
        body = bytes(row["body"])
        for word in also:
            body = body.replace(word, b"x" * len(word))
        db.execute(
            "update record set body = %s where id = %s and received_at = %s", (body, row["id"], row["received_at"])
        )
    return len(rows)


def _details(db: Connection, orders: list[str], words: Words) -> int:
    """What people changed of these orders, and whatever names the person in what they changed."""
    rows = db.execute(
        "select d.entry from audit_detail d where exists"
        " (select 1 from unnest(%s::text[]) w where strpos(d.detail, w) > 0)",
        ([*orders, *words.telling],),
    ).fetchall()
    entries = [row["entry"] for row in rows]
    db.execute("select forget_act_details(%s)", (entries,))
    return len(entries)


def _without(value: Any, words: Words) -> Any:
    """The same document without the person; their words are added to ``words``."""
    if isinstance(value, list):
        return [_without(one, words) for one in value]
    if not isinstance(value, dict):
        return value
    address = "line1" in value and "country" in value
    return {
        name: _erased(name, inner, words)
        if name in BESIDE or (address and name in PERSONAL)
        else _without(inner, words)
        for name, inner in value.items()
    }


def _erased(name: str, value: Any, words: Words) -> Any:
    for one in _texts(value):
        text = one.strip()
        if text == ERASED or name in COMMON:
            continue
        if len(text) >= SHORTEST:
            (words.telling if name in TELLING else words.others).add(text)
        if name == "name":
            words.others |= {part for part in text.split() if len(part) >= SHORTEST}
    if isinstance(value, list):
        return []
    return ERASED if value else value


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Iterable) and not isinstance(value, dict):
        for one in value:
            yield from _texts(one)


def _spellings(word: str) -> set[bytes]:
    """How a partner may have written it: as it is, in capitals (X12), in XML and in JSON."""
    forms = {word, word.upper(), escape(word), escape(word, quote=False), json.dumps(word)[1:-1]}
    return {form.encode() for form in forms} | {form.encode("cp1252", errors="ignore") for form in forms}
