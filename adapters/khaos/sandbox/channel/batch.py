"""What refuses a pulled batch as a whole, before any of its entries is looked at.

Source: the vendor's repository kcc-web-services, README (ApiVersion, nulls); its texts say version 1000, its samples
10000, and both are taken here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from adapters.khaos.sandbox.channel.documents import nulls

API_VERSIONS = {"JSON": (1000, 10000), "XML": ("1000", "10000")}
PLACES = frozenset({"Address1", "Address2", "Address3", "Town", "Postcode"})
PEOPLE = frozenset({"Surname", "Forename", "Telephone", "Email"})
MATCH_ON: Mapping[str, frozenset[str]] = {
    "MatchCompanyOn": PLACES | PEOPLE | {"CompanyCode", "UseDeliveryAddress"},
    "MatchAddressOn": PLACES,
    "MatchContactOn": PEOPLE,
}
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
LIMITS = {"Line1": 35, "Line2": 35, "Line3": 35, "Town": 35, "County": 35, "Postcode": 10, "Email": 100}
LIMITS |= {"Telephone": 25, "Fax": 25, "Organisation": 50, "Title": 20, "Forename": 50, "Surname": 50, "Mobile": 30}


class RejectedEntry(Exception):
    """One entry that is not imported, with the reason that an operator would see."""


def objection(document: dict[str, Any], form: str) -> str:
    """Why the whole batch is refused; empty when it is not."""
    if found := nulls(document):
        return f"null at {found[0]}"
    version = document.get("ApiVersion")
    if isinstance(version, bool) or version not in API_VERSIONS[form]:
        return f"ApiVersion is {version!r}, not 1000" if "ApiVersion" in document else "ApiVersion is missing"
    for name, words in MATCH_ON.items():
        given = as_dict(document.get("Config")).get(name, [])
        if wrong := [word for word in given if word not in words]:
            return f"Config.{name} knows no {wrong[0]!r}"
    return ""


def entries(document: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """The batch's entries; a bare object counts as a list of one."""
    found = document.get(name) or []
    return [as_dict(entry) for entry in (found if isinstance(found, list) else [found])]


def as_dict(value: Any) -> dict[str, Any]:
    """The object, or nothing where something else stands in its place."""
    return value if isinstance(value, dict) else {}


def as_list(value: Any) -> list[Any]:
    """The list, or nothing where something else stands in its place."""
    return value if isinstance(value, list) else []


def reference_of(value: Any, what: str) -> dict[str, str]:
    """A DataItem: ID, Code and Name are texts always."""
    item = as_dict(value)
    if not all(isinstance(text, str) for text in item.values()):
        raise RejectedEntry(f"{what}: ID, Code and Name of a DataItem must be text")
    return {key: text for key, text in item.items() if text}


def need(entry: Mapping[str, Any], names: Iterable[str], what: str = "") -> None:
    """Refuse an entry that lacks one of these members, or has it empty."""
    for name in names:
        if entry.get(name) in (None, "", {}, []):
            raise RejectedEntry(f"{what}{name} is missing")


def check_moment(text: Any, what: str) -> str:
    """A date-time as the channel writes it: ``2018-01-18T12:20:48``, without an offset."""
    if not isinstance(text, str) or not MOMENT.fullmatch(text):
        raise RejectedEntry(f"{what} {text!r} is no date-time like 2018-01-18T12:20:48")
    return text


def check_party(entry: Mapping[str, Any]) -> None:
    """Addresses and contacts: required members, and the documented greatest lengths."""
    need(entry, ("InvoiceAddress", "InvoiceContact"))
    for name in ("InvoiceAddress", "DeliveryAddress"):
        if address := as_dict(entry.get(name)):
            need(address, ("Line1", "Town", "Country"), f"{name}.")
            reference_of(address["Country"], f"{name}.Country")
    for name in ("InvoiceContact", "DeliveryContact"):
        contact = as_dict(entry.get(name))
        if contact and not (contact.get("Forename") or contact.get("Surname")):
            raise RejectedEntry(f"{name} has neither Forename nor Surname")
    for name in ("InvoiceAddress", "DeliveryAddress", "InvoiceContact", "DeliveryContact"):
        for member, longest in LIMITS.items():
            if len(str(as_dict(entry.get(name)).get(member, ""))) > longest:
                raise RejectedEntry(f"{name}.{member} is longer than {longest}")
