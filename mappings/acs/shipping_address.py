"""Who gets an ACS parcel and where. Source: acs.md 2.5.1: no field for a country, a phone or an e-mail at least."""

from __future__ import annotations

from collections.abc import Collection

from mappings.canonical import Fulfilment
from mappings.errors import Unmappable

KIND = "bad_address"
# ACS's field -> its longest value, and whether it must be filled. Only names and the first line have published limits.
FIELDS = {
    "FirstName": (50, True),
    "LastName": (50, True),
    "MobilePhone": (30, False),
    "Email": (254, False),
    "Delivery_Address1": (60, True),
    "Delivery_Address2": (60, False),
    "Delivery_Address3": (60, False),
    "Delivery_Address4": (60, False),
    "Delivery_City": (60, True),
    "Delivery_County": (60, False),
    "Delivery_Postcode": (10, True),
}


def write_address(f: Fulfilment, countries: Collection[str]) -> dict[str, str]:
    """The recipient's fields, in ACS's order; empty lines are moved to the end and sent as "".

    A name that Khaos keeps in one piece is divided at its last blank; where it is one word it stands as both.

    Raises:
        Unmappable: kind ``bad_address``; the value is never part of it.
    """
    to = f.address
    if to.country not in countries:
        why = f"ACS delivers to {', '.join(countries)} until more is agreed: route the order elsewhere"
        raise Unmappable("country", to.country, why, kind=KIND)
    first, last = _names(f)
    lines = [line for line in (to.organisation, to.line1, to.line2, to.line3) if line.strip()]
    by_field = dict(zip(FIELDS, (first, last, to.phone, to.email, *(*lines, "", "", "", "")[:4], to.town, to.county,
                             to.postcode), strict=True))  # fmt: skip
    found = {field: " ".join(text.split()) for field, text in by_field.items()}
    for field, (longest, needed) in FIELDS.items():
        if needed and not found[field]:
            raise Unmappable(field, "", "is empty: fill it in the order's delivery address in Khaos", kind=KIND)
        if len(found[field]) > longest:
            raise Unmappable(field, f"<{len(found[field])} characters>", f"shorten it to {longest} in Khaos", kind=KIND)
    if not (found["MobilePhone"] or found["Email"]):
        raise Unmappable("MobilePhone", "", "ACS needs a phone or an e-mail: add one in Khaos", kind=KIND)
    return found


def _names(f: Fulfilment) -> tuple[str, str]:
    if f.first_name.strip() and f.last_name.strip():
        return f.first_name, f.last_name
    words = (f.first_name or f.last_name or f.address.name or f.address.organisation).split()
    if not words:
        return "", ""
    return " ".join(words[:-1]) or words[-1], words[-1]
