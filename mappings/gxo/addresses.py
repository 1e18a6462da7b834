"""Where an order goes, as ``N1*ST``, N3, N4 and G61 take it, and what they have no room for.

Source: gxo.md 2.2.1 (lengths; a third line in a second N3). N402 is a state of two letters (X12 element
156); any other county stands as the last address line, so that nothing of the address is lost.
"""

from __future__ import annotations

import re

from mappings.canonical import Address
from mappings.errors import Unmappable
from mappings.gxo.segments import Segment

LIMITS = {"N102": 60, "N301": 55, "N302": 55, "N401": 30, "N403": 15, "G6104": 80}
CONTACT = 60  # G6102
WITH_STATES = frozenset({"US", "CA"})
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")


def write_address(address: Address) -> tuple[list[Segment], list[Segment]]:
    """The ship-to party, and its contacts (e-mail, phone), each possibly empty of what is unknown.

    Raises:
        Unmappable: ``bad_address``, by the element; the address itself is never in the message.
    """
    name = ", ".join(filter(None, (clean(address.name), clean(address.organisation))))
    town, postcode, country = clean(address.town), clean(address.postcode), clean(address.country)
    state = clean(address.county).upper() if country in WITH_STATES else ""
    state = state if re.fullmatch(r"[A-Z]{2}", state) else ""
    county = "" if state else clean(address.county)
    street = [line for line in (clean(address.line1), clean(address.line2), clean(address.line3), county) if line]
    for field, value in (("N102", name), ("N301", clean(address.line1)), ("N401", town), ("N404", country)):
        if not value:
            raise _bad(field, "", "complete the delivery address on the order in Khaos")
    if not postcode and country == "GB":
        raise _bad("N403", "", "complete the delivery address on the order in Khaos")
    if not re.fullmatch(r"[A-Z]{2}", country):
        raise _bad("N404", f"<{len(country)} characters>", "the country is an ISO code of two letters: correct it")
    _fit("N102", name)
    _fit("N401", town)
    _fit("N403", postcode)
    for number, line in enumerate(street):
        _fit("N302" if number % 2 else "N301", line)
    party = [("N1", "ST", name), *(("N3", *street[n : n + 2]) for n in range(0, len(street), 2))]
    return [*party, ("N4", town, state, postcode, country)], _contacts(address, name[:CONTACT].strip())


def clean(value: str) -> str:
    """One line without control characters: what an element can hold."""
    if not value.isprintable():
        value = "".join(c if c.isprintable() else " " for c in value)
    return " ".join(value.split())


def _contacts(address: Address, who: str) -> list[Segment]:
    email, phone = clean(address.email), clean(address.phone)
    if email and not EMAIL.fullmatch(email):
        raise _bad("G6104", "<not an address>", "correct or clear the e-mail on the order in Khaos")
    contacts: list[Segment] = [
        ("G61", "CN", who, qualifier, value) for qualifier, value in (("EM", email), ("TE", phone)) if value
    ]
    for contact in contacts:
        _fit("G6104", contact[-1])
    return contacts


def _fit(field: str, value: str) -> None:
    if len(value) > LIMITS[field]:
        raise _bad(field, f"<{len(value)} characters>", f"shorten it on the order in Khaos to {LIMITS[field]}")


def _bad(field: str, value: str, why: str) -> Unmappable:
    return Unmappable(field, value, why, kind="bad_address")
