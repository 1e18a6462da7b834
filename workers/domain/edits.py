"""A person's edit of a message's body: read by the message's own model, and kept beside what was there before."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from mappings.canonical import CustomerReturn, Fulfilment, Product, ReturnAdvice, Shipment, units_of
from workers.domain import transitions
from workers.ledger.store import Connection, Row, within
from workers.spine.people import CannotDo, Person


class Change(BaseModel):
    """The body of an order that replaces what was sent: the order, and the units that its lines come to."""

    model_config = ConfigDict(extra="forbid")

    fulfilment: Fulfilment
    requested: dict[str, int]

    @model_validator(mode="after")
    def _agree(self) -> Change:
        if self.requested != units_of(self.fulfilment.lines):
            raise ValueError("write the units of fulfilment.lines into requested, by SKU")
        return self


# kind of a message -> what its body is, and what of it names the thing and is not edited. No other kind is edited: its
# body only points at what it is about.
MODELS: Mapping[str, tuple[type[BaseModel], tuple[str, ...]]] = {
    "order": (Fulfilment, ("reference", "order_code", "invoice_code", "facility")),
    "change": (Change, ()),
    "product": (Product, ("code",)),
    "shipment": (Shipment, ("reference", "fulfilment", "order_code", "invoice_code")),
    "advice": (ReturnAdvice, ("reference",)),
    "return": (CustomerReturn, ("reference",)),
}
SHOWN = 8  # changed fields that are named


def store_edit(db: Connection, message: Row, body: dict[str, Any], person: Person) -> str:
    """Store an edited body, and beside it what was there before. Returns the names of the fields that changed.

    Raises CannotDo, with nothing stored, when it is no body of such a message, or nothing of it is sent.
    """
    _editable(message["kind"])
    row = db.execute("select body from message_body where message_id = %s for update", (message["id"],)).fetchone()
    before: dict[str, Any] = row["body"] if row else {}
    changed = sorted(one.path for one in differences(before, body))
    if not changed:
        return "nothing"
    edited = check(message["kind"], before, body)
    db.execute(
        "insert into message_edit (message_id, who, before, after) values (%s, %s, %s, %s)",
        (message["id"], person.name, json.dumps(before), json.dumps(body)),
    )
    db.execute(
        "update message_body set body = %s, wire = null where message_id = %s", (json.dumps(body), message["id"])
    )
    if isinstance(edited, Fulfilment):
        transitions.request(within(db), message["reference"], units_of(edited.lines))
    if isinstance(edited, Change):
        transitions.request_change(within(db), message["reference"], edited.requested)
    return ", ".join(changed[:SHOWN]) + (" …" if len(changed) > SHOWN else "")


def _editable(kind: str) -> None:
    if kind not in MODELS:
        raise CannotDo(
            f"the body of a message {kind!r} is not what is sent: put it right where it comes from, and"
            " retry without an edit"
        )


def check(kind: str, before: dict[str, Any], body: dict[str, Any]) -> BaseModel | None:
    """Read the new body as its kind of message; what another release wrote is held against its own shape.

    Raises CannotDo where it is none, or changes what names the thing.
    """
    _editable(kind)
    model, names = MODELS[kind]
    if _errors(model, before):
        _same_shape(before, body)
        return None
    if errors := _errors(model, body):
        raise CannotDo(f"the edited body is no {kind}: {'; '.join(errors)}. Nothing was stored; correct the file")
    if kind == "change":
        check("order", before["fulfilment"], body["fulfilment"])
    for name in names:
        if body.get(name) != before.get(name):
            raise CannotDo(f"{name} names what this is and cannot be edited: put {before.get(name)!r} back")
    return model.model_validate_json(json.dumps(body))


def _errors(model: type[BaseModel], body: dict[str, Any]) -> list[str]:
    """What is wrong, by field. Never the values: they may be a customer's."""
    try:
        model.model_validate_json(json.dumps(body))
    except ValidationError as error:
        return [
            f"{'.'.join(map(str, one['loc'])) or 'body'}: {one['msg']}"
            for one in error.errors(include_input=False, include_url=False, include_context=False)
        ]
    return []


def _same_shape(before: dict[str, Any], body: dict[str, Any]) -> None:
    odd = set(before) ^ set(body)
    odd |= {name for name in set(before) & set(body) if type(before[name]) is not type(body[name])}
    if odd:
        raise CannotDo(
            f"the edited body has another shape than the message's: see {', '.join(sorted(odd))}. Nothing was stored;"
            " begin with the body that `fleet exceptions show ID --body` prints"
        )


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that an edit changes, by its path, as in ``lines.0.quantity``. None: it is not there."""

    path: str
    before: Any
    after: Any


def differences(before: Any, after: Any) -> list[Difference]:
    """The fields in which two bodies differ."""
    return sorted(_differences(before, after, ""), key=lambda one: one.path)


def _differences(before: Any, after: Any, at: str) -> Iterator[Difference]:
    if isinstance(before, dict) and isinstance(after, dict):
        for name in {**before, **after}:
            yield from _differences(before.get(name), after.get(name), f"{at}.{name}" if at else str(name))
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for number, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from _differences(one, other, f"{at}.{number}")
    elif before != after:
        yield Difference(at, before, after)
