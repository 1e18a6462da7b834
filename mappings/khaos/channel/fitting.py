"""How an address of ours becomes an address and a contact of the channel and back: names split, long texts cut.

README of ``kcc-web-services``, tables "Address" and "Contact": the longest of each member, and that a contact has a
forename or a surname. Each cut is reported, for a cut address is found by nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mappings.canonical import Address as Place
from mappings.errors import Unmappable
from mappings.khaos.channel.parts import Address, Contact, DataItem
from mappings.khaos.countries import read_country
from mappings.khaos.values import legal

LONGEST: Mapping[str, int] = {
    "Line1": 35,
    "Line2": 35,
    "Line3": 35,
    "Town": 35,
    "County": 35,
    "Postcode": 10,
    "Telephone": 25,
    "Organisation": 50,
    "Title": 20,
    "Forename": 50,
    "Surname": 50,
    "Email": 100,
}
TITLES = frozenset({"mr", "mrs", "ms", "miss", "mx", "dr", "prof", "professor", "rev", "sir", "lady", "lord"})
PARTICLES = frozenset({"da", "de", "del", "della", "den", "der", "di", "du", "la", "le", "ten", "ter", "van", "von"})
BAD_ADDRESS = "bad_address"


@dataclass(frozen=True, slots=True)
class Note:
    """A text that was changed on its way to Khaos: whose, which member, and how. Never the text itself."""

    subject: str
    field: str
    what: str


@dataclass(slots=True)
class Fitting:
    """Makes the texts of one subject fit, and keeps a note of each that had to be changed."""

    subject: str
    notes: list[Note] = field(default_factory=list)

    def text(self, path: str, given: str) -> str:
        """``given`` without what XML forbids, and cut where its member (the end of ``path``) has a longest."""
        clean = legal(given)
        if clean != given:
            self.notes.append(
                Note(self.subject, path, f"{len(given) - len(clean)} characters that XML forbids left out")
            )
        longest = LONGEST.get(path.rpartition(".")[2], len(clean))
        if len(clean) > longest:
            self.notes.append(Note(self.subject, path, f"cut from {len(clean)} to {longest} characters"))
        return clean[:longest]

    def optional(self, path: str, given: str) -> str | None:
        """As ``text``; None for an empty one, so that it is omitted."""
        return self.text(path, given) or None

    def address(self, path: str, place: Place) -> Address:
        """The address at ``path``, without name and e-mail: those are the contact's.

        Raises:
            Unmappable: first line, town or country is missing; ``kind`` ``bad_address``.
        """
        for name, value in (("Line1", place.line1), ("Town", place.town), ("Country", place.country)):
            if not legal(value).strip():
                why = "Khaos needs it; complete the address on the order in Khaos"
                raise Unmappable(f"{path}.{name}", "", why, kind=BAD_ADDRESS)
        return Address(
            line1=self.text(f"{path}.Line1", place.line1),
            line2=self.optional(f"{path}.Line2", place.line2),
            line3=self.optional(f"{path}.Line3", place.line3),
            town=self.text(f"{path}.Town", place.town),
            county=self.optional(f"{path}.County", place.county),
            postcode=self.optional(f"{path}.Postcode", place.postcode),
            country=DataItem(code=self.text(f"{path}.Country", place.country)),
            telephone=self.optional(f"{path}.Telephone", place.phone),
            organisation=self.optional(f"{path}.Organisation", place.organisation),
        )

    def contact(self, path: str, place: Place) -> Contact:
        """The person of the address at ``path``; spaces in the name are made single.

        Raises:
            Unmappable: no name; ``kind`` ``bad_address``.
        """
        title, forename, surname = split_name(legal(place.name))
        if not surname:
            why = "Khaos needs a forename or a surname; complete the address on the order in Khaos"
            raise Unmappable(f"{path}.Surname", "", why, kind=BAD_ADDRESS)
        if legal(place.name) != place.name:
            self.notes.append(Note(self.subject, path, "characters of the name that XML forbids left out"))
        return Contact(
            title=self.optional(f"{path}.Title", title),
            forename=self.optional(f"{path}.Forename", forename),
            surname=self.text(f"{path}.Surname", surname),
            email=self.optional(f"{path}.Email", place.email),
        )


def split_name(name: str) -> tuple[str, str, str]:
    """Title, forename and surname. The last word is the surname, with the particles before it; one word alone too.

    ``Dr Ludwig van Beethoven`` -> ``("Dr", "Ludwig", "van Beethoven")``. Joined by spaces they are the name again.
    """
    words = name.split()
    titled = len(words) > 1 and words[0].rstrip(".").casefold() in TITLES
    rest = words[1:] if titled else words
    start = max(len(rest) - 1, 0)
    while start > 0 and rest[start - 1] in PARTICLES:
        start -= 1
    return (words[0] if titled else "", " ".join(rest[:start]), " ".join(rest[start:]))


def read_address(path: str, address: Address, contact: Contact | None) -> Place:
    """The address and its contact as one of ours.

    Raises:
        Unmappable: a country that no table knows; ``kind`` ``bad_address``.
    """
    person = contact or Contact()
    country = read_country(address.country.code or "", address.country.name or "")
    if not country:
        why = "no country that mappings/khaos/tables/countries.toml knows; correct the address, or add a row there"
        raise Unmappable(f"{path}.Country", (address.country.code or "")[:40], why, kind=BAD_ADDRESS)
    return Place(
        name=" ".join(part for part in (person.title, person.forename, person.surname) if part),
        organisation=address.organisation or "",
        line1=address.line1,
        line2=address.line2 or "",
        line3=address.line3 or "",
        town=address.town,
        county=address.county or "",
        postcode=address.postcode or "",
        country=country,
        email=person.email or address.email or "",
        phone=address.telephone or person.mobile or "",
    )
