"""What a 943 announces: a customer's return that shall arrive."""

from __future__ import annotations

from functools import partial
from typing import Any

from adapters.gxo.sandbox import receiving
from adapters.gxo.sandbox.interchange import Segment, Set
from adapters.gxo.sandbox.order_reading import at
from adapters.gxo.sandbox.site import Site


def take_advice(site: Site, facility: str, one: Set) -> None:
    """Keeps the advice; one that came before only counts up. By the switch its parcel arrives by itself."""
    advice = read_advice(facility, one)
    known = site.advices.get(advice["reference"])
    if known is not None:
        known["times"] += 1
        return
    site.advices[advice["reference"]] = advice
    dice = site.dice(advice["reference"], "arrives")
    if dice.random() < site.switches.returns_arrive_rate:
        site.people.after(site.switches.return_seconds, partial(_arrive, site, advice))


def read_advice(facility: str, one: Set) -> dict[str, Any]:
    """Profile 2.2.5: W06, N9*RZ, N9*CO, and W04 with its N9*LI."""
    advice: dict[str, Any] = {"facility": facility, "order": "", "lines": [], "times": 1, "received": 0}
    for segment in one.segments:
        _segment(advice, segment)
    return advice


def _segment(advice: dict[str, Any], segment: Segment) -> None:
    name, lines = segment[0], advice["lines"]
    if name == "W06":
        advice["reference"], advice["date"], advice["tracking"] = (at(segment, place) for place in (2, 3, 4))
    elif name == "N9" and at(segment, 1) == "CO":
        advice["order"] = at(segment, 2)
    elif name == "W04":
        lines.append({"sku": at(segment, 5), "quantity": int(at(segment, 1)), "line": ""})
    elif name == "N9" and at(segment, 1) == "LI" and lines:
        lines[-1]["line"] = at(segment, 2)


def _arrive(site: Site, advice: dict[str, Any]) -> None:
    grades = site.switches.grades
    dice = site.dice(advice["reference"], "grades")
    units = [
        {"sku": line["sku"], "line": line["line"], "quantity": 1, "grade": grade}
        for line in advice["lines"]
        for grade in dice.choices(list(grades), list(grades.values()), k=line["quantity"])
    ]
    told = {"facility": advice["facility"], "reference": advice["reference"], "kind": "return", "lines": units}
    receiving.receive(site, told)
