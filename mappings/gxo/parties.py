"""Who speaks of which building in what we write: the merchant as GXO's client, and the facility."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mappings.errors import Unmappable
from mappings.gxo.segments import Segment

FACILITY = re.compile(r"[A-Z0-9_]{1,10}")


@dataclass(frozen=True, slots=True)
class Client:
    """The merchant as GXO knows it: ``N1*DE*<name>*ZZ*<code>``. ``operator`` names the facility's party."""

    code: str
    name: str
    operator: str = "GXO"


def write_parties(client: Client, facility: str) -> tuple[Segment, Segment]:
    """``N1*DE`` and ``N1*WH`` (gxo.md 2.2.1).

    Raises:
        Unmappable: ``route_unmapped``, for a facility that is no facility id of GXO's.
    """
    if not FACILITY.fullmatch(facility):
        why = "a facility id of GXO is 1 to 10 of A-Z, 0-9 and _: correct `sites` of the connection"
        raise Unmappable("facility", facility, why, kind="route_unmapped")
    return ("N1", "DE", client.name, "ZZ", client.code), ("N1", "WH", client.operator, "ZZ", facility)
