"""A GXO site in this process with a clock that the test turns, and files in and out as a client would see them."""

from __future__ import annotations

import io
import itertools
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pyx12.x12file import X12Reader

from adapters.gxo.sandbox import display, door, snapshots
from adapters.gxo.sandbox.app import tick
from adapters.gxo.sandbox.setting_up import Setup, set_up
from adapters.gxo.sandbox.site import new_site

START = datetime(2026, 11, 20, 22, 40, tzinfo=UTC)
Segment = tuple[str, ...]


class Floor:
    """The site, and what lies in its folders."""

    def __init__(self, root: Path, seed: int = 7) -> None:
        self.now = 1000.0
        self.site = new_site(
            root, "MODA", ["GBNH01", "GBNH02"], seed=seed, monotonic=lambda: self.now, start=START
        )  # fmt: skip
        self.switches = self.site.switches
        self.switches.steps = dict.fromkeys("NPIARC", 1.0)
        self._numbers = itertools.count(101)
        set_up(self.site, Setup(items=["MUG", "TRAY", "CUP"], stock={"GBNH01": {"MUG": 50, "TRAY": 20, "CUP": 5}}))

    def go(self, seconds: float = 10.0) -> None:
        """Time passes in steps of a quarter of a second."""
        for _ in range(int(seconds * 4)):
            self.now += 0.25
            tick(self.site)
        tick(self.site)

    def put(self, name: str, data: bytes, facility: str = "GBNH01") -> str:
        self.site.folders.at(facility, "in").joinpath(name).write_bytes(data)
        self.go(0)
        return name

    def send(self, *segments: Segment, set_id: str = "940", facility: str = "GBNH01", number: int = 0) -> str:
        number = number or next(self._numbers)
        return self.put(f"{set_id}_{number:09d}.edi", interchange(number, [segments], set_id), facility)

    def order(self, reference: str, facility: str = "GBNH01", /, **lines: int) -> str:
        return self.send(*order(reference, facility, purpose="N", **lines), facility=facility)

    def cancel(self, reference: str, facility: str = "GBNH01") -> str:
        return self.send(("W05", "F", reference), *parties(facility), facility=facility)

    def act(self, **action: Any) -> Any:
        return door.act(self.site, action)["done"][0]

    def snapshot(self, facility: str = "GBNH01") -> None:
        snapshots.send(self.site, facility)

    def books(self) -> Any:
        return display.show(self.site)

    def found(self, reference: str) -> Any:
        return next(one for one in self.books()["orders"] if one["reference"] == reference)

    def names(self, folder: str = "out", facility: str = "GBNH01") -> list[str]:
        return sorted(one.name for one in self.site.folders.at(facility, folder).iterdir() if one.is_file())

    def sets(self, set_id: str, facility: str = "GBNH01") -> list[list[Segment]]:
        """Every set of this kind that lies in ``out``, in the order of control numbers, read by pyx12."""
        out = self.site.folders.at(facility, "out")
        return [accepted(path.read_bytes()) for path in sorted(out.glob(f"{set_id}_*.edi"))]

    def codes(self) -> list[str]:
        """The outcome of each 824, with the code of its TED."""
        told = []
        for segments in self.sets("824"):
            word = next(one[1] for one in segments if one[0] == "OTI")
            told.append(" ".join([word, *(one[2].split(":")[0] for one in segments if one[0] == "TED")]))
        return told


def accepted(data: bytes) -> list[Segment]:
    """The segments between ST and SE of a file that pyx12 has nothing against."""
    reader = X12Reader(io.StringIO(data.decode()))
    told = [tuple(str(one).rstrip("~").split(reader.ele_term or "*")) for one in reader]
    reader.close()
    assert reader.pop_errors() == []
    assert told[-1][0] == "IEA"
    inner = [one for one in told if one[0] not in {"ISA", "GS", "ST", "SE", "GE", "IEA"}]
    assert len(told) == len(inner) + 6
    return inner


def interchange(number: int, sets: Any, set_id: str = "940", sender: str = "MODA") -> bytes:
    group = {"940": "OW", "943": "AR"}[set_id]
    told: list[Segment] = [("GS", group, sender, "GXOUK", "20261120", "2240", str(number), "X", "004010")]
    for turn, segments in enumerate(sets, start=1):
        told += [("ST", set_id, f"{turn:04d}"), *segments, ("SE", str(len(segments) + 2), f"{turn:04d}")]
    told += [("GE", str(len(sets)), str(number)), ("IEA", "1", f"{number:09d}")]
    head = f"ISA*00*{'':10}*00*{'':10}*ZZ*{sender:15}*ZZ*{'GXOUK':15}*261120*2240*U*00401*{number:09d}*0*T*>~\n"
    return (head + "".join("*".join(one) + "~\n" for one in told)).encode()


def parties(facility: str = "GBNH01") -> list[Segment]:
    return [("N1", "DE", "MODA LTD", "ZZ", "MODA"), ("N1", "WH", "GXO", "ZZ", facility)]


def order(reference: str, facility: str = "GBNH01", *, purpose: str = "N", **lines: int) -> list[Segment]:
    told: list[Segment] = [
        ("W05", purpose, reference, "WEB-1"),
        *parties(facility),
        ("N1", "ST", "JANE DOE"),
        ("N3", "FLAT 2", "1 HIGH STREET"),
        ("N4", "LEEDS", "", "LS1 4AB", "GB"),
        ("N9", "CO", "WEB-1"),
        ("G62", "10", "20261121"),
        ("W66", "PP", "U", "", "", "DPD-ND"),
    ]
    for turn, (sku, units) in enumerate(lines.items(), start=1):
        code = sku.replace("_", "-")
        told += [("LX", str(turn)), ("W01", str(units), "EA", "", "SK", code), ("N9", "LI", str(turn))]
    return [*told, ("W76", str(sum(lines.values())))]
