"""A file on its way to a partner: its bytes, with the facility and the final name that it is laid under, all frozen."""

from __future__ import annotations

import json
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OutboundFile:
    """A file on its way. ``wire`` and ``read_outbound_file`` are each other's opposite."""

    facility: str
    name: str
    reference: str
    data: bytes

    @property
    def wire(self) -> bytes:
        """One line that names it, then the file itself."""
        head = {"facility": self.facility, "name": self.name, "reference": self.reference}
        return json.dumps(head, sort_keys=True).encode() + b"\n" + self.data


def read_outbound_file(wire: bytes) -> OutboundFile:
    """Read the file that was frozen as these bytes."""
    head, _, data = wire.partition(b"\n")
    return OutboundFile(data=data, **json.loads(head))
