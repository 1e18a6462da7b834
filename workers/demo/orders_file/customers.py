"""Invented customers: the same person for the same seed and key, for files that name nobody.

No one here exists: the e-mail domain is reserved for examples (RFC 2606) and the phone numbers for
drama (Ofcom, 01632 960000 to 960999). Every field fits Khaos Control's order import.
"""

from __future__ import annotations

import hashlib

from mappings.canonical import Address

FORENAMES = (
    *("Agnes", "Barnaby", "Clementine", "Dougal", "Edith", "Fergus", "Gwendolen", "Horace"),
    *("Imogen", "Jasper", "Kitty", "Lachlan", "Marigold", "Neville", "Olwen", "Percival"),
    *("Quentin", "Rosalind", "Silas", "Tabitha", "Ursula", "Verity", "Wilfred", "Zara"),
)
SURNAMES = (
    *("Applegarth", "Birtwhistle", "Cholmondeley", "Dinwiddie", "Entwistle", "Featherstone"),
    *("Grimsdyke", "Hebblethwaite", "Inchbald", "Jellicoe", "Kirkbride", "Littlejohn"),
    *("Micklethwait", "Netherby", "Oglethorpe", "Postlethwaite", "Quiller", "Ravenscroft"),
    *("Satterthwaite", "Thistlewood", "Umfreville", "Venables", "Wigglesworth", "Yarborough"),
)
STREETS = (
    *("Badger's Rise", "Catkin Walk", "Damson Terrace", "Elderflower Close", "Foxglove Lane"),
    *("Gooseberry Hill", "Hawthorn Mews", "Ivy Ginnel", "Juniper Wynd", "Kingfisher Quay"),
    *("Lapwing Crescent", "Mulberry Snicket", "Nightjar Road", "Otter's Holt", "Pippin Yard"),
)
HOUSES = ("", "", "", "Flat 2, Curlew House", "Burdock Cottage", "The Old Creamery", "Unit 4, Teasel Court")
TOWNS = (
    *(("Leeds", "LS"), ("York", "YO"), ("Bristol", "BS"), ("Exeter", "EX"), ("Norwich", "NR")),
    *(("Carlisle", "CA"), ("Stirling", "FK"), ("Swansea", "SA"), ("Lincoln", "LN"), ("Ipswich", "IP")),
)


def invent(key: str, *, seed: int) -> Address:
    """The person of ``key`` (a customer's number, or a guest's invoice). Pure; ``country`` is left empty."""
    dice = int.from_bytes(hashlib.sha256(f"{seed}/{key}".encode()).digest())

    def roll(sides: int) -> int:
        nonlocal dice
        dice, face = divmod(dice, sides)
        return face

    forename, surname = FORENAMES[roll(len(FORENAMES))], SURNAMES[roll(len(SURNAMES))]
    street = f"{1 + roll(180)} {STREETS[roll(len(STREETS))]}"
    house = HOUSES[roll(len(HOUSES))]
    town, area = TOWNS[roll(len(TOWNS))]
    letters = "ABDEFGHJLNPQRSTUWXYZ"
    return Address(
        name=f"{forename} {surname}",
        line1=house or street,
        line2=street if house else "",
        town=town,
        postcode=f"{area}{1 + roll(20)} {roll(10)}{letters[roll(20)]}{letters[roll(20)]}",
        country="",
        email=f"{forename}.{surname}.{roll(10_000):04}@example.com".lower(),
        phone=f"01632 960{roll(1000):03}",
    )
