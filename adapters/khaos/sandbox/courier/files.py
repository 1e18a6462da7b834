"""The courier's input folder: files of consignment references, each read once and archived in ``done``.

That there is a folder and a mask is from the vendor's help site (courier options); the columns are by agreement with
each courier, so they are settings here: names of a header row, or positions from 0 in a file without one.
"""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from adapters.khaos.sandbox.books import Books
from adapters.khaos.sandbox.courier.refs import CourierBook, Part, Told
from adapters.khaos.sandbox.records import Refused
from adapters.khaos.sandbox.switches import Switches


class Columns(BaseModel):
    """Where each value stands."""

    model_config = ConfigDict(extra="forbid")

    invoice: str | int
    consignment: str | int
    tracking: str | int | None = None
    box: str | int | None = None


class Folder(BaseModel):
    """One courier's input folder, and the invoices that an operator has assigned to that courier."""

    model_config = ConfigDict(extra="forbid")

    folder: Path
    mask: str
    columns: Columns
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    assign: list[str] = Field(default_factory=list)


def poll(books: Books, couriers: CourierBook, folder: Folder, switches: Switches) -> dict[str, Any]:
    """Read every file that fits the mask, oldest name first; answers the files, what was shipped, and what was not."""
    if not folder.folder.is_dir():
        raise Refused(f"{folder.folder} is no folder")
    files, shipped, errors = [], [], []
    for path in sorted(p for p in folder.folder.glob(folder.mask) if p.is_file()):
        files.append(path.name)
        try:
            found = _read(path, folder)
        except (ValueError, csv.Error) as error:
            found = {}
            errors.append(f"{path.name}: {error}")
        _archive(path)
        for code, parts in found.items():
            invoice = books.invoices.get(code)
            if invoice is None or code not in folder.assign:
                errors.append(f"{path.name}: invoice {code} is not assigned to this courier")
                continue
            was_open = invoice.ship_date is None
            answer = couriers.take(books, invoice, Told("file", _numbered(parts)), switches)
            errors += [f"{path.name}: {text}" for text in answer["errors"]]
            shipped += [code] if answer["success"] and was_open else []
    return {"files": files, "shipped": shipped, "errors": errors}


def _read(path: Path, folder: Folder) -> dict[str, list[Part]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.reader(file, delimiter=folder.delimiter) if row]
    columns = folder.columns.model_dump(exclude_none=True)
    if any(isinstance(column, str) for column in columns.values()):
        header = rows.pop(0) if rows else []
        if missing := [column for column in columns.values() if column not in header]:
            raise ValueError(f"no column {missing[0]!r} in its header")
        columns = {name: header.index(column) for name, column in columns.items()}
    found: dict[str, list[Part]] = {}
    for number, row in enumerate(rows, 1):
        if max(columns.values()) >= len(row):
            raise ValueError(f"row {number} has {len(row)} columns only")
        values = {name: row[place].strip() for name, place in columns.items()}
        if not values["consignment"]:
            raise ValueError(f"row {number} has no consignment reference")
        part = Part(values.get("box", ""), values["consignment"], values.get("tracking", ""))
        found.setdefault(values["invoice"], []).append(part)
    return found


def _numbered(parts: list[Part]) -> tuple[Part, ...]:
    """Several rows of one invoice are its boxes, named or not."""
    if len(parts) == 1:
        return tuple(parts)
    return tuple(replace(part, item_id=part.item_id or str(n)) for n, part in enumerate(parts, 1))


def _archive(path: Path) -> None:
    done = path.parent / "done"
    done.mkdir(exist_ok=True)
    target = done / path.name
    number = 1
    while target.exists():
        target, number = done / f"{path.name}.{number}", number + 1
    path.rename(target)
